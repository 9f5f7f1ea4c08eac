/**
 * Types of the fields that the model reads: a patch may put anything anywhere, and an API server decodes before it does
 * anything else. What a scenario starts with has been looked at where it was read.
 */
import type { KubeKind, KubeObject } from '../objects.js';

/** A field that ends with `!` must be there where the map around it is. */
type Shape = 'text' | 'number' | 'flag' | 'texts' | 'number or text' | readonly [Shape] | Fields;
interface Fields {
  readonly [field: string]: Shape;
}

const META: Fields = {
  name: 'text',
  namespace: 'text',
  labels: 'texts',
  annotations: 'texts',
  ownerReferences: [{ 'kind!': 'text', 'name!': 'text' }],
  creationTimestampNs: 'number',
  deletionTimestampNs: 'number',
};
const CONDITIONS: Shape = [{ 'type!': 'text', 'status!': 'text' }];
const EXPRESSIONS: Shape = [{ 'key!': 'text', 'operator!': 'text', values: ['text'] }];
const SELECTOR: Fields = { matchLabels: 'texts', matchExpressions: EXPRESSIONS };
const NODE_TERM: Fields = { matchExpressions: EXPRESSIONS, matchFields: EXPRESSIONS };
const POD_TERM: Fields = { labelSelector: SELECTOR, 'topologyKey!': 'text', namespaces: ['text'] };
const POD_AFFINITY: Fields = {
  requiredDuringSchedulingIgnoredDuringExecution: [POD_TERM],
  preferredDuringSchedulingIgnoredDuringExecution: [{ 'weight!': 'number', 'podAffinityTerm!': POD_TERM }],
};
const PROBE: Fields = {
  httpGet: { path: 'text', port: 'number or text', scheme: 'text' },
  tcpSocket: { port: 'number or text' },
  exec: { command: ['text'] },
  grpc: { port: 'number' },
  initialDelaySeconds: 'number',
  periodSeconds: 'number',
  timeoutSeconds: 'number',
  successThreshold: 'number',
  failureThreshold: 'number',
  terminationGracePeriodSeconds: 'number',
};
const POD_SPEC: Fields = {
  nodeName: 'text',
  hostNetwork: 'flag',
  dnsPolicy: 'text',
  containers: [
    {
      name: 'text',
      image: 'text',
      ports: [{ name: 'text', 'containerPort!': 'number', protocol: 'text' }],
      startupProbe: PROBE,
      livenessProbe: PROBE,
      readinessProbe: PROBE,
      lifecycle: { preStop: { sleep: { 'seconds!': 'number' }, exec: { command: ['text'] } } },
    },
  ],
  terminationGracePeriodSeconds: 'number',
  nodeSelector: 'texts',
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [NODE_TERM] },
      preferredDuringSchedulingIgnoredDuringExecution: [{ 'weight!': 'number', 'preference!': NODE_TERM }],
    },
    podAffinity: POD_AFFINITY,
    podAntiAffinity: POD_AFFINITY,
  },
  tolerations: [{ key: 'text', operator: 'text', value: 'text', effect: 'text' }],
  topologySpreadConstraints: [
    { 'maxSkew!': 'number', 'topologyKey!': 'text', 'whenUnsatisfiable!': 'text', labelSelector: SELECTOR },
  ],
};
const WORKLOAD: Fields = {
  metadata: META,
  spec: {
    replicas: 'number',
    selector: SELECTOR,
    minReadySeconds: 'number',
    paused: 'flag',
    strategy: { type: 'text', rollingUpdate: { maxSurge: 'number or text', maxUnavailable: 'number or text' } },
    updateStrategy: {
      type: 'text',
      rollingUpdate: { partition: 'number', maxSurge: 'number or text', maxUnavailable: 'number or text' },
    },
    podManagementPolicy: 'text',
    template: { metadata: { labels: 'texts' }, spec: POD_SPEC },
  },
};

const SHAPES: Record<KubeKind, Fields> = {
  Node: {
    metadata: META,
    spec: {
      podCIDR: 'text',
      podCIDRs: ['text'],
      unschedulable: 'flag',
      taints: [{ 'key!': 'text', 'effect!': 'text' }],
    },
    status: {
      addresses: [{ 'type!': 'text', 'address!': 'text' }],
      conditions: CONDITIONS,
      allocatable: { cpu: 'number or text', pods: 'number or text' },
    },
  },
  Namespace: { metadata: META },
  Pod: {
    metadata: META,
    spec: POD_SPEC,
    status: { phase: 'text', podIP: 'text', podIPs: [{ 'ip!': 'text' }], conditions: CONDITIONS },
  },
  Deployment: WORKLOAD,
  ReplicaSet: WORKLOAD,
  DaemonSet: WORKLOAD,
  StatefulSet: WORKLOAD,
  Service: {
    metadata: META,
    spec: {
      type: 'text',
      selector: 'texts',
      ports: [{ name: 'text', protocol: 'text', 'port!': 'number', targetPort: 'number or text', nodePort: 'number' }],
      clusterIP: 'text',
      clusterIPs: ['text'],
      ipFamilies: ['text'],
      ipFamilyPolicy: 'text',
      externalIPs: ['text'],
      externalName: 'text',
      externalTrafficPolicy: 'text',
      internalTrafficPolicy: 'text',
      sessionAffinity: 'text',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 'number' } },
      loadBalancerIP: 'text',
      loadBalancerSourceRanges: ['text'],
      loadBalancerClass: 'text',
      allocateLoadBalancerNodePorts: 'flag',
      healthCheckNodePort: 'number',
      publishNotReadyAddresses: 'flag',
      trafficDistribution: 'text',
      topologyKeys: ['text'],
    },
    status: { loadBalancer: { ingress: [{ ip: 'text', hostname: 'text', ipMode: 'text' }] } },
  },
  EndpointSlice: { metadata: META },
  PodDisruptionBudget: {
    metadata: META,
    spec: {
      minAvailable: 'number or text',
      maxUnavailable: 'number or text',
      selector: SELECTOR,
      unhealthyPodEvictionPolicy: 'text',
    },
  },
};

/** Which field is of another type than the model takes it for; null where all fit. */
export function misfit(object: KubeObject): string | null {
  return misfitAt(object, SHAPES[object.kind], '');
}

function misfitAt(value: unknown, shape: Shape, path: string): string | null {
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `${path}: expected a list`;
    return firstOf(value.map((item, n) => misfitAt(item, shape[0] as Shape, `${path}[${n}]`)));
  }
  switch (shape) {
    case 'text':
      return typeof value === 'string' ? null : `${path}: expected a string`;
    case 'number':
      return Number.isSafeInteger(value) ? null : `${path}: expected a whole number`;
    case 'flag':
      return typeof value === 'boolean' ? null : `${path}: expected true or false`;
    case 'number or text':
      return typeof value === 'string' || Number.isSafeInteger(value) ? null : `${path}: expected a number or a name`;
    case 'texts':
      if (!isMap(value)) return `${path}: expected a map`;
      return firstOf(Object.entries(value).map(([field, text]) => misfitAt(text, 'text', `${path}.${field}`)));
  }
  if (!isMap(value)) return `${path}: expected a map`;
  return firstOf(
    Object.entries(shape as Fields).map(([field, inner]) => {
      const name = field.replace('!', '');
      const place = path === '' ? name : `${path}.${name}`;
      if (value[name] !== undefined) return misfitAt(value[name], inner, place);
      return name === field ? null : `${place}: Required value`;
    }),
  );
}

function firstOf(problems: (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
