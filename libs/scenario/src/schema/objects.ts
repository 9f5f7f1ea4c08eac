/**
 * Kubernetes objects: types of the fields that the model reads. Other fields may be there and are kept; their names are
 * looked at elsewhere (`kubernetes/unknown-fields.ts`).
 */
import { z } from 'zod';
import { problem } from './problem.js';
import { isSubdomainName, zCidr, zIp, zLabels, zPort, zProtocol, zQuantity } from './scalars.js';

const zObjectName = z
  .string()
  .refine(isSubdomainName, problem('bad-name', 'The name is not one that Kubernetes accepts.'));

const zOwners = z.array(z.looseObject({ kind: z.string(), name: z.string() }));

const zMeta = z.looseObject({
  name: zObjectName,
  namespace: zObjectName.optional(),
  labels: zLabels.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  ownerReferences: zOwners.optional(),
});

const zStatus = z.enum(['True', 'False', 'Unknown']);
const zConditions = z.array(z.looseObject({ type: z.string(), status: zStatus }));

const zSeconds = z.int().min(0).max(86_400);

const zExpressions = z.array(
  z.looseObject({
    key: z.string(),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
    values: z.array(z.string()).optional(),
  }),
);

const zSelector = z.looseObject({ matchLabels: zLabels.optional(), matchExpressions: zExpressions.optional() });

const zNodeTerm = z.looseObject({ matchExpressions: zExpressions.optional(), matchFields: zExpressions.optional() });

const zWeight = z.int().min(1).max(100);

const zPodTerm = z.looseObject({
  labelSelector: zSelector.optional(),
  topologyKey: z.string().min(1),
  namespaces: z.array(z.string()).optional(),
});

const zPodAffinity = z.looseObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.array(zPodTerm).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z
    .array(z.looseObject({ weight: zWeight, podAffinityTerm: zPodTerm }))
    .optional(),
});

const zAffinity = z.looseObject({
  nodeAffinity: z
    .looseObject({
      requiredDuringSchedulingIgnoredDuringExecution: z
        .looseObject({ nodeSelectorTerms: z.array(zNodeTerm).optional() })
        .optional(),
      preferredDuringSchedulingIgnoredDuringExecution: z
        .array(z.looseObject({ weight: zWeight, preference: zNodeTerm }))
        .optional(),
    })
    .optional(),
  podAffinity: zPodAffinity.optional(),
  podAntiAffinity: zPodAffinity.optional(),
});

const zToleration = z.looseObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().optional(),
  effect: z.string().optional(),
  tolerationSeconds: z.int().optional(),
});

const zSpread = z.looseObject({
  maxSkew: z.int().min(1),
  topologyKey: z.string().min(1),
  whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
  labelSelector: zSelector.optional(),
});

const zPortOrName = z.union([zPort, z.string().min(1).max(15)]);
const zProbe = z.looseObject({
  httpGet: z
    .looseObject({
      path: z.string().max(1000).optional(),
      port: zPortOrName.optional(),
      scheme: z.enum(['HTTP', 'HTTPS']).optional(),
    })
    .optional(),
  tcpSocket: z.looseObject({ port: zPortOrName.optional() }).optional(),
  exec: z.looseObject({ command: z.array(z.string()).optional() }).optional(),
  grpc: z.looseObject({ port: zPort.optional() }).optional(),
  initialDelaySeconds: zSeconds.optional(),
  periodSeconds: zSeconds.optional(),
  timeoutSeconds: zSeconds.optional(),
  successThreshold: z.int().min(0).max(1000).optional(),
  failureThreshold: z.int().min(0).max(1000).optional(),
  terminationGracePeriodSeconds: zSeconds.optional(),
});

const zPreStop = z.looseObject({
  sleep: z.looseObject({ seconds: zSeconds }).optional(),
  exec: z.looseObject({ command: z.array(z.string()).optional() }).optional(),
  httpGet: z.looseObject({}).optional(),
});

export const zPodSpec = z.looseObject({
  nodeName: z.string().optional(),
  hostNetwork: z.boolean().optional(),
  dnsPolicy: z.string().optional(),
  containers: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        image: z.string().optional(),
        ports: z
          .array(z.looseObject({ name: z.string().optional(), containerPort: zPort, protocol: zProtocol.optional() }))
          .optional(),
        startupProbe: zProbe.optional(),
        livenessProbe: zProbe.optional(),
        readinessProbe: zProbe.optional(),
        lifecycle: z.looseObject({ preStop: zPreStop.optional() }).optional(),
      }),
    )
    .optional(),
  terminationGracePeriodSeconds: zSeconds.optional(),
  nodeSelector: zLabels.optional(),
  affinity: zAffinity.optional(),
  tolerations: z.array(zToleration).optional(),
  topologySpreadConstraints: z.array(zSpread).optional(),
});

const zNode = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('Node'),
  metadata: zMeta,
  spec: z
    .looseObject({
      podCIDR: zCidr.optional(),
      podCIDRs: z.array(zCidr).optional(),
      unschedulable: z.boolean().optional(),
      taints: z.array(z.looseObject({ key: z.string(), value: z.string().optional(), effect: z.string() })).optional(),
    })
    .optional(),
  status: z
    .looseObject({
      addresses: z.array(z.looseObject({ type: z.string(), address: z.string() })).optional(),
      conditions: zConditions.optional(),
      allocatable: z.looseObject({ cpu: zQuantity.optional(), pods: zQuantity.optional() }).optional(),
      nodeInfo: z
        .looseObject({ kubeletVersion: z.string().optional(), kernelVersion: z.string().optional() })
        .optional(),
    })
    .optional(),
});

const zNamespace = z.looseObject({ apiVersion: z.string(), kind: z.literal('Namespace'), metadata: zMeta });

const zPod = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('Pod'),
  metadata: zMeta,
  spec: zPodSpec.optional(),
  status: z
    .looseObject({
      phase: z.enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']).optional(),
      podIP: z.union([zIp, z.literal('')]).optional(),
      podIPs: z.array(z.looseObject({ ip: zIp })).optional(),
      conditions: zConditions.optional(),
    })
    .optional(),
});

const zIntOrPercent = z.union([z.int().min(0).max(100_000), z.string().regex(/^\d{1,3}%$/)]);
const zFenceposts = { maxSurge: zIntOrPercent.optional(), maxUnavailable: zIntOrPercent.optional() };

const workload = <K extends string>(kind: K) =>
  z.looseObject({
    apiVersion: z.string(),
    kind: z.literal(kind),
    metadata: zMeta,
    spec: z
      .looseObject({
        replicas: z.int().min(0).optional(),
        selector: zSelector.optional(),
        minReadySeconds: zSeconds.optional(),
        paused: z.boolean().optional(),
        strategy: z
          .looseObject({
            type: z.enum(['RollingUpdate', 'Recreate']).optional(),
            rollingUpdate: z.looseObject(zFenceposts).optional(),
          })
          .optional(),
        updateStrategy: z
          .looseObject({
            type: z.enum(['RollingUpdate', 'OnDelete']).optional(),
            rollingUpdate: z.looseObject({ ...zFenceposts, partition: z.int().min(0).optional() }).optional(),
          })
          .optional(),
        podManagementPolicy: z.enum(['OrderedReady', 'Parallel']).optional(),
        template: z
          .looseObject({
            metadata: z.looseObject({ labels: zLabels.optional() }).optional(),
            spec: zPodSpec.optional(),
          })
          .optional(),
      })
      .optional(),
  });

const zServicePort = z.looseObject({
  name: z.string().optional(),
  protocol: zProtocol.optional(),
  port: zPort,
  targetPort: z.union([z.int().min(0).max(65535), z.string().min(1)]).optional(),
  nodePort: z.int().min(0).max(65535).optional(),
  appProtocol: z.string().optional(),
});

const zPolicy = z.enum(['Cluster', 'Local']);
const zFamily = z.enum(['IPv4', 'IPv6']);
const zClusterIp = z.union([zIp, z.literal(['', 'None'])]);

const zService = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('Service'),
  metadata: zMeta,
  spec: z.looseObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).optional(),
    selector: zLabels.optional(),
    ports: z.array(zServicePort).optional(),
    clusterIP: zClusterIp.optional(),
    clusterIPs: z.array(zClusterIp).max(2).optional(),
    ipFamilies: z.array(zFamily).max(2).optional(),
    ipFamilyPolicy: z.enum(['SingleStack', 'PreferDualStack', 'RequireDualStack']).optional(),
    externalIPs: z.array(zIp).optional(),
    externalName: z.string().optional(),
    externalTrafficPolicy: zPolicy.optional(),
    internalTrafficPolicy: zPolicy.optional(),
    sessionAffinity: z.enum(['None', 'ClientIP']).optional(),
    sessionAffinityConfig: z
      .looseObject({ clientIP: z.looseObject({ timeoutSeconds: z.int().min(1).max(86400).optional() }).optional() })
      .optional(),
    loadBalancerIP: z.union([zIp, z.literal('')]).optional(),
    loadBalancerSourceRanges: z.array(z.string()).optional(),
    loadBalancerClass: z.string().optional(),
    allocateLoadBalancerNodePorts: z.boolean().optional(),
    healthCheckNodePort: z.int().min(0).max(65535).optional(),
    publishNotReadyAddresses: z.boolean().optional(),
    trafficDistribution: z.enum(['PreferClose', 'PreferSameZone', 'PreferSameNode', '']).optional(),
    topologyKeys: z.array(z.string()).optional(),
  }),
  status: z
    .looseObject({
      loadBalancer: z
        .looseObject({
          ingress: z
            .array(
              z.looseObject({
                ip: zIp.optional(),
                hostname: z.string().optional(),
                ipMode: z.enum(['VIP', 'Proxy']).optional(),
              }),
            )
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

const zSlicePort = z.looseObject({
  name: z.string().optional(),
  protocol: zProtocol.optional(),
  port: z.int().min(0).max(65535).optional(),
  appProtocol: z.string().optional(),
});

const zHintNames = z.array(z.looseObject({ name: z.string() }));

const zEndpointSlice = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('EndpointSlice'),
  metadata: zMeta,
  addressType: z.enum(['IPv4', 'IPv6', 'FQDN']),
  endpoints: z
    .array(
      z.looseObject({
        addresses: z.array(z.string()).min(1),
        conditions: z
          .looseObject({
            ready: z.boolean().optional(),
            serving: z.boolean().optional(),
            terminating: z.boolean().optional(),
          })
          .optional(),
        nodeName: z.string().optional(),
        zone: z.string().optional(),
        topology: z.record(z.string(), z.string()).optional(),
        deprecatedTopology: z.record(z.string(), z.string()).optional(),
        hints: z.looseObject({ forZones: zHintNames.optional(), forNodes: zHintNames.optional() }).optional(),
        targetRef: z
          .looseObject({ kind: z.string().optional(), namespace: z.string().optional(), name: z.string().optional() })
          .optional(),
      }),
    )
    .optional(),
  ports: z.array(zSlicePort).optional(),
});

const zEndpointAddress = z.looseObject({
  ip: zIp,
  nodeName: z.string().optional(),
  targetRef: z
    .looseObject({ kind: z.string().optional(), namespace: z.string().optional(), name: z.string().optional() })
    .optional(),
});

const zEndpoints = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('Endpoints'),
  metadata: zMeta,
  subsets: z
    .array(
      z.looseObject({
        addresses: z.array(zEndpointAddress).optional(),
        notReadyAddresses: z.array(zEndpointAddress).optional(),
        ports: z.array(zSlicePort).optional(),
      }),
    )
    .optional(),
});

const zBudget = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('PodDisruptionBudget'),
  metadata: zMeta,
  spec: z
    .looseObject({
      minAvailable: zIntOrPercent.optional(),
      maxUnavailable: zIntOrPercent.optional(),
      selector: zSelector.optional(),
      unhealthyPodEvictionPolicy: z.enum(['IfHealthyBudget', 'AlwaysAllow']).optional(),
    })
    .optional(),
});

export const OBJECT_SCHEMAS = {
  Node: zNode,
  Namespace: zNamespace,
  Pod: zPod,
  Deployment: workload('Deployment'),
  ReplicaSet: workload('ReplicaSet'),
  DaemonSet: workload('DaemonSet'),
  StatefulSet: workload('StatefulSet'),
  Service: zService,
  EndpointSlice: zEndpointSlice,
  Endpoints: zEndpoints,
  PodDisruptionBudget: zBudget,
} as const;

export type ObjectKind = keyof typeof OBJECT_SCHEMAS;

const CORE = ['v1'];
const APPS = ['apps/v1', 'apps/v1beta1', 'apps/v1beta2', 'extensions/v1beta1'];

export const API_VERSIONS: Record<ObjectKind, readonly string[]> = {
  Node: CORE,
  Namespace: CORE,
  Pod: CORE,
  Service: CORE,
  Endpoints: CORE,
  Deployment: APPS,
  ReplicaSet: APPS,
  DaemonSet: APPS,
  StatefulSet: APPS,
  EndpointSlice: ['discovery.k8s.io/v1', 'discovery.k8s.io/v1beta1'],
  PodDisruptionBudget: ['policy/v1', 'policy/v1beta1'],
};

export const isObjectKind = (kind: string): kind is ObjectKind => Object.hasOwn(OBJECT_SCHEMAS, kind);

export type EndpointsInput = z.output<typeof zEndpoints>;
export type EndpointSliceInput = z.output<typeof zEndpointSlice>;

export const zObject = z
  .looseObject({ apiVersion: z.string(), kind: z.string() })
  .meta({ id: 'KubernetesObject', description: 'An object as Kubernetes writes it, or a List of them.' });
