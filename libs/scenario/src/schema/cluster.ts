/** `cluster` of a scenario document. kube-proxy's configuration keeps KubeProxyConfiguration's names and nesting. */
import { z } from 'zod';
import { zNodeLifecycle } from './faults.js';
import { zKubeProxy } from './kube-proxy.js';
import { problem } from './problem.js';
import {
  zCidr,
  zDuration,
  zIp,
  zKernel,
  zName,
  zPort,
  zPortRange,
  zPositiveDuration,
  zText,
  zVersion,
} from './scalars.js';

const zRulesText = z.string().min(1);

/** The rules of a real node as its tools print them. */
export const zNodeRules = z
  .strictObject({
    iptablesSave: zRulesText.meta({ description: 'What iptables-save prints.' }).optional(),
    ip6tablesSave: zRulesText.meta({ description: 'What ip6tables-save prints.' }).optional(),
    nftRuleset: zRulesText.meta({ description: 'What nft list ruleset prints.' }).optional(),
    ipsetSave: zRulesText
      .meta({ description: 'What ipset save prints: the sets that rules of iptables ask with -m set.' })
      .optional(),
  })
  .meta({
    id: 'NodeRules',
    description:
      "A real node's rules: packets walk through them instead of those that kube-proxy would write. Where one family is given, the other keeps kube-proxy's.",
  });

const zNodeSettings = z.strictObject({
  version: zVersion.optional(),
  kubeProxy: zKubeProxy.optional(),
  localAddresses: z.array(zIp).max(100).optional(),
  kernel: zKernel.optional(),
  rules: zNodeRules.optional(),
});

/** Of what has another type. */
function noMapOfNodes({ input }: { input?: unknown }): string | undefined {
  if (!Array.isArray(input)) return undefined;
  const hint = 'Write nodes: {n1: {kernel: "6.1"}}; the nodes themselves stand under objects, as kubectl prints them.';
  return problem('wrong-type', '"nodes" takes a map of settings by the name of the node, not a list.', hint);
}

const zAllocatedPod = z.strictObject({ name: zName.optional(), node: zName.optional(), ip: zIp.optional() });

const zAllocations = z.strictObject({
  clusterIP: z.record(z.string(), zIp).optional(),
  nodePort: z.record(z.string(), zPort).optional(),
  healthCheckNodePort: z.record(z.string(), zPort).optional(),
  loadBalancerIP: z.record(z.string(), zIp).optional(),
  pods: z.record(z.string(), z.array(zAllocatedPod)).optional(),
});

const zTimings = z.strictObject({
  watchLatency: zDuration.optional(),
  endpointSliceLatency: zDuration.optional(),
  podStartup: zDuration.optional(),
  podStop: zDuration.optional(),
  podRemoval: zDuration.optional(),
  proxySync: zDuration.optional(),
  proxySyncPerRule: zDuration.optional(),
  proxyRestart: zDuration.optional(),
  loadBalancerProvision: zDuration.optional(),
  loadBalancerUpdate: zDuration.optional(),
  clientToCluster: zDuration.optional(),
  loadBalancerToNode: zDuration.optional(),
  nodeToNode: zDuration.optional(),
  nodeToPod: zDuration.optional(),
  podWork: zDuration.optional(),
  neighbourTimeout: zDuration.optional(),
});

export const zCluster = z
  .strictObject({
    version: zVersion.optional(),
    admission: z.enum(['apply', 'asStored']).optional(),
    kubeProxy: zKubeProxy.optional(),
    featureGates: z
      .record(z.string(), z.boolean())
      .optional()
      .meta({ description: 'Of the control plane; without it those of kubeProxy.' }),
    serviceCIDRs: z.array(zCidr).min(1).max(2).optional(),
    nodePortRange: zPortRange.optional(),
    cni: z
      .strictObject({
        type: z.enum(['bridge', 'routed']).optional(),
        bridgeName: z.string().min(1).max(15).optional(),
        masqueradeOutgoing: z.boolean().optional().meta({
          description: "What pods send to load balancers outside the cluster has their node's address as source.",
        }),
      })
      .optional(),
    allocations: zAllocations.optional(),
    nodes: z.record(z.string(), zNodeSettings, { error: noMapOfNodes }).optional(),
    timings: zTimings.optional(),
    conntrack: z
      .strictObject({
        sourcePorts: zPortRange.optional().meta({
          description: 'Ports that a masquerade takes. Without it those that Linux has, 1024-65535.',
        }),
        insertRace: z.number().min(0).max(1).optional().meta({
          description:
            'Of two datagrams that leave one socket at once (traffic[].atOnce), the chance that a node which translates them loses one.',
        }),
        connReuseMode: z.literal([0, 1]).optional().meta({
          description:
            "net.ipv4.vs.conn_reuse_mode of all nodes, set after kube-proxy's start. Without it mode ipvs has 0 on kernels from 4.1 to 5.8 and 1 from 5.9 on.",
        }),
      })
      .optional(),
    nodeLifecycle: zNodeLifecycle.optional(),
  })
  .meta({ id: 'Cluster' });

export type ClusterInput = z.output<typeof zCluster>;

const zHealthCheck = z.strictObject({
  interval: zPositiveDuration.optional(),
  timeout: zPositiveDuration.optional(),
  healthyThreshold: z.int().min(1).max(100).optional(),
  unhealthyThreshold: z.int().min(1).max(100).optional(),
  path: zText(200)
    .min(1)
    .refine((text) => text.startsWith('/'), problem('bad-value', 'A path begins with "/".'))
    .optional()
    .meta({ description: 'What a check of http-node-port asks for; / without it.' }),
});

const NODE_PORT_CHECKS = ['tcp-node-port', 'http-node-port', 'none'] as const;

/** A family, and what differs from it. */
export const zLoadBalancer = z
  .strictObject({
    family: z.string().optional(),
    kind: z.enum(['passthrough', 'proxy']).optional(),
    destination: z.enum(['vip', 'nodePort', 'pod']).optional().meta({
      description: 'What packets are sent to: the address that they came to, a node port, or the pods themselves.',
    }),
    clusterCheck: z.enum(['proxy-healthz', ...NODE_PORT_CHECKS]).optional(),
    localCheck: z.enum(['health-check-node-port', ...NODE_PORT_CHECKS]).optional(),
    healthCheck: zHealthCheck.meta({ description: 'Replaces the numbers of both checks.' }).optional(),
    checkByAppProtocol: z.boolean().optional().meta({
      description:
        'A port with appProtocol http or https is checked by HTTP instead of by connecting, as Azure does since 1.24.',
    }),
    checkSendsProxyHeader: z
      .boolean()
      .optional()
      .meta({ description: 'Where forwards is the PROXY protocol: checks send its header too.' }),
    initialState: z
      .enum(['healthy', 'unhealthy'])
      .optional()
      .meta({ description: 'What a new target is until enough probes say otherwise.' }),
    probers: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .meta({ description: 'Machines in front, each with a prober of its own; a connection meets one of them.' }),
    zones: z
      .array(zName)
      .max(64)
      .optional()
      .meta({ description: 'Its zones: a machine with a prober in each, in the place of probers.' }),
    crossZone: z
      .boolean()
      .optional()
      .meta({ description: 'Whether a machine in one zone sends to nodes labelled with another one.' }),
    zoneFailover: zDuration
      .optional()
      .meta({ description: 'From the loss of a zone to nobody being sent there; 60s.' }),
    allDown: z.enum(['open', 'closed', 'withdraw']).optional(),
    draining: z
      .strictObject({
        unhealthy: z
          .enum(['persist', 'reset', 'move'])
          .optional()
          .meta({ description: 'What becomes of open connections when their target turns unhealthy.' }),
        removed: z
          .union([z.literal('never'), zDuration])
          .optional()
          .meta({
            description:
              'How long those of a target that is taken out may go on; 0s cuts them at once, never lets them be.',
          }),
      })
      .optional(),
    updateLatency: zDuration
      .optional()
      .meta({ description: 'From a change to the load balancer acting on it; timings.loadBalancerUpdate without it.' }),
    failover: zDuration
      .optional()
      .meta({ description: 'Where nodes announce the address: from the end of one to the others taking over.' }),
    publishes: z.enum(['ip', 'hostname']).optional().meta({ description: "What stands in the Service's status." }),
    ipMode: z.enum(['VIP', 'Proxy']).optional().meta({
      description:
        'Written beside the address where the version knows it; Proxy keeps kube-proxy from short-circuiting.',
    }),
    preserveClientIP: z.boolean().optional().meta({
      description: 'False: a passthrough load balancer puts its own address in the place of the source (not over UDP).',
    }),
    hairpin: z.enum(['works', 'timeout']).optional().meta({
      description: 'What becomes of a connection that is sent back to the target that it comes from, its source kept.',
    }),
    addresses: z.array(zIp).min(1).max(16).optional(),
    forwards: z.enum(['nothing', 'x-forwarded-for', 'forwarded', 'proxy-v1', 'proxy-v2']).optional(),
  })
  .meta({ id: 'LoadBalancer' });

export const zLoadBalancers = z.record(z.string(), zLoadBalancer);

export type LoadBalancerInput = z.output<typeof zLoadBalancer>;
