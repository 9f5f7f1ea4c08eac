/** Whether there was, or was not, a stretch of time in which a node answered so, or a load balancer took it for that. */
import type { Bounds, Expectation, HealthExpectation, Nanos } from '../scenario.js';
import type { ExpectationResult, HealthTimelines } from './result.js';

type Window = NonNullable<Expectation['window']>;

interface Stretch {
  node: string;
  fromMs: number;
  toMs: number;
}

/** `matched`: stretches that meet all of it; `of`: those of that answer or state, whatever their times. */
export function healthResult(
  name: string,
  wanted: HealthExpectation,
  window: Window | null,
  healthz: HealthTimelines,
): ExpectationResult {
  const stretches = stretchesOf(wanted, healthz).flatMap((stretch) => clipped(stretch, window));
  const meeting = stretches.filter((stretch) => meets(stretch, wanted));
  const passed = wanted.never ? meeting.length === 0 : meeting.length > 0;
  const segment = meeting[0] ?? null;
  return {
    name,
    passed,
    matched: meeting.length,
    of: stretches.length,
    share: null,
    evidence: { text: textOf(wanted, segment, stretches), requests: [], segment },
  };
}

/** What follows one another and is the same is one stretch. */
function stretchesOf({ of, node }: HealthExpectation, { nodes, loadBalancers }: HealthTimelines): Stretch[] {
  const found: Stretch[] = [];
  const collect = (name: string, segments: readonly { fromMs: number; toMs: number; is: boolean }[]): void => {
    let open: Stretch | null = null;
    for (const { fromMs, toMs, is } of segments) {
      if (!is) open = null;
      else if (open === null) {
        open = { node: name, fromMs, toMs };
        found.push(open);
      } else open.toMs = toMs;
    }
  };
  const concerns = (line: { node: string }) => node === null || line.node === node;
  if (of.kind === 'loadBalancer') {
    for (const line of loadBalancers)
      if (line.service === of.service && concerns(line))
        collect(
          line.node,
          line.segments.map((segment) => ({ ...segment, is: segment.state === of.state })),
        );
    return found;
  }
  for (const line of nodes) {
    if (line.kind !== of.kind || !concerns(line) || (of.service !== null && line.service !== of.service)) continue;
    const is = (status: number | null, localEndpoints: number | null) =>
      status === of.status && (of.localEndpoints === null || localEndpoints === of.localEndpoints);
    collect(
      line.node,
      line.segments.map((segment) => ({ ...segment, is: is(segment.status, segment.localEndpoints) })),
    );
  }
  return found;
}

function clipped(stretch: Stretch, window: Window | null): Stretch[] {
  if (window === null) return [stretch];
  const fromMs = Math.max(stretch.fromMs, window.fromNs / 1e6);
  const toMs = Math.min(stretch.toMs, window.toNs === null ? Number.POSITIVE_INFINITY : window.toNs / 1e6);
  return fromMs < toMs ? [{ ...stretch, fromMs, toMs }] : [];
}

function meets({ fromMs, toMs }: Stretch, { begins, ends, lasts }: HealthExpectation): boolean {
  return within(fromMs, begins) && within(toMs, ends) && within(toMs - fromMs, lasts);
}

/** Bounds in ns, a value in ms. */
function within(ms: number, bounds: Bounds | null): boolean {
  const ns = Math.round(ms * 1e6);
  return (
    bounds === null ||
    (ns >= (bounds.min ?? Number.NEGATIVE_INFINITY) && ns <= (bounds.max ?? Number.POSITIVE_INFINITY))
  );
}

function textOf(wanted: HealthExpectation, segment: Stretch | null, all: readonly Stretch[]): string {
  const { of, never } = wanted;
  const what =
    of.kind === 'loadBalancer'
      ? `${of.state} at the load balancer of ${of.service}`
      : `${of.kind} ${of.status ?? 'silent'}`;
  const bounds = [
    boundsText('begins', wanted.begins),
    boundsText('ends', wanted.ends),
    boundsText('lasts', wanted.lasts),
  ].filter((text) => text !== '');
  const asked = bounds.length === 0 ? '' : ` that ${bounds.join(', ')}`;
  const found =
    segment === null
      ? 'there is none'
      : `${segment.node} from ${seconds(segment.fromMs * 1e6)} to ${seconds(segment.toMs * 1e6)}`;
  const nearest = all[0];
  const others =
    segment !== null || nearest === undefined
      ? ''
      : `; without these bounds: ${nearest.node} from ${seconds(nearest.fromMs * 1e6)} to ${seconds(nearest.toMs * 1e6)}`;
  return `${never ? 'no stretch' : 'a stretch'} of ${what}${asked}: ${found}${others}`;
}

function boundsText(verb: string, bounds: Bounds | null): string {
  if (bounds === null || (bounds.min === null && bounds.max === null)) return '';
  const parts = [
    ...(bounds.min === null ? [] : [`not before ${seconds(bounds.min)}`]),
    ...(bounds.max === null ? [] : [`not after ${seconds(bounds.max)}`]),
  ];
  const text = `${verb} ${parts.join(' and ')}`;
  return verb === 'lasts' ? text.replaceAll('not before', 'at least').replaceAll('not after', 'at most') : text;
}

function seconds(ns: Nanos): string {
  return `${Number((ns / 1e9).toFixed(3))} s`;
}
