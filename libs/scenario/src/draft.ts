/** What has been read of a document: normalised parts with their places, before they are checked against each other. */
import type {
  AppBehaviour,
  Client,
  Cluster,
  Expectation,
  KubeObject,
  LoadBalancerProfile,
  Nanos,
  NodeSettings,
  ProxyMode,
  Step,
  TimelineEntry,
  Traffic,
} from '#sim';
import type { Path } from './pointer.js';

export interface Placed<T> {
  value: T;
  at: Path;
}

export interface Draft {
  name: string;
  notes: string;
  seed: number;
  healthzText: 'real' | 'legacy';
  stepPauseNs: Nanos;
  /** Null: not said. */
  durationNs: Nanos | null;
  /** `nodes` holds what the document says of nodes, not yet those that it does not mention. */
  cluster: Cluster;
  /** What a node has that nothing is said of. */
  nodeDefaults: NodeSettings;
  /** Of nodes that are mentioned, and of those that are not. */
  proxyModes: ReadonlySet<ProxyMode>;
  objects: Placed<KubeObject>[];
  clients: Placed<Client>[];
  loadBalancers: { default: LoadBalancerProfile; byService: Record<string, LoadBalancerProfile> };
  /** Whether the document says the family of a Service's load balancer; by `namespace/name`. */
  familySaid: (service: string) => boolean;
  apps: Placed<AppBehaviour>[];
  steps: Placed<Step>[];
  timeline: Placed<TimelineEntry>[];
  traffic: Placed<Traffic>[];
  expect: Placed<Expectation>[];
  /** Names of clients and keys of objects that are in the document, even where the rest of the entry was refused. */
  mentioned: { clients: Set<string>; objects: Set<string> };
}
