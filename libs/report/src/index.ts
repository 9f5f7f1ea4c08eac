/** The door of the reports: results as text and pictures for people. */
export { comparisonMarkdown, comparisonText } from './comparison-text.js';
export { type ExperimentTable, experimentCsv, experimentText } from './experiment-text.js';
export { healthzText } from './healthz-text.js';
export { matrixMarkdown } from './matrix-markdown.js';
export { matrixText } from './matrix-text.js';
export { reportHtml, reportPolicy } from './report/report-html.js';
export type { ReportInput } from './report/report-input.js';
export { timelinePicture } from './report/timeline-picture.js';
export { requestMermaid } from './request-mermaid.js';
export { requestSvg } from './request-svg.js';
export { hasPassed, type RunTextInput, runText } from './run-text.js';
export { traceMermaid } from './trace-mermaid.js';
export { transcriptText } from './transcript.js';
export { type Warning, warningLines, warningMarkdown } from './warning-lines.js';
