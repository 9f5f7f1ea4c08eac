/** What a run leaves behind, as the API shows it. */

import { z } from 'zod';
import { zIp } from '#scenario';
import { CAUSES, type HealthTimelines, OUTCOMES, type RequestFilter, type RequestRow, SOURCE_KINDS } from '#sim';
import { Cursor, Limit, MAX_PAGE } from '../http/paging.js';
import { Count, WholeNumber } from '../http/shapes.js';

export const RequestRowShape = z
  .object({
    request: Count.describe('Its number, from 0, in the order in which requests began.'),
    atMs: z.number().describe('When it began, on the virtual clock, to the nanosecond.'),
    client: z.string(),
    clientIp: z.string(),
    method: z.string().nullable().describe('Of HTTP; null over UDP and SCTP.'),
    target: z.string().describe('What was asked for.'),
    service: z.string().nullable(),
    lb: z.string().nullable(),
    entryNode: z.string().nullable().describe('The first node that the packet came to.'),
    node: z.string().nullable().describe('The node of the pod.'),
    pod: z.string().nullable(),
    sourceIp: z.string().nullable().describe('The address that the pod saw.'),
    sourceKind: z.enum(SOURCE_KINDS).nullable().describe('Whose address that is.'),
    forwardedFor: z.string().nullable().describe('The client as a proxying load balancer told it.'),
    outcome: z
      .enum(OUTCOMES)
      .describe(
        [
          'How it ended, as its client met it.',
          '`ok`: an answer; with HTTP below 500.',
          '`dropped`: a rule dropped the packet; silence until the timeout.',
          '`rejected`: a rule rejected it; connection refused at once, silence over SCTP.',
          '`refused`: nothing listens there; connection refused at once.',
          '`reset`: an open connection was reset.',
          '`timeout`: nobody answered.',
          '`unreachable`: a router or node said so.',
          '`lb-unavailable`: the load balancer has no target that it would use.',
          '`http-error`: an HTTP answer of 500 or more.',
        ].join(' '),
      ),
    status: Count.nullable().describe('Of the HTTP answer.'),
    attempts: Count.nullable().describe(
      'How often the client has tried: 1, or more with `retries`; null in runs of model versions before 0.4.0.',
    ),
    connectUs: z
      .number()
      .nullable()
      .describe('Until the connection stood; null where none came about, or one was open already.'),
    latencyUs: z.number(),
    reason: z.string().nullable().describe('Where and by which rule it was dropped, or why nobody answered.'),
    protocol: z.enum(['TCP', 'UDP', 'SCTP']),
    cause: z.enum(CAUSES).nullable().describe('Why it failed, of a closed set, beside the reason in words.'),
    event: z
      .string()
      .nullable()
      .describe('What the timeline or a step did that made it fail; null where nothing did, or nobody can tell.'),
    eventPath: z
      .string()
      .nullable()
      .describe(
        'Where that stands in the document: `/timeline/0`, `/steps/3`; null where nothing of it is behind the event, as of a probe that failed under load.',
      ),
    firstPackets: Count.describe(
      'How many SYNs, INITs or datagrams were sent, in all tries together; 0 on a connection that was open.',
    ),
  })
  .meta({ id: 'RequestRow' }) satisfies z.ZodType<RequestRow>;

export const RequestPage = z
  .object({
    items: z.array(RequestRowShape),
    next: z.string().nullable().describe('The cursor of the next page.'),
  })
  .meta({ id: 'RequestPage' });

/** Several values: repeated, or with commas between them. */
const listOf = <Item extends z.ZodType<string>>(item: Item, description: string) =>
  z
    .preprocess(
      (sent) => (sent === undefined ? undefined : [sent].flat().flatMap((text) => String(text).split(','))),
      z.array(item).max(100).optional(),
    )
    .describe(`${description} Several: repeated or with commas between them.`);

const Named = z.string().min(1).max(320);
const namespaced = (name: string) => (name.includes('/') ? name : `default/${name}`);
const Ms = (description: string) => z.coerce.number().min(0).optional().describe(description);

export const RequestsQuery = z
  .strictObject({
    outcome: listOf(z.enum(OUTCOMES), 'How the request ended.'),
    client: listOf(Named, 'Name of the client.'),
    service: listOf(Named, 'NAMESPACE/NAME of the service; without a namespace: default.'),
    node: listOf(Named, 'Node of the pod that the request came to.'),
    pod: listOf(Named, 'NAMESPACE/NAME of the pod; without a namespace: default.'),
    sourceIp: listOf(zIp, 'The address that the pod saw.'),
    sourceKind: listOf(z.enum(SOURCE_KINDS), 'Whose address the pod saw.'),
    cause: listOf(z.enum(CAUSES), 'Why the request failed.'),
    fromMs: Ms('Began at this virtual time or later.'),
    toMs: Ms('Began before this virtual time.'),
    limit: WholeNumber(1)
      .optional()
      .describe(`How many rows at most. JSON pages: 1 to ${MAX_PAGE}, 100 without it. Streams: all without it.`),
    cursor: Cursor,
  })
  .refine(({ fromMs = 0, toMs = Infinity }) => fromMs <= toMs, {
    path: ['fromMs'],
    error: 'must not be later than toMs',
  });
export type RequestsQuery = z.infer<typeof RequestsQuery>;

/** The model's filter for a query; null: all requests. */
export function filterOf(query: RequestsQuery): RequestFilter | null {
  const { limit, cursor, ...given } = query;
  const filter = Object.fromEntries(
    Object.entries({
      ...given,
      service: query.service?.map(namespaced),
      pod: query.pod?.map(namespaced),
    }).filter(([, value]) => value !== undefined),
  );
  return Object.keys(filter).length === 0 ? null : (filter as RequestFilter);
}

const HealthSegment = z
  .object({
    fromMs: z.number(),
    toMs: z.number(),
    status: Count.nullable().describe('Null where nothing listens.'),
    localEndpoints: Count.nullable(),
    body: z.string().nullable().describe('The answer as a client gets it.'),
    headers: z.record(z.string(), z.string()),
  })
  .meta({ id: 'HealthSegment' });

const TargetSegment = z.object({
  fromMs: z.number(),
  toMs: z.number(),
  state: z.enum(['healthy', 'unhealthy', 'absent']),
});

const Probe = z
  .object({
    service: z.string(),
    node: z.string(),
    pod: z.string().optional(),
    prober: z.string().describe('Its zone, or its number.'),
    atMs: z.number().describe('When it reached its target.'),
    result: z.enum(['pass', 'fail', 'silent']).describe('`silent`: nobody answered within the timeout.'),
    status: Count.nullable().describe('Of the HTTP answer; null where it only connects, or nobody answered.'),
  })
  .meta({ id: 'Probe' });

export const Healthz = z
  .object({
    nodes: z.array(
      z
        .object({
          node: z.string(),
          service: z.string().nullable().describe("Null for kube-proxy's own."),
          kind: z.enum(['healthCheckNodePort', 'proxy-healthz', 'proxy-livez']),
          port: Count,
          segments: z.array(HealthSegment),
        })
        .meta({ id: 'NodeHealthTimeline' }),
    ),
    loadBalancers: z.array(
      z
        .object({
          service: z.string(),
          node: z.string(),
          pod: z.string().optional().describe("Where the load balancer's targets are pods."),
          segments: z.array(TargetSegment),
          probes: Count.describe('How many probes were sent to this node.'),
          probers: z
            .array(
              z.object({ prober: z.string().describe('Its zone, or its number.'), segments: z.array(TargetSegment) }),
            )
            .optional()
            .describe('Where it has several: what each of them made of the target.'),
        })
        .meta({ id: 'LoadBalancerTimeline' }),
    ),
    probes: z
      .object({
        items: z.array(Probe),
        next: z.string().nullable().describe('The cursor of the next page.'),
      })
      .optional()
      .describe('With `probes=true`: single probes, in the order of time.'),
  })
  .meta({ id: 'Healthz' });

/** The timelines as they are shown: without the runs of probes, and without probers where there is one. */
export function shownHealthz({ nodes, loadBalancers }: HealthTimelines): z.infer<typeof Healthz> {
  return {
    nodes,
    loadBalancers: loadBalancers.map(({ probers = [], ...line }) => ({
      ...line,
      ...(probers.length > 1 ? { probers: probers.map(({ prober, segments }) => ({ prober, segments })) } : {}),
    })),
  };
}

export const HealthzQuery = z.strictObject({
  service: listOf(Named, 'NAMESPACE/NAME of the service; without a namespace: default.'),
  node: listOf(Named, 'Name of the node.'),
  probes: z.enum(['true', 'false']).optional().describe('Every single probe beside the timelines, page by page.'),
  fromMs: Ms('With probes: those that reached their target at this virtual time or later.'),
  toMs: Ms('With probes: those before this virtual time.'),
  limit: Limit,
  cursor: Cursor,
});

/** What a query names, as the run knows it. */
export function healthzNames({ service, node }: z.infer<typeof HealthzQuery>): RequestFilter {
  return {
    ...(service === undefined ? {} : { service: service.map(namespaced) }),
    ...(node === undefined ? {} : { node }),
  };
}

export function filterHealthz(
  { nodes, loadBalancers }: HealthTimelines,
  { service, node }: Pick<z.infer<typeof HealthzQuery>, 'service' | 'node'>,
): HealthTimelines {
  const services = service?.map(namespaced);
  const wanted = (line: { service: string | null; node: string }) =>
    (services === undefined || (line.service !== null && services.includes(line.service))) &&
    (node === undefined || node.includes(line.node));
  return { nodes: nodes.filter(wanted), loadBalancers: loadBalancers.filter(wanted) };
}

export const DiagramQuery = z.strictObject({
  format: z
    .enum(['mermaid', 'svg'])
    .optional()
    .describe('Text for a Mermaid renderer, or a picture; without it what Accept likes best, Mermaid first.'),
});
