/** What happened to the cluster during a run: the timeline, and the steps that change something, by time. */
import type { RunEvent, StepRecord, TimelineAction } from '#sim';
import { changesSomething, eventText } from './event-text.js';
import type { ReportInput } from './report-input.js';

const EVENTS_MAX = 60;

export interface MarkedEvent {
  /** From 1, as it is marked and listed. */
  number: number;
  atMs: number;
  /** Null: it does not end by itself. */
  untilMs: number | null;
  text: string;
  /** What the API server said to it, where it refused. */
  refused: string | null;
  /** Where it stands in the document: `/timeline/0`, `/steps/3`. */
  path: string;
}

export interface MarkedEvents {
  events: MarkedEvent[];
  /** Events that came after the last one that is listed. */
  leftOut: number;
}

export function runEvents({ scenario, result }: ReportInput): MarkedEvents {
  const endMs = result.summary.virtualMs;
  const refusals = refusedByTimeline(result.transcript);
  const fromTimeline = scenario.timeline.map(({ atNs, ...action }, entry) => ({
    atMs: atNs / 1e6,
    untilMs: endOf(atNs, action),
    text: eventText(action),
    refused: refusals.get(keyOf(atNs, action)) ?? null,
    path: `/timeline/${entry}`,
  }));
  const fromSteps = result.transcript.flatMap((record) => {
    if (record.by !== undefined || !changesSomething(record.step)) return [];
    const text = eventText(record.step);
    return [
      { atMs: record.fromNs / 1e6, untilMs: null, text, refused: refusalOf(record), path: `/steps/${record.index}` },
    ];
  });
  const all = [...fromTimeline, ...fromSteps]
    .filter(({ atMs }) => atMs <= endMs)
    .sort((a, b) => a.atMs - b.atMs)
    .map((event, index): MarkedEvent => ({ number: index + 1, ...event }));
  return { events: all.slice(0, EVENTS_MAX), leftOut: Math.max(0, all.length - EVENTS_MAX) };
}

/** The mark of what a loss is put down to. */
export function markOf(events: readonly MarkedEvent[], event: RunEvent | null): MarkedEvent | null {
  return events.find(({ path }) => path === event?.path) ?? null;
}

function refusedByTimeline(transcript: readonly StepRecord[]): Map<string, string> {
  const refusals = new Map<string, string>();
  for (const record of transcript) {
    const refusal = record.by === 'timeline' ? refusalOf(record) : null;
    if (refusal !== null) refusals.set(keyOf(record.fromNs, record.step), refusal);
  }
  return refusals;
}

function refusalOf({ output }: StepRecord): string | null {
  return output.kind === 'text' && output.failed ? output.text.trim() : null;
}

function endOf(atNs: number, action: object): number | null {
  const forNs = (action as { forNs?: unknown }).forNs;
  return typeof forNs === 'number' && Number.isFinite(forNs) ? (atNs + forNs) / 1e6 : null;
}

function keyOf(atNs: number, action: TimelineAction | StepRecord['step']): string {
  return `${atNs} ${JSON.stringify(action)}`;
}
