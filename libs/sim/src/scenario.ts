/**
 * The normalised scenario: what `libs/scenario` makes of a document and a run starts from.
 *
 * Plain JSON (it is stored and sent to worker threads), no optional field where a default exists, durations in
 * nanoseconds. Kubernetes objects keep Kubernetes' schema; what they lack (addresses, node ports, …) is allocated by
 * `cluster/admission.ts` when the world is built, so that a Service created by a step is treated like one given here.
 */
import type { IpFamily, KubeObject, Labels, Protocol } from './objects.js';

/** Nanoseconds of virtual time; a whole number, exact to 104 days. */
export type Nanos = number;

export type ProxyMode = 'iptables' | 'nftables' | 'ipvs' | 'userspace';
export type DetectLocalMode = 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';

/** KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), the fields that decide an outcome. */
export interface KubeProxyConfig {
  mode: ProxyMode;
  /** Comma-separated for dual-stack, as upstream. Empty: no detector in mode ClusterCIDR. */
  clusterCIDR: string;
  detectLocalMode: DetectLocalMode;
  detectLocal: { bridgeInterface: string; interfaceNamePrefix: string };
  nodePortAddresses: string[];
  iptables: {
    masqueradeAll: boolean;
    masqueradeBit: number;
    localhostNodePorts: boolean;
    minSyncPeriodNs: Nanos;
    syncPeriodNs: Nanos;
  };
  /** Read in mode nftables only, in the place of `iptables`. */
  nftables: { masqueradeAll: boolean; masqueradeBit: number; minSyncPeriodNs: Nanos; syncPeriodNs: Nanos };
  /** Read in mode ipvs only, beside `iptables`. */
  ipvs: { scheduler: string; strictARP: boolean; excludeCIDRs: string[]; minSyncPeriodNs: Nanos; syncPeriodNs: Nanos };
  /** Read in mode userspace only, beside `iptables`; absent: upstream's defaults. */
  userspace?: {
    /** Null: all addresses. */
    bindAddress: string | null;
    /** Null: whatever the kernel gives. */
    portRange: { first: number; last: number } | null;
    udpIdleTimeoutNs: Nanos;
  };
  conntrack: { tcpBeLiberal: boolean };
  /** Overrides of the version's gates. */
  featureGates: Record<string, boolean>;
}

/**
 * The rules of a real node as its tools print them. Packets walk through them instead of those that kube-proxy writes;
 * where only one family's are given, the other keeps kube-proxy's.
 */
export interface NodeRules {
  /** What `iptables-save` prints; null: not given. */
  iptablesSave: string | null;
  ip6tablesSave: string | null;
  /** What `nft list ruleset` prints. */
  nftRuleset: string | null;
  /** What `ipset save` prints: the sets that rules of iptables ask. Scenarios stored by older versions lack it. */
  ipsetSave?: string | null;
}

/** A node's settings beside its Node object; every node of the cluster has an entry. */
export interface NodeSettings {
  /** Minor version of kubelet and kube-proxy there: `1.21`. */
  version: string;
  kubeProxy: KubeProxyConfig;
  /** Addresses bound on the node beside InternalIP and ExternalIP. */
  localAddresses: string[];
  /** Kernel version `major.minor`, decides SYN retransmission: `6.1`. */
  kernel: string;
  /** Null: kube-proxy's. */
  rules: NodeRules | null;
}

export interface Allocations {
  /** By `namespace/name`: what the allocator hands out when it is asked. */
  clusterIP: Record<string, string>;
  /** By `namespace/name` (first port) or `namespace/name:port`. */
  nodePort: Record<string, number>;
  healthCheckNodePort: Record<string, number>;
  loadBalancerIP: Record<string, string>;
  /** By `namespace/workload` (in order of creation) or `namespace/pod`: what a pod gets that does not say. */
  pods: Record<string, { name?: string; node?: string; ip?: string }[]>;
}

/**
 * How long things take that the scenario does not decide otherwise: parameters with the defaults given here, sources and
 * confidence in `docs/model.md`. In the document: `cluster.timings: {watchLatency: 20ms, …}`.
 */
export interface Timings {
  /** A change at the API server → every watcher knows. Default 20 ms. */
  watchLatencyNs: Nanos;
  /** A pod's or service's change → its EndpointSlice is written. Default 30 ms. */
  endpointSliceLatencyNs: Nanos;
  /** A pod was created, or its container is started again → the container runs. Default 2 s. */
  podStartupNs: Nanos;
  /** A pod was deleted → its process has ended, unless the pod has a hook or `apps` says otherwise. Default 1 s. */
  podStopNs: Nanos;
  /** A terminating pod's process has ended → its address and its object are gone. Default 0. */
  podRemovalNs: Nanos;
  /** kube-proxy writes its rules: from the start of a sync to the rules being in force. Default 100 ms. */
  proxySyncNs: Nanos;
  /** … and so much longer for each rule that it writes. Default 75 µs. */
  proxySyncPerRuleNs: Nanos;
  /** kube-proxy's process has ended → the new one lists, listens and begins its first sync. Default 2 s. */
  proxyRestartNs: Nanos;
  /** A Service of type LoadBalancer was created → its address is in the status. Default 30 s. */
  loadBalancerProvisionNs: Nanos;
  /** The service controller asked for a change → the load balancer acts on it. Default 1 s. */
  loadBalancerUpdateNs: Nanos;
  /** One way, outside client → load balancer or node. Default 2 ms. */
  clientToClusterNs: Nanos;
  /** One way, load balancer → node; also its probes. Default 200 µs. */
  loadBalancerToNodeNs: Nanos;
  /** One way, node → node. Default 100 µs. */
  nodeToNodeNs: Nanos;
  /** One way, node → pod on it. Default 20 µs. */
  nodeToPodNs: Nanos;
  /** Mean of the exponential time that a pod works on a request. Default 1 ms. */
  podWorkNs: Nanos;
  /** A packet to a pod's address that nobody has: the node gives up and says "host unreachable". Default 3 s. */
  neighbourTimeoutNs: Nanos;
}

/**
 * How the control plane finds out that a node is lost, and what it does then: flags of kube-controller-manager and fields of
 * KubeletConfiguration, with their defaults. In the document: `cluster.nodeLifecycle: {nodeMonitorGracePeriod: 40s, …}`.
 */
export interface NodeLifecycle {
  /** kubelet renews its lease so often: a quarter of nodeLeaseDurationSeconds. Default 10 s. */
  leaseRenewNs: Nanos;
  /** --node-monitor-period: the node controller looks at all nodes so often. Default 5 s. */
  nodeMonitorPeriodNs: Nanos;
  /** --node-monitor-grace-period. Default 40 s, from 1.32 on 50 s. */
  nodeMonitorGracePeriodNs: Nanos;
  /** --default-unreachable-toleration-seconds: so long a pod stays bound to a node that is lost. Default 300 s. */
  unreachableTolerationNs: Nanos;
  /** --node-eviction-rate: nodes a second, in each zone. Default 0.1. */
  nodeEvictionRate: number;
  /** --secondary-node-eviction-rate: the same where a zone is partly lost. Default 0.01. */
  secondaryNodeEvictionRate: number;
  /** --unhealthy-zone-threshold. Default 0.55. */
  unhealthyZoneThreshold: number;
  /** --large-cluster-size-threshold: in a smaller zone that is partly lost nobody is evicted. Default 50. */
  largeClusterSizeThreshold: number;
  /**
   * With every node lost. `stopEvictions`: as upstream, nobody is evicted and the pods count as not ready; `evict`: as if some
   * nodes were left; `keepPodsReady`: the pods count as ready as well.
   */
  whenAllNodesFail: 'stopEvictions' | 'evict' | 'keepPodsReady';
}

export interface Cluster {
  /** Minor version of the control plane. */
  version: string;
  /** Overrides of its gates there. */
  featureGates: Record<string, boolean>;
  admission: 'apply' | 'asStored';
  serviceCIDRs: string[];
  nodePortRange: { from: number; to: number };
  /** `masqueradeOutgoing`: what pods send out of the cluster has their node's address as source. */
  cni: { type: 'bridge' | 'routed'; bridgeName: string; masqueradeOutgoing: boolean };
  allocations: Allocations;
  nodes: Record<string, NodeSettings>;
  timings: Timings;
  conntrack: {
    /** Ports that a masquerade takes; null: those that Linux has. */
    sourcePorts: { from: number; to: number } | null;
    /** Of two datagrams that leave one socket at once, the chance that a node which translates them loses one. */
    insertRace: number;
    /** net.ipv4.vs.conn_reuse_mode, as somebody has set it after kube-proxy; null: as kube-proxy leaves it. */
    connReuseMode?: 0 | 1 | null;
  };
  nodeLifecycle: NodeLifecycle;
}

export interface Client {
  name: string;
  /** One address of each family that it has, or the first of `count` following ones that its requests use by turns of the dice. */
  ips: string[];
  count: number;
  kernel: string;
}

export interface HealthCheck {
  intervalNs: Nanos;
  timeoutNs: Nanos;
  healthyThreshold: number;
  unhealthyThreshold: number;
}

/** How a load balancer asks a node, or a pod that is a target itself; see `traffic/node-probes.ts`. */
export type CheckKind = 'proxy-healthz' | 'health-check-node-port' | 'tcp-node-port' | 'http-node-port' | 'none';

/** What one load balancer does; families are data, see `load-balancer/families.ts`. */
export interface LoadBalancerProfile {
  family: string;
  kind: 'passthrough' | 'proxy';
  /**
   * What the node sees as destination. `pod`: the targets are pods, met at their own addresses. `host`: there is no machine
   * in front; the addresses are the nodes' own.
   */
  destination: 'vip' | 'nodePort' | 'pod' | 'host';
  /** Who decides which nodes take packets: health checks, or the nodes among themselves (`load-balancer/announcers.ts`). */
  announcement: 'none' | 'metallb-l2' | 'metallb-bgp' | 'kube-vip' | 'kube-vip-services';
  /** With an announcement: from a node's end to the others' taking over. */
  failoverNs: Nanos;
  /** Health check while externalTrafficPolicy is Cluster; those of a node port connect through kube-proxy's rules. */
  clusterCheck: Exclude<CheckKind, 'health-check-node-port'>;
  localCheck: Exclude<CheckKind, 'proxy-healthz'>;
  clusterHealthCheck: HealthCheck;
  localHealthCheck: HealthCheck;
  /** What an HTTP check of a node port asks for. */
  checkPath: string;
  /** A port with `appProtocol: http` or `https` is checked by HTTP instead of by connecting. */
  checkByAppProtocol: boolean;
  /** Where `forwards` is the PROXY protocol, checks send its header too. */
  checkSendsProxyHeader: boolean;
  /** What a target is before its first result counts. */
  initialState: 'healthy' | 'unhealthy';
  /** Machines in front, each with a prober of its own; a connection meets one of them. Where there are zones: one in each. */
  probers: number;
  /** Names of the zones that it is in; empty: it has none. */
  zones: string[];
  /** Whether a machine in one zone sends to targets in another one. */
  crossZone: boolean;
  /** From a zone's loss to nobody's being sent there any more. */
  zoneFailoverNs: Nanos;
  allDown: 'open' | 'closed' | 'withdraw';
  draining: {
    /** What becomes of open connections when their target turns unhealthy. */
    unhealthy: 'persist' | 'reset' | 'move';
    /** How long those of a target that is taken out may go on; null: as long as they like. */
    removedNs: Nanos | null;
  };
  /** The controller asked for a change → the load balancer acts on it; null: `timings.loadBalancerUpdate`. */
  updateNs: Nanos | null;
  /** What stands in the Service's status. */
  publishes: 'ip' | 'hostname';
  /** Written beside the address, in versions that know it. */
  ipMode: 'VIP' | 'Proxy' | null;
  /** False: packets come from the load balancer's own address although it ends no connection. Datagrams keep their source. */
  preserveClientIP: boolean;
  /** What becomes of a connection from a target that is sent back to it with its source kept. */
  hairpin: 'works' | 'timeout';
  /** Source addresses of a proxying load balancer towards the nodes. */
  addresses: string[];
  forwards: 'nothing' | 'x-forwarded-for' | 'forwarded' | 'proxy-v1' | 'proxy-v2';
}

/** How the program in matching pods behaves; the first entry that matches counts. */
export interface AppBehaviour {
  namespace: string;
  match: Labels;
  /** From the container's start until the process listens. Default 0. */
  startupNs: Nanos;
  /** From SIGTERM until the process ends, or begins to shut down. Default: what `podStop` leaves; 0 where it shuts down gracefully. */
  afterSigterm: Nanos | 'untilKilled' | 'default';
  /**
   * How it ends by then. `abrupt`: at once, with all that is open. `graceful`: it takes no connection any more, closes those without a
   * request, answers the others' requests, and ends with the last of them or by SIGKILL.
   */
  shutdown: 'abrupt' | 'graceful';
  /** How long a preStop hook takes that does not say it itself. */
  preStopNs: Nanos | null;
  /** Mean time that it works on a request. Default: `podWork`. */
  serviceTimeNs: Nanos;
  serviceTimeDistribution: 'exponential' | 'constant';
  /** Requests that it works on at the same time; null: any number, each as fast as alone. */
  concurrency: number | null;
  /** Requests that wait for their turn; beyond that they are turned away. */
  queue: number;
  /** Share of requests that it answers with a status of 500. */
  errors: number;
  /** An open connection without a request is closed after that. */
  keepAliveTimeoutNs: Nanos;
  /** What a connection has to begin with; `proxy`: the header of either version. */
  expects: 'nothing' | 'proxy' | 'proxy-v1' | 'proxy-v2';
  /** HTTP status by path; 200 for all others. */
  paths: Record<string, number>;
}

/** Who does something: exactly one key. */
export type Origin =
  | { client: string }
  | { node: string }
  /** `namespace/name`. */
  | { pod: string };

export type GetResource =
  | 'nodes'
  | 'pods'
  | 'services'
  | 'deployments'
  | 'replicasets'
  | 'statefulsets'
  | 'daemonsets'
  | 'endpointslices'
  | 'poddisruptionbudgets';

type WorkloadKind = 'Deployment' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet';

/** Deployments have a field of their own, as older versions stored them. */
export type WorkloadTarget<Other extends string> = { deployment: string } | { kind: Other; name: string };

/** kubectl's verbs. Names are `namespace/name` where the kind has a namespace. */
export type KubectlCommand =
  | { verb: 'create-deployment'; name: string; image: string; replicas: number; labels: Record<string, string> }
  | {
      verb: 'expose';
      deployment: string;
      name: string;
      port: number;
      targetPort: number | string | null;
      type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
      protocol: Protocol;
    }
  | { verb: 'run'; name: string; image: string; labels: Record<string, string> }
  | {
      verb: 'get';
      resource: GetResource;
      /** Null: all, or those that the selector matches. */
      name: string | null;
      selector: Labels | null;
      output: 'table' | 'wide' | 'yaml' | 'name';
      grep: string | null;
    }
  | { verb: 'patch'; kind: 'Service' | WorkloadKind | 'Node' | 'Pod'; name: string; patch: Record<string, unknown> }
  | { verb: 'apply'; object: KubeObject }
  | {
      verb: 'delete';
      kind: 'Service' | WorkloadKind | 'Pod' | 'Node' | 'EndpointSlice' | 'PodDisruptionBudget';
      name: string | null;
      selector: Labels | null;
      namespace: string;
    }
  | ({ verb: 'scale'; replicas: number } & WorkloadTarget<'ReplicaSet' | 'StatefulSet'>)
  | { verb: 'rollout-restart'; kind: 'Deployment' | 'DaemonSet' | 'StatefulSet'; name: string }
  | ({ verb: 'rollout-status'; timeoutNs: Nanos | null } & WorkloadTarget<'StatefulSet' | 'DaemonSet'>)
  /** `container`: null for all of them. */
  | ({ verb: 'set-image'; container: string | null; image: string } & WorkloadTarget<
      'ReplicaSet' | 'StatefulSet' | 'DaemonSet'
    >)
  | { verb: 'drain'; node: string; force: boolean; ignoreDaemonsets: boolean; timeoutNs: Nanos | null }
  | { verb: 'cordon'; node: string }
  | { verb: 'uncordon'; node: string }
  /** `effect`: null where all taints of that key are removed. */
  | { verb: 'taint'; node: string; key: string; value: string | null; effect: TaintEffect | null; remove: boolean }
  | {
      verb: 'label';
      kind: 'Node' | 'Pod' | 'Service' | WorkloadKind;
      name: string;
      /** Null takes the label away. */
      labels: Record<string, string | null>;
    };

export type TaintEffect = 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';

export type Step =
  | {
      do: 'curl';
      tool: 'curl' | 'wget';
      on: Origin;
      /** As written; `$node` stands for the InternalIP of the forEach node. */
      url: string;
      forEachNode: string[] | null;
      connectTimeoutNs: Nanos | null;
      maxTimeNs: Nanos | null;
      grep: string | null;
    }
  /** A command inside a pod or node that is no request: only `ip addr` is known. */
  | { do: 'exec'; on: Origin; command: 'ip addr' }
  | { do: 'kubectl'; command: KubectlCommand }
  | {
      do: 'waitUntil';
      condition:
        | { loadBalancer: string; unhealthy: number }
        | { loadBalancer: string; healthy: number }
        | { pods: Labels; namespace: string; ready: number };
      timeoutNs: Nanos;
    }
  | { do: 'sleep'; forNs: Nanos };

/** What goes wrong with nodes. Null in the place of names: all of them. */
export type Fault =
  /** The machine loses power, and has it again after a while (null: never). `vmDeleted`: the cloud has no such machine any more. */
  | { do: 'crash'; node: string; forNs: Nanos | null; vmDeleted: boolean }
  /** The pod's process ends by itself; kubelet starts its container again. */
  | { do: 'crash'; pod: string }
  /** The control plane hears nothing of kubelets, nor they of it; with `kubeProxy` the same of kube-proxy on these nodes. */
  | { do: 'partition'; kubelets: string[] | null; kubeProxy: boolean; forNs: Nanos }
  /** kube-proxy there writes no rules; its health server answers on. */
  | { do: 'freeze'; kubeProxy: string[] | null; forNs: Nanos }
  /** The process of kube-proxy starts anew; the rules in the kernel stay. */
  | { do: 'restart'; kubeProxy: string[] | null }
  /** kubelet and kube-proxy of the node become another version. */
  | { do: 'upgrade'; node: string; version: string }
  /** kube-proxy starts anew with other settings. */
  | { do: 'upgrade'; kubeProxy: string[] | null; set: KubeProxyChange }
  /** The cluster autoscaler taints the node; its machine is gone after a while. */
  | { do: 'scaleDown'; node: string; afterNs: Nanos }
  | LinkAction;

/** Between two of: nodes, clients, `clients` (all of them), `loadBalancer`. Null: for good. */
export type LinkAction =
  /** Silence. */
  | { do: 'cut'; between: [string, string]; forNs: Nanos | null }
  /** Each way takes so much longer. */
  | { do: 'slow'; between: [string, string]; byNs: Nanos; forNs: Nanos | null }
  /** So many of the packets are lost: 0 … 1. */
  | { do: 'lose'; between: [string, string]; share: number; forNs: Nanos | null };

/** Some fields of a configuration; those that are maps are merged. */
export type KubeProxyChange = {
  [Field in keyof KubeProxyConfig]?: KubeProxyConfig[Field] extends string | readonly unknown[]
    ? KubeProxyConfig[Field]
    : Partial<KubeProxyConfig[Field]>;
};

export type TimelineAction =
  | { do: 'kubectl'; command: KubectlCommand }
  | Fault
  /** The pod's readiness probe starts to fail, or to pass again. */
  | { do: 'readiness'; pod: string; ready: boolean }
  /** The provider's controller is upgraded or configured anew. `cloudProvider`: to what, for people. */
  | { do: 'upgradeCloudProvider'; cloudProvider: string; profile: LoadBalancerProfile }
  /** A zone of load balancers is lost. Null: for good. */
  | { do: 'loseZone'; zone: string; forNs: Nanos | null };

export type TimelineEntry = { atNs: Nanos } & TimelineAction;

/**
 * By which of its addresses a service is met. `endpoint`: its endpoints, each at its own port. Null stands for what such a
 * client would use: of a headless service that is what its name means, and the port that is asked for.
 */
export type WayIn = 'clusterIP' | 'nodePort' | 'loadBalancer' | 'externalIP' | 'endpoint';

export type Destination =
  | { ip: string; port: number }
  | {
      /** `namespace/name`. */
      service: string;
      /** A port's number or name; null: the only one (or the first). */
      port: number | string | null;
      via: WayIn | null;
      /** With nodePort: whose address; null: each node in turn of the dice. */
      node: string | null;
      ipFamily: IpFamily | null;
      /** One of several addresses of that kind. */
      ip: string | null;
    };

/** After which endings a client tries again, as it meets them. */
export type RetryCondition = 'refused' | 'reset' | 'timeout' | 'unreachable' | 'http-error';

export interface Traffic {
  name: string;
  from: Origin;
  to: Destination;
  protocol: Protocol;
  startNs: Nanos;
  stopNs: Nanos;
  ratePerSecond: number;
  arrivals: 'poisson' | 'constant';
  /** After this many requests no more are sent; Infinity is not JSON, so null: no bound but `stop`. */
  count: number | null;
  connectTimeoutNs: Nanos | null;
  requestTimeoutNs: Nanos | null;
  /** UDP: all datagrams of a client's address leave by one socket, so from one port. */
  reuseSocket: boolean;
  /** TCP: each client address takes so many ports by turns; null: no port comes twice. */
  ports: number | null;
  /** UDP: a request is so many datagrams that leave one socket at once, as a resolver's A and AAAA do; it needs all answers. */
  atOnce: 1 | 2;
  /** TCP: share of answers with a segment that conntrack finds outside the window. */
  outOfWindow: number;
  /** Over TCP: connections that each of its addresses keeps open for its requests; null: each request opens its own. */
  keepAlive: {
    connections: number;
    /** After so many a connection is closed; null: never for that. */
    requests: number | null;
    /** The client closes what it has not used for so long. */
    idleNs: Nanos;
    /** Any number of requests at a time, as in HTTP/2. */
    multiplexed: boolean;
  } | null;
  retries: {
    /** The first try included. */
    attempts: number;
    /** Before the second try; it doubles. */
    backoffNs: Nanos;
    on: RetryCondition[];
  } | null;
}

export interface Bounds {
  min: number | null;
  max: number | null;
}

/** The requests that match every given field; compared with `share` of all requests in scope, or `count`. */
export interface Expectation {
  name: string;
  where: {
    outcome?: string;
    cause?: string;
    sourceKind?: string;
    sourceIp?: string;
    client?: string;
    service?: string;
    node?: string;
    pod?: string;
  };
  /** Requests that began then, or what was the case then; absent: the whole run. */
  window?: { fromNs: Nanos; toNs: Nanos | null } | null;
  /** The denominator's filter: the same fields without outcome, cause and what the pod saw. */
  share: Bounds | null;
  count: Bounds | null;
  /** Of the requests that match, which are those with outcome ok where none is named; bounds in ns. */
  latency?: { quantile: number; minNs: Nanos | null; maxNs: Nanos | null }[];
  /** Of health answers, not of requests; the other bounds are then null. */
  health?: HealthExpectation | null;
}

/** A stretch of time in which a node answered so, or in which a load balancer took a target for that. */
export interface HealthExpectation {
  of:
    | {
        kind: 'healthCheckNodePort' | 'proxy-healthz' | 'proxy-livez';
        service: string | null;
        /** Null: nothing listens. */
        status: number | null;
        localEndpoints: number | null;
      }
    | { kind: 'loadBalancer'; service: string; state: 'healthy' | 'unhealthy' | 'absent' };
  /** Null: any. */
  node: string | null;
  /** When it begins and ends, and how long it is, in ns. */
  begins: Bounds | null;
  ends: Bounds | null;
  lasts: Bounds | null;
  /** There must be none. */
  never: boolean;
}

export interface Scenario {
  name: string;
  notes: string;
  seed: number;
  cluster: Cluster;
  /** In the document's order. Namespaces that nothing names are not needed. */
  objects: KubeObject[];
  clients: Client[];
  loadBalancers: { default: LoadBalancerProfile; byService: Record<string, LoadBalancerProfile> };
  /** What no entry matches works `timings.podWorkNs` on each request, on any number at the same time. */
  apps: AppBehaviour[];
  healthzText: 'real' | 'legacy';
  /** Virtual time between the end of a step and the start of the next: how fast the person types. */
  stepPauseNs: Nanos;
  steps: Step[];
  timeline: TimelineEntry[];
  traffic: Traffic[];
  expect: Expectation[];
  /** The run ends here, or when the last step and the last request are done, whichever is later. */
  durationNs: Nanos;
}
