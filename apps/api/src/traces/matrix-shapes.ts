/** What `POST /v1/traces/matrix` takes and gives. */

import { z } from 'zod';
import { type MatrixFrom, type MatrixQuestion, SOURCE_KINDS } from '#sim';
import { Issue } from '../http/problem.filter.js';
import { Count } from '../http/shapes.js';
import { oneScenario, scenarioChoice } from '../scenarios/scenario-source.js';
import type { VariantSettings } from './matrix-answer.js';
import { Namespaced } from './trace-shapes.js';

/** Of all combinations of what is varied. */
const MOST_VARIANTS = 32;

const Name = z.string().min(1).max(253);
const MatrixFromShape = z
  .union([
    z.enum(['pods', 'nodes', 'clients']),
    z.strictObject({ pod: Namespaced }),
    z.strictObject({ podsOn: Name.describe('All pods of that node.') }),
    z.strictObject({ podsIn: Name.describe('All pods of that namespace.') }),
    z.strictObject({ node: Name }),
    z.strictObject({ client: Name }),
  ])
  .meta({ id: 'MatrixFrom', description: 'All of a kind, or one by name.' });

const values = <Value extends z.ZodType>(value: Value) => z.array(value).min(1).max(MOST_VARIANTS).optional();
const Policy = z.enum(['Cluster', 'Local']);
const Vary = z
  .strictObject({
    externalTrafficPolicy: values(Policy).describe('Of every service that nodes or load balancers are asked for.'),
    internalTrafficPolicy: values(Policy).describe('Of every service.'),
    mode: values(z.enum(['iptables', 'nftables', 'ipvs', 'userspace'])).describe("kube-proxy's mode, on every node."),
    version: values(z.string().min(1).max(20)).describe('Kubernetes version of every node, as `1.31`.'),
    masqueradeAll: values(z.boolean()),
    clusterCIDR: values(z.string().max(200)).describe('An empty text: no detector of local traffic by CIDR.'),
    detectLocalMode: values(z.enum(['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'])),
    cni: values(z.enum(['bridge', 'routed'])).describe('How pods are joined to their node.'),
  })
  .meta({ id: 'MatrixVary', description: 'Every combination is a variant.' });
type Vary = z.infer<typeof Vary>;

export const MatrixRequest = z
  .strictObject({
    ...scenarioChoice,
    at: z.string().max(60).default('0s').describe('Virtual time, as Kubernetes writes durations: "10s", "1m30s".'),
    sources: z.array(MatrixFromShape).max(1000).default([]).describe('Who sends; without: every pod, node and client.'),
    services: z.array(Namespaced).max(1000).default([]).describe('Without: all.'),
    families: z
      .array(z.enum(['IPv4', 'IPv6']))
      .max(2)
      .default([])
      .describe('Without: both.'),
    via: z
      .array(z.enum(['clusterIP', 'nodePort', 'loadBalancer', 'externalIP']))
      .max(4)
      .default([])
      .describe('By which addresses; without: by all.'),
    vary: Vary.optional(),
    onlyDifferences: z.boolean().default(false).describe('Only what is not the same in all variants.'),
  })
  .check(oneScenario, severalVariants)
  .meta({ id: 'MatrixRequest' });
export type MatrixRequest = z.infer<typeof MatrixRequest>;

function severalVariants({
  value,
  issues,
}: z.core.ParsePayload<{ vary?: Vary | undefined; onlyDifferences: boolean }>) {
  const refuse = (path: string, message: string) =>
    issues.push({ code: 'custom', input: value, path: [path], message });
  const { vary = {}, onlyDifferences } = value;
  const count = Object.values(vary).reduce((product, list) => product * (list?.length ?? 1), 1);
  if (count > MOST_VARIANTS) refuse('vary', `these are ${count} variants, of at most ${MOST_VARIANTS}`);
  if (onlyDifferences && Object.keys(vary).length === 0)
    refuse('onlyDifferences', 'needs `vary`: one variant differs from nothing');
}

export function questionOf({ sources, services, families, via, onlyDifferences }: MatrixRequest): MatrixQuestion {
  return { sources: sources.map(fromOf), services, families, via, onlyDifferences };
}

function fromOf(from: z.infer<typeof MatrixFromShape>): MatrixFrom {
  if (typeof from === 'string') return { kind: from };
  if ('pod' in from) return { kind: 'pod', pod: from.pod };
  if ('podsOn' in from) return { kind: 'podsOn', node: from.podsOn };
  if ('podsIn' in from) return { kind: 'podsIn', namespace: from.podsIn };
  return 'node' in from ? { kind: 'node', node: from.node } : { kind: 'client', client: from.client };
}

/** Every combination, in the order of the schema, the last changing fastest; none where nothing is varied. */
export function variantsOf({ vary = {} }: MatrixRequest): VariantSettings[] {
  let variants: VariantSettings[] = [{}];
  for (const [setting, list] of Object.entries(vary)) {
    if (list === undefined) continue;
    const distinct = [...new Set<string | boolean>(list)];
    variants = variants.flatMap((variant) => distinct.map((value) => ({ ...variant, [setting]: value })));
  }
  return Object.keys(vary).length === 0 ? [] : variants;
}

const Index = Count;

const MatrixSource = z
  .object({
    kind: z.enum(['pod', 'node', 'client']),
    name: z.string(),
    node: z.string().nullable().describe('Of a pod: where it is; null: on no node, so that it sends nothing.'),
    ips: z.array(z.string()),
    hostNetwork: z.literal(true).optional(),
  })
  .meta({ id: 'MatrixSource' });

const MatrixOutcome = z
  .object({
    verdict: z.enum(['delivered', 'dropped', 'rejected', 'passthrough']),
    probability: z.number().min(0).max(1),
    endpoints: z.array(Index).describe('Indices of `endpoints` of the table; each of them may get it.'),
    itself: z
      .enum(['only', 'never'])
      .nullable()
      .describe('Where the sender is an endpoint: it reaches itself, or all of `endpoints` but itself.'),
    seen: z
      .object({
        kind: z.enum(SOURCE_KINDS),
        ip: z.string().nullable().describe("Null: the sender's own, of each sender of the row its own."),
        node: z.string().nullable().describe('The node whose address it is, or that of its bridge.'),
      })
      .nullable()
      .describe('What the endpoint sees as source.'),
    masquerade: z.boolean().describe('Whether the masquerade mark was set.'),
    accepted: z.boolean().describe('With passthrough: a rule accepted the packet on the node.'),
    node: z.string().nullable().describe('The node whose rules decided.'),
    reason: z.string().nullable(),
  })
  .meta({ id: 'MatrixOutcome' });

const MatrixTable = z
  .object({
    service: z.string(),
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
    externalTrafficPolicy: Policy.nullable().describe('As the service has it, whatever a variant makes of it.'),
    internalTrafficPolicy: Policy.nullable(),
    port: Count,
    portName: z.string().nullable(),
    protocol: z.enum(['TCP', 'UDP', 'SCTP']),
    ipFamily: z.enum(['IPv4', 'IPv6']),
    destinations: z.array(
      z.object({
        via: z.enum(['clusterIP', 'nodePort', 'loadBalancer', 'externalIP']),
        ip: z.string(),
        port: Count,
        node: z.string().nullable().describe('With nodePort: whose address.'),
      }),
    ),
    endpoints: z
      .array(z.object({ ip: z.string(), port: Count, pod: z.string().nullable(), node: z.string().nullable() }))
      .describe('Those that somebody reaches.'),
    answers: z.array(z.array(MatrixOutcome)).describe('Every different answer once; its probabilities sum to 1.'),
    rows: z.array(
      z.object({
        sources: z.array(Index).describe('Indices of `sources`: all that this row holds for, of one kind and node.'),
        cells: z
          .array(z.array(Index.nullable()).nullable())
          .describe(
            'By destination, then by variant: indices of `answers`. An index is null where the sender has no address of that family, a cell is null where there is no difference to show.',
          ),
      }),
    ),
  })
  .meta({ id: 'MatrixTable', description: 'One port of one service in one IP family.' });

export const Matrix = z
  .object({
    atMs: z.number(),
    variants: z.array(
      z.object({ name: z.string(), settings: z.record(z.string(), z.union([z.string(), z.boolean()])) }),
    ),
    sources: z.array(MatrixSource),
    tables: z.array(MatrixTable),
    withoutAddress: z.array(z.string()).describe('Services without an address to ask.'),
    withoutDifference: z
      .array(z.string())
      .describe('With onlyDifferences: services that are the same in all variants.'),
    warnings: z.array(Issue).optional().describe('What of the scenario may not be as it was meant.'),
  })
  .meta({ id: 'Matrix' });
