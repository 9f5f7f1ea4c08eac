/** What `POST /v1/traces` takes and gives. */

import { z } from 'zod';
import { zIp, zNodeRules } from '#scenario';
import { SOURCE_KINDS, type TracePacket } from '#sim';
import { Issue } from '../http/problem.filter.js';
import { Count } from '../http/shapes.js';
import { oneScenario, scenarioChoice } from '../scenarios/scenario-source.js';

const PortNumber = z.int().min(1).max(65_535);
/** `default` is the namespace of a name without one, as with kubectl. */
export const Namespaced = z
  .string()
  .min(1)
  .max(320)
  .regex(/^[^/]+(\/[^/]+)?$/, 'must be NAMESPACE/NAME or NAME')
  .transform((name) => (name.includes('/') ? name : `default/${name}`))
  .meta({ description: 'NAMESPACE/NAME; without a namespace: default.' });

const PacketFrom = z
  .union([
    z.strictObject({ pod: Namespaced }),
    z.strictObject({ node: z.string().min(1), ip: zIp.optional().describe('The source that the process binds.') }),
    z.strictObject({ client: z.string().min(1).describe('One of the clients of the scenario.') }),
    z.strictObject({
      ip: zIp,
      enters: z
        .string()
        .min(1)
        .describe('The node on whose PREROUTING hook the packet is put, whatever its source is.'),
      interface: z.string().min(1).optional(),
    }),
  ])
  .meta({ id: 'PacketFrom', description: 'A pod, a process on a node, a client, or a packet as it enters a node.' });

const PacketTo = z
  .union([
    z.strictObject({ ip: zIp, port: PortNumber }),
    z.strictObject({
      service: Namespaced,
      port: z
        .union([PortNumber, z.string().min(1)])
        .optional()
        .describe('Number or name; may be left out where there is one.'),
      via: z
        .enum(['clusterIP', 'nodePort', 'loadBalancer', 'externalIP', 'endpoint'])
        .optional()
        .describe(
          'Without it: what such a sender would use. Of a headless service that is each address behind its name, at the port that is asked for; `endpoint` is each ready endpoint at its own port.',
        ),
      node: z
        .string()
        .min(1)
        .optional()
        .describe('With nodePort: whose address. Without it: every node, each an outcome.'),
      ipFamily: z.enum(['IPv4', 'IPv6']).optional(),
      ip: zIp.optional().describe('One of several addresses of that kind.'),
    }),
  ])
  .meta({ id: 'PacketTo', description: 'An address and port, or a service by one of its ways in.' });

export const TraceRequest = z
  .strictObject({
    ...scenarioChoice,
    at: z.string().max(60).default('0s').describe('Virtual time, as Kubernetes writes durations: "10s", "1m30s".'),
    rules: z
      .record(z.string().min(1), zNodeRules)
      .meta({
        description:
          "By node: a real node's rules, as text. The packet walks through them instead of those that the scenario has there. Each field of NodeRules is what one tool prints.",
        example: { n1: { iptablesSave: '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n' } },
      })
      .optional(),
    packet: z.strictObject({
      from: PacketFrom,
      to: PacketTo,
      protocol: z.enum(['TCP', 'UDP', 'SCTP']).default('TCP'),
    }),
  })
  .check(oneScenario)
  .meta({ id: 'TraceRequest' });
export type TraceRequest = z.infer<typeof TraceRequest>;

/** The model's own terms for the packet of a request. */
export function packetOf({ from, to, protocol }: TraceRequest['packet']): TracePacket {
  return { protocol, from: fromOf(from), to: toOf(to) };
}

function fromOf(from: z.infer<typeof PacketFrom>): TracePacket['from'] {
  if ('pod' in from) return { kind: 'pod', pod: from.pod };
  if ('client' in from) return { kind: 'client', client: from.client };
  if ('node' in from) return { kind: 'node', node: from.node, ip: from.ip ?? null };
  return { kind: 'packet', ip: from.ip, enters: from.enters, interface: from.interface ?? null };
}

function toOf(to: z.infer<typeof PacketTo>): TracePacket['to'] {
  if (!('service' in to)) return { kind: 'address', ip: to.ip, port: to.port };
  const { service, port = null, via = null, node = null, ipFamily = null, ip = null } = to;
  return { kind: 'service', service, port, via, node, ipFamily, ip };
}

const PathHop = z
  .object({
    kind: z.enum(['client', 'pod', 'node', 'loadBalancer', 'proxy', 'endpoint', 'outside']),
    name: z.string(),
    source: z.string().describe('As the packet leaves this hop: ip:port, or ip where the port is not known.'),
    destination: z.string(),
    rewrites: z.array(z.enum(['DNAT', 'SNAT'])).describe('What this hop rewrote.'),
  })
  .meta({ id: 'PathHop' });

const TraceStep = z
  .object({
    node: z.string(),
    hook: z.enum(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']),
    table: z.string(),
    chain: z.string(),
    rule: z.string().describe('As iptables-save prints it, without -A CHAIN.'),
    action: z.string().describe('What it did with this packet.'),
  })
  .meta({ id: 'TraceStep' });

const TraceOutcome = z
  .object({
    verdict: z.enum(['delivered', 'dropped', 'rejected', 'passthrough']),
    probability: z.number().min(0).max(1),
    endpoint: z
      .object({ ip: z.string(), port: Count, pod: z.string().optional(), node: z.string().optional() })
      .nullable(),
    sourceIp: z.string().nullable().describe('What the endpoint sees as source.'),
    sourceKind: z.enum(SOURCE_KINDS).nullable().describe('Whose address that is.'),
    forwardedFor: z.string().optional().describe("The client's address as a load balancer on the way tells it."),
    masquerade: z.boolean().describe('Whether the masquerade mark was set.'),
    accepted: z.literal(true).optional().describe('With passthrough: a rule accepted the packet on the node.'),
    reason: z.string().optional(),
    node: z.string().nullable().describe('The node whose rules decided.'),
    path: z.array(PathHop),
    steps: z.array(TraceStep),
    returnPath: z.array(PathHop),
  })
  .meta({ id: 'TraceOutcome' });

const TraceHealthCheck = z
  .object({
    loadBalancer: z.string(),
    node: z.string(),
    pod: z.string().optional().describe("Where the load balancer's targets are pods."),
    state: z.enum(['healthy', 'unhealthy', 'absent']),
    status: Count.nullable(),
  })
  .meta({ id: 'TraceHealthCheck' });

export const Trace = z
  .object({
    atMs: z.number(),
    outcomes: z.array(TraceOutcome).describe('Everything that chance allows; the probabilities sum to 1.'),
    healthChecks: z.array(TraceHealthCheck).optional(),
    warnings: z
      .array(Issue)
      .optional()
      .describe(
        'What of the scenario may not be as it was meant, and what was assumed of rules that the request brought.',
      ),
    mermaid: z.string().describe('The paths as a Mermaid graph.'),
  })
  .meta({ id: 'Trace' });
