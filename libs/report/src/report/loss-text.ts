/** Why requests failed, in words. */
import { CAUSE_TEXTS, type Cause, type LossPlace, OUTCOMES, type Outcome, type RunLoss } from '#sim';
import { fitted } from '../svg-text.js';
import { timeText } from './figures.js';
import type { ReportInput } from './report-input.js';

export function causeText(cause: Cause | null): string | null {
  return cause === null ? null : CAUSE_TEXTS[cause].brief;
}

/** As a client met it. */
export const ENDED_TEXT: Record<Outcome, string> = {
  ok: 'answered',
  dropped: 'dropped',
  rejected: 'rejected',
  refused: 'refused',
  reset: 'reset',
  timeout: 'timed out',
  unreachable: 'unreachable',
  'lb-unavailable': 'turned away',
  'http-error': 'answered with an error',
};

/** A loss of the run's summary, and why its first request failed in the words of its row, as far as that was kept. */
export interface Loss extends RunLoss {
  reason: string | null;
}

/** The greatest first; what stands for many is last. */
export function lossesOf({ result, overview }: ReportInput): Loss[] {
  const reasons = new Map(overview.samples.map(({ request, reason }) => [request, reason]));
  const losses = result.summary.losses ?? lossesByOutcome(overview);
  return losses.map((loss) => ({ ...loss, reason: loss.outcome === null ? null : (reasons.get(loss.first) ?? null) }));
}

/** Of results that were stored before their summary had losses: more is not known without reading all rows. */
function lossesByOutcome({ bins, samples }: ReportInput['overview']): RunLoss[] {
  const losses = OUTCOMES.flatMap((outcome, n): RunLoss[] => {
    const withSome = bins.filter(({ outcomes }) => outcomes[n]! > 0);
    if (outcome === 'ok' || withSome.length === 0) return [];
    return [
      {
        outcome,
        cause: null,
        place: null,
        count: withSome.reduce((sum, { outcomes }) => sum + outcomes[n]!, 0),
        fromMs: withSome[0]!.fromMs,
        toMs: withSome.at(-1)!.toMs,
        first: samples.find((row) => row.outcome === outcome)?.request ?? -1,
        event: null,
        text: '',
      },
    ];
  });
  return losses.sort((a, b) => b.count - a.count);
}

/** `at 20.2 s` or `from 20.2 s to 25.8 s`. */
export function whenText(fromMs: number, toMs: number): string {
  const [from, to] = [timeText(fromMs), timeText(toMs)];
  return from === to ? `at ${from}` : `from ${from} to ${to}`;
}

const PLACE_TEXT: Record<LossPlace['kind'], string> = {
  node: 'node',
  pod: 'pod',
  loadBalancer: 'load balancer',
  client: 'client',
  link: 'link',
};

const PLURAL: Record<LossPlace['kind'], string> = {
  node: 'nodes',
  pod: 'pods',
  loadBalancer: 'load balancers',
  client: 'clients',
  link: 'links',
};

/** `node a`, but `node-a` where the name says it. */
export function placeText({ kind, name }: LossPlace): string {
  const short = fitted(name.replace(/^default\//, ''), 60);
  return kind === 'node' && short.includes('node') ? short : `${PLACE_TEXT[kind]} ${short}`;
}

/** What all losses of an outcome, a cause and an event have in common, the most frequent first. */
export function worstLoss(losses: readonly Loss[]): { worst: Loss; places: LossPlace[] } | null {
  const kinds = new Map<string, { worst: Loss; places: LossPlace[] }>();
  for (const loss of losses) {
    const key = JSON.stringify([loss.outcome, loss.cause, loss.event?.path ?? null]);
    const kind = kinds.get(key);
    const places = loss.place === null ? [] : [loss.place];
    if (!kind) {
      kinds.set(key, { worst: { ...loss }, places });
      continue;
    }
    kind.worst.count += loss.count;
    kind.worst.fromMs = Math.min(kind.worst.fromMs, loss.fromMs);
    kind.worst.toMs = Math.max(kind.worst.toMs, loss.toMs);
    const known = new Set(kind.places.map(({ name }) => name));
    kind.places.push(...places.filter(({ name }) => !known.has(name)));
  }
  const named = [...kinds.values()].sort(
    (a, b) => Number(a.worst.outcome === null) - Number(b.worst.outcome === null) || b.worst.count - a.worst.count,
  );
  return named[0] ?? null;
}

/** `dropped on node a from 20.2 s to 25.8 s: traffic policy Local, and no endpoint on that node`. */
export function lossPhrase({ outcome, cause, fromMs, toMs }: Loss, places: readonly LossPlace[]): string {
  const ended = outcome === null ? 'in many ways' : ENDED_TEXT[outcome];
  const why = causeText(cause);
  return `${ended}${placesText(places)} ${whenText(fromMs, toMs)}${why === null ? '' : ` (${why})`}`;
}

function placesText(places: readonly LossPlace[]): string {
  const [first, second] = places;
  if (first === undefined) return '';
  const on = first.kind === 'node' ? 'on' : 'at';
  if (second === undefined) return ` ${on} ${placeText(first)}`;
  if (places.length === 2) return ` ${on} ${placeText(first)} and ${placeText(second)}`;
  const alike = places.every(({ kind }) => kind === first.kind);
  return ` ${on} ${places.length} ${alike ? PLURAL[first.kind] : 'places'}`;
}
