/**
 * The field names of the Kubernetes API, for the places where the model reads fields. What is listed and not read is kept
 * and ignored; what is not listed is warned about, since it is mostly a misspelt field that then silently has no effect.
 *
 * Source: k8s.io/api core/v1, apps/v1, discovery/v1 and v1beta1, apimachinery meta/v1, 1.21 to 1.35; fields that were
 * removed in between stay listed.
 */
const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const META = words(`
  name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp
  deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields clusterName`);

const TOP = words('apiVersion kind metadata spec status');

const SERVICE_SPEC = words(`
  type selector ports clusterIP clusterIPs ipFamily ipFamilies ipFamilyPolicy externalIPs externalName
  externalTrafficPolicy internalTrafficPolicy sessionAffinity sessionAffinityConfig loadBalancerIP
  loadBalancerSourceRanges loadBalancerClass allocateLoadBalancerNodePorts healthCheckNodePort
  publishNotReadyAddresses trafficDistribution topologyKeys`);
const SERVICE_PORT = words('name protocol appProtocol port targetPort nodePort');

const NODE_SPEC = words('podCIDR podCIDRs providerID unschedulable taints configSource externalID');
const NODE_STATUS = words(`
  capacity allocatable phase conditions addresses daemonEndpoints nodeInfo images volumesInUse volumesAttached config
  runtimeHandlers features declaredFeatures`);

const POD_SPEC = words(`
  volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds
  activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName
  hostNetwork hostPID hostIPC hostUsers shareProcessNamespace securityContext imagePullSecrets hostname subdomain
  hostnameOverride affinity schedulerName tolerations hostAliases priorityClassName priority preemptionPolicy dnsConfig
  readinessGates runtimeClassName enableServiceLinks overhead topologySpreadConstraints setHostnameAsFQDN os
  schedulingGates resourceClaims resources workloadRef schedulingGroup`);
const POD_STATUS = words(`
  observedGeneration phase conditions message reason nominatedNodeName hostIP hostIPs podIP podIPs startTime
  initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resize resourceClaimStatuses
  extendedResourceClaimStatus allocatedResources resources`);
const CONTAINER = words(`
  name image command args workingDir ports envFrom env resources resizePolicy restartPolicy restartPolicyRules
  volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath
  terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty`);
const PROBE = words(`
  exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold
  terminationGracePeriodSeconds`);
const SPREAD = words(`
  maxSkew topologyKey whenUnsatisfiable labelSelector minDomains nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys`);
const CONTAINER_PORT = words('name hostPort containerPort protocol hostIP');

const WORKLOAD_SPEC: Record<string, ReadonlySet<string>> = {
  Deployment: words(
    'replicas selector template strategy minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds rollbackTo',
  ),
  ReplicaSet: words('replicas minReadySeconds selector template'),
  DaemonSet: words('selector template updateStrategy minReadySeconds revisionHistoryLimit templateGeneration'),
  StatefulSet: words(`
    replicas selector template volumeClaimTemplates serviceName podManagementPolicy updateStrategy
    revisionHistoryLimit minReadySeconds persistentVolumeClaimRetentionPolicy ordinals`),
};

const SLICE_TOP = words('apiVersion kind metadata addressType endpoints ports');
const ENDPOINT = words('addresses conditions hostname targetRef deprecatedTopology topology nodeName zone hints');

/** Fields at one place: `names` of the map that stands at `path`, where `*` is every item of a list. */
export interface KnownFields {
  path: readonly string[];
  names: ReadonlySet<string>;
}

const podSpecAt = (path: readonly string[]): KnownFields[] => [
  { path, names: POD_SPEC },
  { path: [...path, 'containers', '*'], names: CONTAINER },
  { path: [...path, 'containers', '*', 'ports', '*'], names: CONTAINER_PORT },
  ...['startupProbe', 'livenessProbe', 'readinessProbe'].flatMap((probe) => [
    { path: [...path, 'containers', '*', probe], names: PROBE },
    { path: [...path, 'containers', '*', probe, 'httpGet'], names: words('path port host scheme httpHeaders') },
    { path: [...path, 'containers', '*', probe, 'tcpSocket'], names: words('port host') },
  ]),
  { path: [...path, 'containers', '*', 'lifecycle'], names: words('preStop postStart stopSignal') },
  { path: [...path, 'containers', '*', 'lifecycle', 'preStop'], names: words('sleep exec httpGet tcpSocket') },
  { path: [...path, 'affinity'], names: words('nodeAffinity podAffinity podAntiAffinity') },
  { path: [...path, 'tolerations', '*'], names: words('key operator value effect tolerationSeconds') },
  { path: [...path, 'topologySpreadConstraints', '*'], names: SPREAD },
];

/** Paths from the spec of a pod on. */
export const POD_SPEC_FIELDS = podSpecAt([]);

function workload(kind: string): KnownFields[] {
  return [
    { path: ['spec'], names: WORKLOAD_SPEC[kind]! },
    { path: ['spec', 'selector'], names: words('matchLabels matchExpressions') },
    { path: ['spec', 'strategy'], names: words('type rollingUpdate') },
    { path: ['spec', 'strategy', 'rollingUpdate'], names: words('maxSurge maxUnavailable') },
    { path: ['spec', 'updateStrategy'], names: words('type rollingUpdate') },
    { path: ['spec', 'updateStrategy', 'rollingUpdate'], names: words('partition maxSurge maxUnavailable') },
    { path: ['spec', 'template'], names: words('metadata spec') },
    { path: ['spec', 'template', 'metadata'], names: META },
    ...podSpecAt(['spec', 'template', 'spec']),
  ];
}

const COMMON: KnownFields[] = [
  { path: [], names: TOP },
  { path: ['metadata'], names: META },
];

/** Every place whose field names are known, by kind. */
export const KNOWN_FIELDS: Record<string, KnownFields[]> = {
  Node: [
    ...COMMON,
    { path: ['spec'], names: NODE_SPEC },
    { path: ['spec', 'taints', '*'], names: words('key value effect timeAdded') },
    { path: ['status'], names: NODE_STATUS },
    { path: ['status', 'addresses', '*'], names: words('type address') },
  ],
  Namespace: COMMON,
  Pod: [...COMMON, ...podSpecAt(['spec']), { path: ['status'], names: POD_STATUS }],
  Service: [
    ...COMMON,
    { path: ['spec'], names: SERVICE_SPEC },
    { path: ['spec', 'ports', '*'], names: SERVICE_PORT },
    { path: ['spec', 'sessionAffinityConfig'], names: words('clientIP') },
    { path: ['spec', 'sessionAffinityConfig', 'clientIP'], names: words('timeoutSeconds') },
    { path: ['status'], names: words('loadBalancer conditions') },
    { path: ['status', 'loadBalancer'], names: words('ingress') },
    { path: ['status', 'loadBalancer', 'ingress', '*'], names: words('ip hostname ipMode ports') },
  ],
  EndpointSlice: [
    { path: [], names: SLICE_TOP },
    { path: ['metadata'], names: META },
    { path: ['endpoints', '*'], names: ENDPOINT },
    { path: ['endpoints', '*', 'conditions'], names: words('ready serving terminating') },
    { path: ['endpoints', '*', 'hints'], names: words('forZones forNodes') },
    { path: ['ports', '*'], names: words('name protocol port appProtocol') },
  ],
  Endpoints: [
    { path: [], names: words('apiVersion kind metadata subsets') },
    { path: ['metadata'], names: META },
    { path: ['subsets', '*'], names: words('addresses notReadyAddresses ports') },
  ],
  Deployment: [...COMMON, ...workload('Deployment')],
  ReplicaSet: [...COMMON, ...workload('ReplicaSet')],
  DaemonSet: [...COMMON, ...workload('DaemonSet')],
  StatefulSet: [...COMMON, ...workload('StatefulSet')],
  PodDisruptionBudget: [
    ...COMMON,
    { path: ['spec'], names: words('minAvailable maxUnavailable selector unhealthyPodEvictionPolicy') },
    { path: ['spec', 'selector'], names: words('matchLabels matchExpressions') },
  ],
};
