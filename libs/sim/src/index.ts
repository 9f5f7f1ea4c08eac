/** The door of the model: what the rest of the repository may know of it. */

export { selects } from './cluster/label-selector.js';
export { isActive } from './cluster/owned-pods.js';
export { mergeManifest, strategicMerge } from './cluster/patch.js';
export { podRangesOf } from './cluster/pod-addresses.js';
export { behaviourOf as behaviourOfPod } from './cluster/pod-life.js';
export { podCIDRsOf } from './cluster/pod-objects.js';
export { preStopHookOf } from './cluster/pre-stop.js';
export { probesOf, steadyAnswer } from './cluster/probes.js';
export { quantityOf } from './cluster/quantity.js';
export { targetOf } from './command-target.js';
export { COMPARISON_BUDGET, compareScenarios } from './comparison/compare.js';
export { type CellFigure, type CellResult, type CellRun, experimentTable } from './comparison/experiment-table.js';
export { type Difference, leastPairs } from './comparison/paired.js';
export type * from './comparison/result.js';
export { DEFAULT_FIGURES, FIGURES, type FigureUnit, RunFigures } from './comparison/run-figures.js';
export type { Interval, Sample } from './comparison/sample.js';
export { InvariantError } from './kernel/invariant.js';
export { editDistance, nearestName } from './kernel/nearest-name.js';
export { formatDuration, parseDuration } from './kernel/time.js';
export {
  behaviourOf,
  checkFeatureGates,
  FEATURE_GATES,
  featureGatesOf,
  modeProblem,
  SUPPORTED_VERSIONS,
} from './kube-proxy/index.js';
export { withUpgrade } from './kube-proxy/upgrade.js';
export * from './load-balancer/families.js';
export type * from './matrix/result.js';
export type { Variant } from './matrix/variants.js';
export * from './netfilter/address.js';
export { checkNodeRules, type NodeRulesProblem, type RulesProblemCode } from './netfilter/own-rules.js';
export type * from './objects.js';
export { keyOf } from './objects.js';
export { checkScenario, matrixOf, type RulesQuestion, rulesText, tracerAt, traceScenario } from './questions.js';
export * from './results/index.js';
export type * from './results/result.js';
export { CAUSES, OUTCOMES, SOURCE_KINDS } from './results/result.js';
export type * from './scenario.js';
export { createRun, MODEL_VERSION, type Run, type RunSink } from './simulate.js';
export { ModelError } from './trace-question.js';
export type * from './trace-result.js';
export { behindNames, isHeadless, serviceNamed } from './traffic/cluster-names.js';
export { waitBeforeRetry } from './traffic/retries.js';
export type { ScenarioProblem } from './world.js';
