/** The door of kube-proxy within the model. */
export {
  type CategorizedEndpoints,
  categorizeEndpoints,
  type NodeTopology,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from './categorize-endpoints.js';
export { ChangeTracker, type Checkout } from './change-tracker.js';
export { type EndpointInfo, type EndpointMap, isLocalTo, localReadyEndpoints } from './endpoint-map.js';
export {
  checkFeatureGates,
  FEATURE_GATES,
  type FeatureGate,
  type FeatureGateProblem,
  type FeatureGates,
  featureGatesOf,
} from './feature-gates.js';
export { HealthPorts } from './health-ports.js';
export { type LocalDetector, localDetectorOf } from './local-detector.js';
export { minorOf, SUPPORTED_VERSIONS } from './minor-version.js';
export { modeProblem } from './mode-settings.js';
export {
  fullRestore,
  type IptablesProgram,
  iptablesMode,
  partialRestore,
  type RestoreInput,
  restoreText,
} from './modes/iptables.js';
export { type IpvsProgram, ipvsMode } from './modes/ipvs.js';
export type { ProxyMode, ProxyProgram, RulesFormat, RulesView } from './modes/mode.js';
export { modeOf } from './modes/modes.js';
export { type NftablesProgram, nftablesMode } from './modes/nftables.js';
export { type UserspaceProgram, userspaceMode } from './modes/userspace.js';
export { HEALTHZ_PORT, METRICS_PORT, metricsAnswer } from './node-answers.js';
export { type NodePortAddresses, nodePortAddressesOf } from './node-port-addresses.js';
export {
  type HttpAnswer,
  healthTimeoutNs,
  healthzAnswer,
  isNodeEligible,
  isProxierHealthy,
  livezAnswer,
  NEW_PROXY_HEALTH,
  NOT_FOUND,
  type ProxyHealth,
  withQueuedUpdate,
  withUpdated,
} from './proxy-health.js';
export { NFACCT_COUNTERS, type NfacctCounter, type ProxyNode, type ProxyView } from './proxy-node.js';
export { type ServiceHealth, serviceHealthAnswer } from './service-health.js';
export {
  isExternallyAccessible,
  type ReadingContext,
  type ServiceMap,
  type ServicePortInfo,
} from './service-map.js';
export {
  endSync,
  maxIntervalNs,
  newRunner,
  type RunnerSettings,
  type RunnerState,
  requestSync,
  type SyncKind,
  startSync,
  syncKind,
} from './sync-runner.js';
export { behaviourOf, type ProxyBehaviour } from './versions.js';
