/** The door of the reports: results as text and pictures for people. */
export { healthzText } from './healthz-text.js';
export { matrixMarkdown } from './matrix-markdown.js';
export { matrixText } from './matrix-text.js';
export { requestMermaid } from './request-mermaid.js';
export { requestSvg } from './request-svg.js';
export { traceMermaid } from './trace-mermaid.js';
export { transcriptText } from './transcript.js';
