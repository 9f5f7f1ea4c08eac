/**
 * Which requests of two runs are the same one, and how they fare: with the same dice a source sends at the same times, whatever
 * becomes of what it sends.
 */
import { type NumberedChunk, readRows } from '../results/reader.js';
import { CAUSES, type Dictionaries, OUTCOMES, type RequestRow } from '../results/result.js';
import type { ChangedRequests, RequestDifferences } from './result.js';
import type { WholeRun } from './whole-run.js';

/** Texts of both runs as the same numbers. */
class Numbers {
  private readonly known = new Map<string, number>();

  of(text: string): number {
    const number = this.known.get(text) ?? this.known.size;
    this.known.set(text, number);
    return number;
  }
}

interface Requests {
  count: number;
  atNs: Float64Array;
  /** Who sends what. */
  sender: Float64Array;
  outcome: Int32Array;
  /** How it ended, in all that somebody could tell but the time. */
  fate: Float64Array;
  /** By the time at which they began, then by sender. */
  order: Uint32Array;
}

export function compareRequests(base: WholeRun, variant: WholeRun, most: number): RequestDifferences {
  const numbers = new Numbers();
  const a = requestsOf(base, numbers);
  const b = requestsOf(variant, numbers);
  const changes = new Float64Array(OUTCOMES.length * OUTCOMES.length);
  const first: { base: number | null; variant: number | null }[] = [];
  const note = (inBase: number | null, inVariant: number | null): void => {
    if (first.length < most) first.push({ base: inBase, variant: inVariant });
  };
  const sums = { compared: 0, different: 0, onlyBase: 0, onlyVariant: 0 };
  let i = 0;
  let j = 0;
  while (i < a.count || j < b.count) {
    const x = a.order[i]!;
    const y = b.order[j]!;
    const way = i === a.count ? 1 : j === b.count ? -1 : a.atNs[x]! - b.atNs[y]! || a.sender[x]! - b.sender[y]!;
    if (way < 0) {
      sums.onlyBase++;
      note(x, null);
      i++;
    } else if (way > 0) {
      sums.onlyVariant++;
      note(null, y);
      j++;
    } else {
      sums.compared++;
      if (a.fate[x] !== b.fate[y]) {
        sums.different++;
        changes[a.outcome[x]! * OUTCOMES.length + b.outcome[y]!]!++;
        note(x, y);
      }
      i++;
      j++;
    }
  }
  const shown = first.map((pair) => ({ base: rowAt(base, pair.base), variant: rowAt(variant, pair.variant) }));
  return { ...sums, changes: changesOf(changes), first: shown };
}

function requestsOf({ chunks, result }: WholeRun, numbers: Numbers): Requests {
  const { dictionaries, summary } = result;
  const count = summary.requests;
  const atNs = new Float64Array(count);
  const sender = new Float64Array(count);
  const outcome = new Int32Array(count);
  const fate = new Float64Array(count);
  const clients = dictionaries.clients.map(({ name, ip }) => numbers.of(`client ${name} ${ip}`));
  const targets = dictionaries.targets.map((target) => numbers.of(targetText(target)));
  const sources = dictionaries.sources.map(({ kind, ip }, id) =>
    numbers.of(id === 0 ? 'none' : `source ${kind} ${ip}`),
  );
  const causes = dictionaries.causes.map((cause) => (cause === null ? 0 : CAUSES.indexOf(cause) + 1));
  for (const { first, chunk } of chunks) {
    const column = (name: Parameters<typeof chunk.codes>[0]) => chunk.codes(name);
    const times = chunk.times('atNs');
    const [client, target, ended, status] = [column('client'), column('target'), column('outcome'), column('status')];
    const [source, reason] = [column('source'), column('reason')];
    for (let i = 0; i < chunk.rows; i++) {
      const at = first + i;
      atNs[at] = times[i]!;
      sender[at] = clients[client[i]!]! * SPAN + targets[target[i]!]!;
      outcome[at] = ended[i]!;
      fate[at] = ((ended[i]! * STATUSES + status[i]!) * 64 + causes[reason[i]!]!) * SPAN + sources[source[i]!]!;
    }
  }
  const order = Uint32Array.from({ length: count }, (_, n) => n);
  if (!isOrdered(atNs, sender)) order.sort((x, y) => atNs[x]! - atNs[y]! || sender[x]! - sender[y]! || x - y);
  return { count, atNs, sender, outcome, fate, order };
}

/** More clients, targets and sources than there can be. */
const SPAN = 2 ** 26;
/** Of HTTP. */
const STATUSES = 1000;

/** By the service where there is one: its addresses may differ. */
function targetText({ target, service, method }: Dictionaries['targets'][number]): string {
  return `target ${method} ${service ?? target}`;
}

function isOrdered(atNs: Float64Array, sender: Float64Array): boolean {
  for (let i = 1; i < atNs.length; i++) {
    const step = atNs[i]! - atNs[i - 1]!;
    if (step < 0 || (step === 0 && sender[i]! < sender[i - 1]!)) return false;
  }
  return true;
}

function rowAt({ chunks, result }: WholeRun, request: number | null): RequestRow | null {
  if (request === null) return null;
  const holder = chunks.find(({ first, chunk }) => request >= first && request < first + chunk.rows) as NumberedChunk;
  return readRows(holder, [request - holder.first], result.dictionaries)[0] as RequestRow;
}

function changesOf(counts: Float64Array): ChangedRequests[] {
  const changes: ChangedRequests[] = [];
  for (const [n, count] of counts.entries()) {
    const [from, to] = [OUTCOMES[Math.floor(n / OUTCOMES.length)]!, OUTCOMES[n % OUTCOMES.length]!];
    if (count > 0) changes.push({ from, to, count });
  }
  return changes.sort((a, b) => b.count - a.count);
}
