/**
 * The scheduler: on which node a pod is put.
 *
 * Models: cordoned nodes, taints, node selectors and affinity, affinity and anti-affinity between pods, topology spread; what is
 *   preferred as scores; else the node with the fewest pods.
 * Source: pkg/scheduler/framework/plugins: tainttoleration, nodeaffinity, interpodaffinity, podtopologyspread, with the weights
 *   of the default profile.
 * Simplified: resources do not matter, so that what is left of a real score is the number of pods; ties go to the node that
 *   was made first; no preemption, no namespaceSelector, minDomains or matchLabelKeys.
 * Who could tell: someone whose nodes are full, or differ in size.
 */
import type { LabelSelector, NodeObject, PodAffinityTerm, PodObject, TopologySpreadConstraint } from '../objects.js';
import { keyOf } from '../objects.js';
import type { ApiServer, Change } from './api-server.js';
import { selects } from './label-selector.js';
import { isLetOn, isWanted, labelOf, meetsTerm, taintsOf, tolerates } from './scheduling-rules.js';

type Test = (node: NodeObject) => boolean;
type Score = (node: NodeObject) => number;

const HIGHEST = 100;
const TAINT_WEIGHT = 3;
const AFFINITY_WEIGHT = 2;
const SPREAD_WEIGHT = 2;

export class Scheduler {
  /** By node. */
  private readonly counts = new Map<string, number>();
  /** Pods that keep others away, or would have them near. */
  private readonly particular = new Map<string, PodObject>();

  constructor(private readonly api: ApiServer) {}

  /** Told of every write of a pod. */
  notePod({ key, object, previous }: Change): void {
    for (const [pod, by] of [
      [previous, -1],
      [object, 1],
    ] as const) {
      const node = (pod as PodObject | null)?.spec?.nodeName;
      if (node !== undefined) this.counts.set(node, (this.counts.get(node) ?? 0) + by);
    }
    const affinity = (object as PodObject | null)?.spec?.affinity;
    if (affinity?.podAntiAffinity === undefined && affinity?.podAffinity === undefined) this.particular.delete(key);
    else this.particular.set(key, object as PodObject);
  }

  /** Null where it fits nowhere. */
  pick(pod: PodObject): string | null {
    const spec = pod.spec ?? {};
    const nodes = this.api.list<NodeObject>('Node');
    const tests = [...this.apart(pod), ...this.near(pod, nodes), ...this.spread(pod, nodes)];
    const fitting = nodes.filter(
      (node) => isLetOn(spec, node) && isWanted(spec, node) && tests.every((test) => test(node)),
    );
    const total = this.scoreOf(pod, fitting);
    let best: NodeObject | null = null;
    let highest = -Infinity;
    let fewest = Infinity;
    for (const node of fitting) {
      const score = total(node);
      const count = this.counts.get(node.metadata.name) ?? 0;
      if (score < highest || (score === highest && count >= fewest)) continue;
      best = node;
      highest = score;
      fewest = count;
    }
    return best?.metadata.name ?? null;
  }

  /** Required anti-affinity, the pod's own and that of those who are there. */
  private apart(pod: PodObject): Test[] {
    const own = (pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(
      (term) => {
        const taken = this.valuesOf(term.topologyKey, this.meant(term, pod));
        return (node: NodeObject) => !taken.has(labelOf(node, term.topologyKey));
      },
    );
    const others: Test[] = [];
    for (const other of this.particular.values()) {
      for (const term of other.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
        if (!isMeant(term, other, pod)) continue;
        const value = this.valuesOf(term.topologyKey, [other]);
        others.push((node) => !value.has(labelOf(node, term.topologyKey)));
      }
    }
    return [...own, ...others];
  }

  /** Required affinity; the first of pods that want to be near each other goes anywhere. */
  private near(pod: PodObject, nodes: readonly NodeObject[]): Test[] {
    const terms = pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    return terms.map((term) => {
      const there = this.valuesOf(term.topologyKey, this.meant(term, pod));
      const isFirst = there.size === 0 && isMeant(term, pod, pod);
      const known = new Set(nodes.map((node) => labelOf(node, term.topologyKey)));
      return (node) => {
        const value = labelOf(node, term.topologyKey);
        return value !== undefined && (isFirst ? known.has(value) : there.has(value));
      };
    });
  }

  private spread(pod: PodObject, nodes: readonly NodeObject[]): Test[] {
    const required = (pod.spec?.topologySpreadConstraints ?? []).filter(
      ({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule',
    );
    return required.map((constraint) => {
      const counts = this.spreadCounts(pod, constraint, nodes);
      const least = Math.min(...counts.values());
      const own = selects(constraint.labelSelector, pod.metadata.labels) ? 1 : 0;
      return (node) => {
        const count = counts.get(labelOf(node, constraint.topologyKey) ?? '');
        return count !== undefined && count + own - least <= constraint.maxSkew;
      };
    });
  }

  /** Matching pods by topology value, of the values of nodes that the pod may want. */
  private spreadCounts(
    pod: PodObject,
    { topologyKey, labelSelector }: TopologySpreadConstraint,
    nodes: readonly NodeObject[],
  ): Map<string, number> {
    const counts = new Map<string, number>();
    for (const node of nodes) {
      const value = labelOf(node, topologyKey);
      if (value !== undefined && isWanted(pod.spec ?? {}, node)) counts.set(value, 0);
    }
    for (const other of this.matching(labelSelector, [pod.metadata.namespace])) {
      if (other.metadata.deletionTimestampNs !== undefined) continue;
      const value = this.valueAt(topologyKey, other);
      const count = counts.get(value ?? '');
      if (value !== undefined && count !== undefined) counts.set(value, count + 1);
    }
    return counts;
  }

  /** What is preferred, each kind from 0 to 100 and with its weight. */
  private scoreOf(pod: PodObject, nodes: readonly NodeObject[]): Score {
    const scores: Score[] = [];
    const add = (weight: number, of: Score) => scores.push(normalised(nodes, weight, of));
    const spec = pod.spec ?? {};
    const isDisliked = (node: NodeObject) =>
      node.spec?.taints === undefined
        ? 0
        : taintsOf(node).filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(spec.tolerations, taint))
            .length;
    if (nodes.some((node) => isDisliked(node) > 0)) add(TAINT_WEIGHT, (node) => -isDisliked(node));
    const wishes = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (wishes.length > 0)
      add(AFFINITY_WEIGHT, (node) =>
        wishes.reduce((sum, { weight, preference }) => sum + (meetsTerm(preference, node) ? weight : 0), 0),
      );
    const neighbours = this.preferences(pod);
    if (neighbours.length > 0) add(AFFINITY_WEIGHT, (node) => neighbours.reduce((sum, of) => sum + of(node), 0));
    for (const constraint of spec.topologySpreadConstraints ?? []) {
      if (constraint.whenUnsatisfiable !== 'ScheduleAnyway') continue;
      const counts = this.spreadCounts(pod, constraint, nodes);
      const most = Math.max(0, ...counts.values());
      add(SPREAD_WEIGHT, (node) => -(counts.get(labelOf(node, constraint.topologyKey) ?? '') ?? most + 1));
    }
    return (node) => scores.reduce((sum, of) => sum + of(node), 0);
  }

  /** Near to whom the pod would like to be, and far from whom: by its own word, each matching pod counts. */
  private preferences(pod: PodObject): Score[] {
    const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
    const of = (wishes: typeof podAffinity, sign: 1 | -1): Score[] =>
      (wishes?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm: term }) => {
        const counts = new Map<string | undefined, number>();
        for (const other of this.meant(term, pod)) {
          const value = this.valueAt(term.topologyKey, other);
          counts.set(value, (counts.get(value) ?? 0) + 1);
        }
        counts.delete(undefined);
        return (node) => sign * weight * (counts.get(labelOf(node, term.topologyKey)) ?? 0);
      });
    return [...of(podAffinity, 1), ...of(podAntiAffinity, -1)];
  }

  private meant(term: PodAffinityTerm, from: PodObject): PodObject[] {
    return this.matching(term.labelSelector, term.namespaces ?? [from.metadata.namespace]);
  }

  /** Pods that have a node and are not over. */
  private matching(selector: LabelSelector | undefined, namespaces: readonly (string | undefined)[]): PodObject[] {
    if (selector === undefined) return [];
    const labels = selector.matchLabels ?? {};
    const candidates = namespaces.flatMap((namespace) =>
      Object.keys(labels).length > 0
        ? this.api.select<PodObject>('Pod', namespace, labels)
        : this.api.list<PodObject>('Pod').filter(({ metadata }) => metadata.namespace === namespace),
    );
    return candidates.filter(
      ({ metadata, spec, status }) =>
        spec?.nodeName !== undefined &&
        status?.phase !== 'Succeeded' &&
        status?.phase !== 'Failed' &&
        selects(selector, metadata.labels),
    );
  }

  private valueAt(topologyKey: string, { spec }: PodObject): string | undefined {
    const node = this.api.get<NodeObject>('Node', spec?.nodeName ?? '');
    return node === undefined ? undefined : labelOf(node, topologyKey);
  }

  private valuesOf(topologyKey: string, pods: readonly PodObject[]): ReadonlySet<string | undefined> {
    const values = new Set(pods.map((pod) => this.valueAt(topologyKey, pod)));
    values.delete(undefined);
    return values;
  }
}

function isMeant({ labelSelector, namespaces }: PodAffinityTerm, from: PodObject, pod: PodObject): boolean {
  const inside = namespaces ?? [from.metadata.namespace];
  if (from !== pod && keyOf(from) === keyOf(pod)) return false;
  return inside.includes(pod.metadata.namespace) && selects(labelSelector, pod.metadata.labels);
}

/** From the lowest value, which is 0, to the highest. */
function normalised(nodes: readonly NodeObject[], weight: number, of: Score): Score {
  const values = new Map(nodes.map((node) => [node, of(node)]));
  const least = Math.min(...values.values());
  const most = Math.max(...values.values());
  if (most === least) return () => 0;
  return (node) => (weight * HIGHEST * ((values.get(node) as number) - least)) / (most - least);
}
