/**
 * Kubernetes objects, as far as the model reads them. Kubernetes' own names, nesting and defaults; fields that do not
 * matter here may be present and are kept (an index signature would hide typing errors, so they are simply not typed).
 *
 * Source: k8s.io/api core/v1, apps/v1 and discovery/v1.
 */

export type IpFamily = 'IPv4' | 'IPv6';
export type Protocol = 'TCP' | 'UDP' | 'SCTP';
export type TrafficPolicy = 'Cluster' | 'Local';
export type Labels = Readonly<Record<string, string>>;

export interface ObjectMeta {
  name: string;
  /** Absent for Node and Namespace; otherwise `default` where the manifest says nothing. */
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { kind: string; name: string }[];
  /** Set while an object is terminating. Virtual time in ns, not a date: nothing in a run knows dates. */
  deletionTimestampNs?: number;
  /** Virtual time at which the object appeared; 0 for what the scenario starts with. For the AGE column. */
  creationTimestampNs?: number;
}

export interface KubeObjectBase {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface NodeObject extends KubeObjectBase {
  kind: 'Node';
  spec?: {
    podCIDR?: string;
    podCIDRs?: string[];
    unschedulable?: boolean;
    providerID?: string;
    taints?: { key: string; value?: string; effect: string }[];
  };
  status?: {
    addresses?: { type: 'InternalIP' | 'ExternalIP' | 'Hostname' | string; address: string }[];
    conditions?: { type: string; status: 'True' | 'False' | 'Unknown' }[];
    /** A quantity, or a number as YAML has it: what pods can have of the node. */
    allocatable?: { cpu?: string | number; pods?: string | number };
    nodeInfo?: { kubeletVersion?: string; kernelVersion?: string };
  };
}

export interface NamespaceObject extends KubeObjectBase {
  kind: 'Namespace';
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: SelectorRequirement[];
}

export interface SelectorRequirement {
  key: string;
  /** `Gt` and `Lt` in node selectors only. */
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  values?: string[];
}

/** How kubelet asks a container; one of the first four. Of the times the defaults are 0, 10 and 1 s, of the thresholds 1 and 3. */
export interface ProbeSpec {
  httpGet?: { path?: string; port?: number | string; scheme?: 'HTTP' | 'HTTPS' };
  tcpSocket?: { port?: number | string };
  exec?: { command?: string[] };
  grpc?: { port?: number };
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
  /** In the place of the pod's own, when the probe has its container killed. */
  terminationGracePeriodSeconds?: number;
}

export interface ContainerSpec {
  name?: string;
  image?: string;
  ports?: { name?: string; containerPort: number; protocol?: Protocol }[];
  startupProbe?: ProbeSpec;
  livenessProbe?: ProbeSpec;
  readinessProbe?: ProbeSpec;
  lifecycle?: {
    preStop?: { sleep?: { seconds: number }; exec?: { command?: string[] }; httpGet?: object };
  };
}

export interface Toleration {
  /** Absent with Exists: every taint. */
  key?: string;
  /** Default Equal. */
  operator?: 'Exists' | 'Equal';
  value?: string;
  /** Absent: every effect. */
  effect?: string;
  tolerationSeconds?: number;
}

export interface NodeSelectorTerm {
  matchExpressions?: SelectorRequirement[];
  matchFields?: SelectorRequirement[];
}

export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  topologyKey: string;
  /** Absent: the pod's own. */
  namespaces?: string[];
}

export interface PodAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; podAffinityTerm: PodAffinityTerm }[];
}

export interface Affinity {
  nodeAffinity?: {
    requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeSelectorTerm[] };
    preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeSelectorTerm }[];
  };
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAffinity;
}

export interface TopologySpreadConstraint {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  labelSelector?: LabelSelector;
}

export interface PodSpec {
  nodeName?: string;
  hostNetwork?: boolean;
  /** Default ClusterFirst. */
  dnsPolicy?: string;
  containers?: ContainerSpec[];
  /** Default 30. */
  terminationGracePeriodSeconds?: number;
  nodeSelector?: Record<string, string>;
  affinity?: Affinity;
  tolerations?: Toleration[];
  topologySpreadConstraints?: TopologySpreadConstraint[];
}

export interface PodObject extends KubeObjectBase {
  kind: 'Pod';
  spec?: PodSpec;
  status?: {
    phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    podIP?: string;
    podIPs?: { ip: string }[];
    conditions?: { type: string; status: 'True' | 'False' | 'Unknown' }[];
    /** Of the first container, once it has been started again. */
    containerStatuses?: { name: string; restartCount: number; state?: { waiting?: { reason: string } } }[];
  };
}

/** `3`, or `25%`. */
export type IntOrPercent = number | string;

export interface PodTemplate {
  metadata?: Partial<ObjectMeta>;
  spec?: PodSpec;
}

/** Deployment, ReplicaSet, DaemonSet or StatefulSet: a selector and a pod template. */
export interface WorkloadObject extends KubeObjectBase {
  kind: 'Deployment' | 'ReplicaSet' | 'DaemonSet' | 'StatefulSet';
  spec?: {
    /** Default 1; a DaemonSet has none. */
    replicas?: number;
    selector?: LabelSelector;
    template?: PodTemplate;
    /** How long a pod has to be ready to count as available. Default 0. */
    minReadySeconds?: number;
    /** Of a Deployment: nothing rolls out while it is true. */
    paused?: boolean;
    /** Of a Deployment; RollingUpdate with 25 % each by default. */
    strategy?: {
      type?: 'RollingUpdate' | 'Recreate';
      rollingUpdate?: { maxSurge?: IntOrPercent; maxUnavailable?: IntOrPercent };
    };
    /** Of a StatefulSet (partition) or DaemonSet; RollingUpdate by default. */
    updateStrategy?: {
      type?: 'RollingUpdate' | 'OnDelete';
      rollingUpdate?: { partition?: number; maxSurge?: IntOrPercent; maxUnavailable?: IntOrPercent };
    };
    /** Of a StatefulSet. Default OrderedReady. */
    podManagementPolicy?: 'OrderedReady' | 'Parallel';
  };
  /** As the workload's controller counts; what `kubectl get deployment` shows. */
  status?: {
    replicas?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    /** Of a DaemonSet: nodes that it wants a pod on. */
    desiredNumberScheduled?: number;
  };
}

export interface PodDisruptionBudgetObject extends KubeObjectBase {
  kind: 'PodDisruptionBudget';
  spec?: {
    minAvailable?: IntOrPercent;
    maxUnavailable?: IntOrPercent;
    selector?: LabelSelector;
    /** Default IfHealthyBudget. */
    unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow';
  };
  /** As its controller counts; what `kubectl get` shows. */
  status?: { disruptionsAllowed?: number };
}

export interface ServicePort {
  name?: string;
  /** Default TCP. */
  protocol?: Protocol;
  port: number;
  /** Default: `port`. A string names a container port. */
  targetPort?: number | string;
  nodePort?: number;
  appProtocol?: string;
}

export interface LoadBalancerIngress {
  ip?: string;
  hostname?: string;
  ipMode?: 'VIP' | 'Proxy';
}

export interface ServiceObject extends KubeObjectBase {
  kind: 'Service';
  spec: {
    type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    selector?: Record<string, string>;
    ports?: ServicePort[];
    /** `None`: headless. Absent or empty: allocated with `admission: apply`. */
    clusterIP?: string;
    clusterIPs?: string[];
    ipFamilies?: IpFamily[];
    ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
    externalIPs?: string[];
    externalName?: string;
    externalTrafficPolicy?: TrafficPolicy;
    internalTrafficPolicy?: TrafficPolicy;
    sessionAffinity?: 'None' | 'ClientIP';
    sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } };
    loadBalancerIP?: string;
    loadBalancerSourceRanges?: string[];
    loadBalancerClass?: string;
    allocateLoadBalancerNodePorts?: boolean;
    healthCheckNodePort?: number;
    publishNotReadyAddresses?: boolean;
    trafficDistribution?: string;
    /** 1.21 only, gate ServiceTopology. */
    topologyKeys?: string[];
  };
  status?: { loadBalancer?: { ingress?: LoadBalancerIngress[] } };
}

export interface EndpointObject {
  /** Only the first one is used, as kube-proxy does. */
  addresses: string[];
  conditions?: { ready?: boolean | null; serving?: boolean | null; terminating?: boolean | null };
  nodeName?: string;
  zone?: string;
  hints?: { forZones?: { name: string }[]; forNodes?: { name: string }[] };
  /** What discovery.k8s.io/v1beta1 says in `topology` beside node and zone. */
  deprecatedTopology?: Record<string, string>;
  targetRef?: { kind?: string; namespace?: string; name?: string };
}

export interface EndpointSliceObject extends KubeObjectBase {
  kind: 'EndpointSlice';
  addressType: 'IPv4' | 'IPv6' | 'FQDN';
  endpoints: EndpointObject[];
  ports?: { name?: string; protocol?: Protocol; port?: number; appProtocol?: string }[];
}

export type KubeObject =
  | NodeObject
  | NamespaceObject
  | PodObject
  | WorkloadObject
  | ServiceObject
  | EndpointSliceObject
  | PodDisruptionBudgetObject;

export type KubeKind = KubeObject['kind'];

/** `namespace/name`, or `name` for what has no namespace. */
export function keyOf(object: KubeObjectBase): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}
