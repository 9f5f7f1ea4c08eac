/**
 * W3C Trace Context: whose request this is in a trace that began elsewhere. Hairpin records no spans of its own, so it
 * hands on what it was given, and callers and receivers stay joined as parent and child.
 * https://www.w3.org/TR/trace-context/, sections 3.2 (traceparent), 3.3 (tracestate) and 4 (mutating).
 */
import { randomBytes } from 'node:crypto';

export interface TraceContext {
  /** Of version 00. */
  traceparent: string;
  /** At most 512 characters; null: there is none. */
  tracestate: string | null;
}

const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;
/** Sampled, and, of the specification's level 2, random. The others are reserved and not handed on. */
const KNOWN_FLAGS = 0x03;

const KEY = '[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}';
const MEMBER = new RegExp(`^(${KEY})=[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]$`);
const MOST_MEMBERS = 32;
const LONGEST_STATE = 512;
/** Where all are too long together, members longer than this go first. */
const LONG_MEMBER = 128;

/** Null: there is no `traceparent`, or none that can be read; then `tracestate` says nothing either. */
export function readTraceContext(traceparent: string | undefined, tracestate?: string): TraceContext | null {
  const [, version, traceId, parentId, flags, more] = PARENT.exec(traceparent?.trim() ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (NOTHING.test(traceId!) || NOTHING.test(parentId!)) return null;
  const known = Number.parseInt(flags!, 16) & KNOWN_FLAGS;
  return {
    traceparent: `00-${traceId}-${parentId}-0${known}`,
    tracestate: tracestate === undefined ? null : readTraceState(tracestate),
  };
}

/** For work that nobody has traced until here: its log lines share an id; nobody is told to record anything. */
export function newTraceContext(): TraceContext {
  return { traceparent: `00-${randomId(16)}-${randomId(8)}-00`, tracestate: null };
}

/** Of the request that made a row; null: that had none. */
export function traceOf({ traceparent, tracestate }: { traceparent: string | null; tracestate: string | null }) {
  return traceparent === null ? null : ({ traceparent, tracestate } satisfies TraceContext);
}

/** As request headers, for whoever is told. */
export function traceHeaders({ traceparent, tracestate }: TraceContext): Record<string, string> {
  return { traceparent, ...(tracestate === null ? {} : { tracestate }) };
}

export function traceIdOf({ traceparent }: Pick<TraceContext, 'traceparent'>): string {
  return traceparent.slice(3, 35);
}

/** Null: empty, or not to be read, which is as if there were none. */
function readTraceState(text: string): string | null {
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const keys = new Set(members.map((member) => MEMBER.exec(member)?.[1]));
  if (members.length === 0 || members.length > MOST_MEMBERS || keys.has(undefined) || keys.size < members.length)
    return null;
  return shortened(members) || null;
}

/** Whole members only: the long ones go first, then the last ones. */
function shortened(members: readonly string[]): string {
  if (members.join(',').length <= LONGEST_STATE) return members.join(',');
  const kept = members.filter((member) => member.length <= LONG_MEMBER);
  while (kept.join(',').length > LONGEST_STATE) kept.pop();
  return kept.join(',');
}

function randomId(bytes: number): string {
  const id = randomBytes(bytes);
  // All zeros means none.
  id[bytes - 1]! |= 1;
  return id.toString('hex');
}
