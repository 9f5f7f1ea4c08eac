/**
 * Sources by destinations: traces of everybody to everything on one state of the cluster, each different one walked once.
 *
 * Models: nothing of its own; a cell is what `trace.ts` says of a packet from that source to that destination.
 * Source: trace.ts. Pods of one node, and clients, share a trace as long as no rule on the way compared their addresses
 *   with something that tells them apart.
 * Simplified: nothing; test/properties/matrix-equals-traces.spec.ts compares each cell with a trace of its own.
 * Who could tell: nobody.
 */
import { type Ip, parseIp } from '../netfilter/address.js';
import type { IpFamily } from '../objects.js';
import { type TraceWorld, traceDeparture } from '../trace.js';
import { departures, ModelError, refuse } from '../trace-question.js';
import { Answers } from './answers.js';
import { type Frame, framesOf, type Sender, sendersOf, tooLarge, unknownNames } from './question.js';
import type { MatrixCell, MatrixOutcome, MatrixQuestion } from './result.js';
import { SenderClasses } from './sender-classes.js';
import { RememberedWalks } from './walks.js';

/** Sources times destinations. */
const MOST_CELLS = 10_000_000;
/** Ways that packets take through a node, which is what an answer costs. */
const MOST_WAYS = 600_000;

/** By destination. */
export type Line = readonly MatrixCell[];

/** What is known of one table. */
export interface MatrixLines {
  frame: Frame;
  answers: Answers;
  /** By variant, then by sender. */
  lines: Line[][];
}

/** The same questions, asked of each variant's world. */
export class Matrix {
  readonly senders: Sender[];
  readonly withoutAddress: string[];
  readonly tables: MatrixLines[];
  private readonly budget = new Budget();

  /**
   * `world`: of the first variant; the others have the same nodes, pods and services, and so has `now`, the cluster as it is.
   * Throws ModelError.
   */
  constructor(now: TraceWorld, world: TraceWorld, question: MatrixQuestion, variants: number) {
    refuse(unknownNames(world, question));
    this.senders = sendersOf(world, question.sources);
    const { frames, withoutAddress } = framesOf(now, world, question);
    this.withoutAddress = withoutAddress;
    this.tables = frames.map((frame) => ({ frame, answers: new Answers(world.locations), lines: [] }));
    const destinations = frames.reduce((sum, frame) => sum + frame.destinations.length, 0);
    const cells = this.senders.length * destinations * variants;
    if (cells <= MOST_CELLS) return;
    throw tooLarge(
      `${this.senders.length} sources × ${destinations} addresses and ports${variants > 1 ? ` × ${variants} variants` : ''} are ${cells} cells, of at most ${MOST_CELLS}`,
    );
  }

  /** Throws ModelError. */
  ask(world: TraceWorld): void {
    this.countFirstWalks(world);
    const places = new Map<IpFamily, (Place | null)[]>();
    for (const { frame, answers, lines } of this.tables) {
      const known = places.get(frame.ipFamily) ?? this.senders.map((sender) => placeOf(world, sender, frame.ipFamily));
      places.set(frame.ipFamily, known);
      const rows = new TableLines(world, frame, answers, known, this.budget);
      lines.push(this.senders.map((sender, index) => rows.lineOf(sender, known[index] ?? null)));
    }
  }

  /** Each destination is walked to at least once from every node, and from every node with pods once more. */
  private countFirstWalks(world: TraceWorld): void {
    for (const ipFamily of new Set(this.tables.map(({ frame }) => frame.ipFamily))) {
      const starts = new Set<string>();
      for (const sender of this.senders) {
        const place = placeOf(world, sender, ipFamily);
        // What a client sends may end before the first node.
        if (place !== null && sender.kind === 'pod') starts.add(place.cohort);
        else if (sender.kind === 'node' && hasAddress(sender, ipFamily)) starts.add(`node ${sender.name}`);
      }
      const frames = this.tables.map(({ frame }) => frame).filter((frame) => frame.ipFamily === ipFamily);
      this.budget.foresee(starts.size * frames.reduce((sum, { destinations }) => sum + destinations.length, 0));
    }
  }
}

/** The ways that packets may take through nodes, over all tables and variants. */
class Budget {
  private ways = 0;

  spend(ways: number): void {
    this.ways += ways;
    this.foresee(0);
  }

  /** Throws ModelError where so many more would be too many. */
  foresee(ways: number): void {
    if (this.ways + ways > MOST_WAYS) throw tooLarge(`packets can take more than ${MOST_WAYS} different ways`);
  }
}

function hasAddress({ ips }: Sender, family: IpFamily): boolean {
  return ips.some((ip) => parseIp(ip)?.family === family);
}

/** Where a sender's packets meet the first rules: the same for all senders of one cohort. */
interface Place {
  cohort: string;
  ip: Ip;
  inInterface: string | null;
}

/** Null where the sender has to be asked for itself. */
function placeOf(world: TraceWorld, { kind, name, ips }: Sender, family: IpFamily): Place | null {
  const { locations } = world;
  if (kind === 'node') return null;
  const ip = ips.map(parseIp).find((address) => address?.family === family) ?? null;
  // Nodes know their own addresses, whatever the rules say.
  if (ip === null || locations.nodes.some(({ context }) => context.isLocalAddress(ip))) return null;
  if (kind === 'client') return { cohort: kind, ip, inInterface: null };
  const host = locations.hostsNamed(name).find((candidate) => parseIp(candidate.ip)?.family === family);
  if (host === undefined || host.hostNetwork || world.meetsItself(host.ip)) return null;
  return { cohort: `pods ${host.node}`, ip, inInterface: locations.podInterface(host) };
}

/** To each destination; null where the sender cannot send to that family. */
type Traced = readonly MatrixOutcome[][] | null;

/** Senders that meet the same rules; those of one class share a trace. */
interface Cohort {
  places: Place[];
  classes: SenderClasses;
  traced: Map<string, Traced>;
  /** That a trace has cost. */
  leastWays: number;
}

class TableLines {
  private readonly world: TraceWorld;
  private readonly cohorts = new Map<string, Cohort>();
  /** By trace and by the endpoint that the sender is. */
  private readonly lines = new Map<Traced, Map<number, Line>>();
  /** Of the sender that is being traced. */
  private classes = new SenderClasses();
  private spent = 0;
  private shared = 0;

  constructor(
    world: TraceWorld,
    private readonly frame: Frame,
    private readonly answers: Answers,
    private readonly places: readonly (Place | null)[],
    private readonly budget: Budget,
  ) {
    const spend = (ways: number) => {
      this.spent += ways;
      budget.spend(ways);
    };
    const walks = new RememberedWalks(world, spend, (tested) => this.classes.learn(tested));
    this.world = { ...world, walk: (node, entry, packet) => walks.walk(node, entry, packet) };
  }

  lineOf(sender: Sender, place: Place | null): Line {
    const traced = place === null ? this.tracedAlone(sender) : this.tracedLike(sender, place);
    const self = traced === null ? -1 : this.answers.standingAt(sender.ips);
    const known = this.lines.get(traced) ?? new Map<number, Line>();
    this.lines.set(traced, known);
    const line = known.get(self) ?? this.told(traced, self);
    known.set(self, line);
    return line;
  }

  private told(traced: Traced, self: number): Line {
    if (traced === null) return this.frame.destinations.map(() => null);
    return traced.map((answer) => this.answers.indexOf(answer, self));
  }

  private tracedAlone(sender: Sender): Traced {
    this.classes = new SenderClasses();
    return this.trace(sender);
  }

  private tracedLike(sender: Sender, place: Place): Traced {
    const cohort = this.cohortAt(place);
    const known = cohort.traced.get(cohort.classes.classOf(place.ip, place.inInterface));
    if (known !== undefined) return known;
    this.classes = cohort.classes;
    const before = this.spent;
    const traced = this.trace(sender);
    cohort.leastWays = Math.min(cohort.leastWays, this.spent - before);
    // Only now is it known what this trace asked.
    cohort.traced.set(cohort.classes.classOf(place.ip, place.inInterface), traced);
    this.shared++;
    if (isPowerOfTwo(this.shared)) this.lookAhead();
    return traced;
  }

  private cohortAt({ cohort: name }: Place): Cohort {
    let cohort = this.cohorts.get(name);
    if (cohort === undefined) {
      const places = this.places.filter((place) => place !== null && place.cohort === name) as Place[];
      cohort = { places, classes: new SenderClasses(), traced: new Map(), leastWays: Number.POSITIVE_INFINITY };
      this.cohorts.set(name, cohort);
    }
    return cohort;
  }

  /** Senders that rules tell apart, as they do endpoints of the service itself, are traced one by one: that adds up. */
  private lookAhead(): void {
    let ways = 0;
    for (const { places, classes, traced, leastWays } of this.cohorts.values()) {
      const all = new Set(places.map(({ ip, inInterface }) => classes.classOf(ip, inInterface)));
      ways += Math.max(0, all.size - traced.size) * leastWays;
    }
    this.budget.foresee(ways);
  }

  private trace({ from }: Sender): Traced {
    const { destinations, protocol } = this.frame;
    try {
      return destinations.map(({ ip, port }) => {
        const [departure] = departures(this.world, { from, to: { kind: 'address', ip, port }, protocol });
        const outcomes = departure === undefined ? [] : traceDeparture(this.world, departure, protocol);
        return this.answers.merged(outcomes, departure?.source.text ?? '');
      });
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      if (SENDS_NOTHING.has(error.code)) return null;
      throw error.code === 'too-many-outcomes' ? tooLarge(`${this.frame.service}: ${error.message}`) : error;
    }
  }
}

/** Often at first, when most is to be gained. */
function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}

/** It has no address of that family, or is on no node. */
const SENDS_NOTHING = new Set(['no-source-address', 'ip-family-mismatch', 'pod-without-node']);
