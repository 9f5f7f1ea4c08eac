/** The door: scenario documents and Kubernetes manifests → a normalised scenario, or issues with place and hint. */
export { canonicalJson } from './canonical-json.js';
export { expectedRequests } from './checks/time-and-size.js';
export { type ClusterSettings, clusterVariant } from './cluster-variant.js';
export { type DocumentPatch, documentVariant, fieldPatch, objectNamed } from './document-variant.js';
export { durationHint } from './duration.js';
export { type ImportOptions, importObjects } from './import.js';
export { ISSUES, type Issue, type IssueCode, type Severity } from './issues.js';
export { scenarioJsonSchema } from './json-schema.js';
export { DEFAULT_LIMITS, type Limits } from './limits.js';
export { readRulesByNode } from './normalize/node-rules.js';
export type { TextFormat } from './parse.js';
export {
  type CheckWorld,
  type ParsedScenario,
  type ParseOptions,
  parseScenario,
  placesIn,
  readText,
} from './parse-scenario.js';
export { type Path, toPointer, valueAt } from './pointer.js';
export { zNodeRules } from './schema/cluster.js';
export { problem } from './schema/problem.js';
export { zIp } from './schema/scalars.js';
export { type PlacedProblem, problemsIn } from './schema/validate.js';
