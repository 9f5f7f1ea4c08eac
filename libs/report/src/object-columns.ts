import type {
  EndpointSliceObject,
  GetResource,
  KubeObject,
  LoadBalancerIngress,
  NodeObject,
  PodDisruptionBudgetObject,
  PodObject,
  ServiceObject,
  WorkloadObject,
} from '#sim';
import { humanDuration } from './human-duration.js';

/** A kind's columns: those of the plain table and those that `-o wide` adds, each with what it shows of an object. */
export interface Columns<T> {
  plain: Column<T>[];
  wide: Column<T>[];
}

type Column<T> = readonly [header: string, cell: (object: T, view: TableView) => string];

/** What a cell depends on beside its object. */
export interface TableView {
  wide: boolean;
  /** Virtual time of the look at the cluster, in ns. */
  nowNs: number;
}

const NONE = '<none>';
const UNKNOWN = '<unknown>';
/** An external address longer than this is cut in the plain table. */
const LOAD_BALANCER_WIDTH = 16;

const name = ['NAME', (object: KubeObject) => object.metadata.name] as const;
const age = ['AGE', ageText] as const;

const nodeColumns: Columns<NodeObject> = {
  plain: [
    name,
    ['STATUS', nodeStatus],
    ['ROLES', nodeRoles],
    age,
    ['VERSION', (n) => nodeInfo(n).kubeletVersion ?? ''],
  ],
  wide: [
    ['INTERNAL-IP', (node) => nodeAddress(node, 'InternalIP')],
    ['EXTERNAL-IP', (node) => nodeAddress(node, 'ExternalIP')],
    ['OS-IMAGE', () => UNKNOWN],
    ['KERNEL-VERSION', (node) => nodeInfo(node).kernelVersion || UNKNOWN],
    ['CONTAINER-RUNTIME', () => UNKNOWN],
  ],
};

const podColumns: Columns<PodObject> = {
  plain: [name, ['READY', podReady], ['STATUS', podStatus], ['RESTARTS', podRestarts], age],
  wide: [
    ['IP', (pod) => pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || NONE],
    ['NODE', (pod) => pod.spec?.nodeName || NONE],
    ['NOMINATED NODE', () => NONE],
    ['READINESS GATES', () => NONE],
  ],
};

const serviceColumns: Columns<ServiceObject> = {
  plain: [
    name,
    ['TYPE', serviceType],
    ['CLUSTER-IP', (service) => service.spec.clusterIP || NONE],
    ['EXTERNAL-IP', externalAddress],
    ['PORT(S)', servicePorts],
    age,
  ],
  wide: [['SELECTOR', (service) => labelsText(service.spec.selector)]],
};

const containerColumns: Column<WorkloadObject>[] = [
  [
    'CONTAINERS',
    (workload) =>
      containers(workload)
        .map((container) => container.name ?? '')
        .join(','),
  ],
  [
    'IMAGES',
    (workload) =>
      containers(workload)
        .map((container) => container.image ?? '')
        .join(','),
  ],
];
const selectorColumn: Column<WorkloadObject> = [
  'SELECTOR',
  (workload) => labelsText(workload.spec?.selector?.matchLabels),
];

const deploymentColumns: Columns<WorkloadObject> = {
  plain: [
    name,
    ['READY', (deployment) => `${deployment.status?.readyReplicas ?? 0}/${deployment.spec?.replicas ?? 1}`],
    ['UP-TO-DATE', (deployment) => String(deployment.status?.updatedReplicas ?? 0)],
    ['AVAILABLE', (deployment) => String(deployment.status?.availableReplicas ?? 0)],
    age,
  ],
  wide: [...containerColumns, selectorColumn],
};

const replicaSetColumns: Columns<WorkloadObject> = {
  plain: [
    name,
    ['DESIRED', (set) => String(set.spec?.replicas ?? 1)],
    ['CURRENT', (set) => String(set.status?.replicas ?? 0)],
    ['READY', (set) => String(set.status?.readyReplicas ?? 0)],
    age,
  ],
  wide: [...containerColumns, selectorColumn],
};

const statefulSetColumns: Columns<WorkloadObject> = {
  plain: [name, ['READY', (set) => `${set.status?.readyReplicas ?? 0}/${set.spec?.replicas ?? 1}`], age],
  wide: containerColumns,
};

const daemonSetColumns: Columns<WorkloadObject> = {
  plain: [
    name,
    ['DESIRED', (set) => String(set.status?.desiredNumberScheduled ?? 0)],
    ['CURRENT', (set) => String(set.status?.replicas ?? 0)],
    ['READY', (set) => String(set.status?.readyReplicas ?? 0)],
    ['UP-TO-DATE', (set) => String(set.status?.updatedReplicas ?? 0)],
    ['AVAILABLE', (set) => String(set.status?.availableReplicas ?? 0)],
    ['NODE SELECTOR', (set) => labelsText(set.spec?.template?.spec?.nodeSelector)],
    age,
  ],
  wide: [...containerColumns, selectorColumn],
};

const budgetColumns: Columns<PodDisruptionBudgetObject> = {
  plain: [
    name,
    ['MIN AVAILABLE', (budget) => String(budget.spec?.minAvailable ?? 'N/A')],
    ['MAX UNAVAILABLE', (budget) => String(budget.spec?.maxUnavailable ?? 'N/A')],
    ['ALLOWED DISRUPTIONS', (budget) => String(budget.status?.disruptionsAllowed ?? 0)],
    age,
  ],
  wide: [],
};

const endpointSliceColumns: Columns<EndpointSliceObject> = {
  plain: [
    name,
    ['ADDRESSTYPE', (slice) => slice.addressType],
    ['PORTS', (slice) => firstThree((slice.ports ?? []).map((port) => String(port.port ?? port.name ?? '*')))],
    ['ENDPOINTS', (slice) => firstThree(slice.endpoints.flatMap((endpoint) => endpoint.addresses))],
    age,
  ],
  wide: [],
};

/**
 * What `kubectl get` shows of each kind.
 *
 * Source: pkg/printers/internalversion/printers.go, column definitions and row printers.
 * Simplified: no nominated nodes or readiness gates, as the model has none.
 * Who could tell: nobody who reads these kinds in a cluster without those two.
 */
export const COLUMNS: Record<GetResource, Columns<KubeObject>> = {
  nodes: ofKind(nodeColumns),
  pods: ofKind(podColumns),
  services: ofKind(serviceColumns),
  deployments: ofKind(deploymentColumns),
  replicasets: ofKind(replicaSetColumns),
  statefulsets: ofKind(statefulSetColumns),
  daemonsets: ofKind(daemonSetColumns),
  poddisruptionbudgets: ofKind(budgetColumns),
  endpointslices: ofKind(endpointSliceColumns),
};

/** The caller promises to hand only objects of that kind, which is how `kubectl get KIND` found them. */
function ofKind<T extends KubeObject>(columns: Columns<T>): Columns<KubeObject> {
  return columns as unknown as Columns<KubeObject>;
}

function ageText(object: KubeObject, { nowNs }: TableView): string {
  return humanDuration(nowNs - (object.metadata.creationTimestampNs ?? 0));
}

function nodeInfo(node: NodeObject): { kubeletVersion?: string; kernelVersion?: string } {
  return node.status?.nodeInfo ?? {};
}

function nodeStatus(node: NodeObject): string {
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return node.spec?.unschedulable === true ? `${status},SchedulingDisabled` : status;
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function nodeRoles(node: NodeObject): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key !== ROLE_PREFIX) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return [...roles].sort().join(',') || NONE;
}

function nodeAddress(node: NodeObject, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? NONE;
}

function podReady(pod: PodObject): string {
  const total = pod.spec?.containers?.length ?? 1;
  const ready = pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return `${ready === true ? total : 0}/${total}`;
}

function podRestarts({ status }: PodObject): string {
  return String(status?.containerStatuses?.[0]?.restartCount ?? 0);
}

/** kubectl shows what the containers do rather than the phase. */
function podStatus(pod: PodObject): string {
  const phase = pod.status?.phase ?? 'Pending';
  if (phase === 'Succeeded') return 'Completed';
  if (phase === 'Failed') return 'Error';
  if (pod.metadata.deletionTimestampNs !== undefined) return 'Terminating';
  const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting?.reason;
  if (waiting !== undefined) return waiting;
  return phase === 'Pending' && pod.spec?.nodeName ? 'ContainerCreating' : phase;
}

function serviceType(service: ServiceObject): string {
  return service.spec.type ?? 'ClusterIP';
}

function externalAddress(service: ServiceObject, { wide }: TableView): string {
  const externalIPs = service.spec.externalIPs ?? [];
  switch (serviceType(service)) {
    case 'LoadBalancer': {
      const addresses = ingressAddresses(service.status?.loadBalancer?.ingress ?? []);
      const balancer = wide ? addresses : cut(addresses, LOAD_BALANCER_WIDTH);
      return [...(balancer === '' ? [] : [balancer]), ...externalIPs].join(',') || '<pending>';
    }
    case 'ExternalName':
      return service.spec.externalName ?? '';
    default:
      return externalIPs.join(',') || NONE;
  }
}

function ingressAddresses(ingress: readonly LoadBalancerIngress[]): string {
  const addresses = ingress.map((entry) => entry.ip || entry.hostname || '').filter((address) => address !== '');
  return [...new Set(addresses)].sort().join(',');
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 3)}...` : text;
}

function servicePorts(service: ServiceObject): string {
  const ports = (service.spec.ports ?? []).map(
    ({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
  );
  return ports.join(',') || NONE;
}

function containers(workload: WorkloadObject): { name?: string; image?: string }[] {
  return workload.spec?.template?.spec?.containers ?? [];
}

function labelsText(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.sort().join(',') || NONE;
}

function firstThree(values: readonly string[]): string {
  if (values.length === 0) return '<unset>';
  const shown = values.slice(0, 3).join(',');
  return values.length > 3 ? `${shown} + ${values.length - 3} more...` : shown;
}
