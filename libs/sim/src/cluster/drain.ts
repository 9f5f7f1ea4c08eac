/**
 * `kubectl drain`: cordons a node and evicts its pods.
 *
 * Models: DaemonSet pods, pods without a controller, evictions that a budget refuses and that are tried again every 5 s, waiting
 *   for pods to be gone, the timeout.
 * Source: k8s.io/kubectl pkg/cmd/drain/drain.go, pkg/drain/{drain,filters}.go.
 * Simplified: pods with emptyDir volumes are evicted too, as with --delete-emptydir-data; kubectl sees at once that a pod is gone.
 * Who could tell: someone whose drain stops at local data.
 */
import type { PodObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { KubectlCommand, Nanos } from '../scenario.js';
import type { Agenda } from './agenda.js';
import type { ApiServer } from './api-server.js';
import type { Evictions } from './eviction.js';
import type { Waiting } from './waiting.js';
import type { Workloads } from './workloads.js';

const AGAIN_NS = 5e9;
/** How often kubectl looks whether a pod is gone. */
const LOOK_NS = 1e9;

type DrainCommand = Extract<KubectlCommand, { verb: 'drain' }>;

export interface DrainWorld {
  readonly api: ApiServer;
  readonly agenda: Agenda;
  readonly evictions: Evictions;
  readonly workloads: Workloads;
}

export class Drain implements Waiting {
  readonly output = { kind: 'text' as const, text: '', failed: false };
  done = false;
  onDone: (nowNs: Nanos) => void = () => {};
  private readonly left = new Set<string>();

  constructor(
    private readonly command: DrainCommand,
    private readonly world: DrainWorld,
  ) {}

  /** `cordoned`: what the cordon has said. */
  start(cordoned: string, nowNs: Nanos): void {
    const { command, world } = this;
    this.say(cordoned);
    const pods = world.api.list<PodObject>('Pod').filter(({ spec }) => spec?.nodeName === command.node);
    const daemons = pods.filter((pod) => this.ownerOf(pod) === 'DaemonSet');
    const alone = pods.filter((pod) => this.ownerOf(pod) === null && !isOver(pod));
    const problems = [
      ...(daemons.length > 0 && !command.ignoreDaemonsets
        ? [`cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): ${names(daemons)}`]
        : []),
      ...(alone.length > 0 && !command.force
        ? [`cannot delete Pods declare no controller (use --force to override): ${names(alone)}`]
        : []),
    ];
    if (problems.length > 0) return this.fail(problems.join(', '), nowNs);
    const warnings = [
      ...(daemons.length > 0 ? [`ignoring DaemonSet-managed Pods: ${names(daemons)}`] : []),
      ...(alone.length > 0 ? [`deleting Pods that declare no controller: ${names(alone)}`] : []),
    ];
    if (warnings.length > 0) this.say(`Warning: ${warnings.join('; ')}`);
    const going = pods.filter((pod) => !daemons.includes(pod));
    for (const pod of going) this.left.add(keyOf(pod));
    for (const pod of going) this.say(`evicting pod ${keyOf(pod)}`);
    for (const pod of going) this.evict(pod, nowNs);
    if (command.timeoutNs !== null)
      world.agenda.after(command.timeoutNs, (atNs) => {
        if (!this.done) this.giveUp(atNs);
      });
    this.endWhenEmpty(nowNs);
  }

  private evict(pod: PodObject, nowNs: Nanos): void {
    const { name, namespace } = pod.metadata;
    const refusal = this.world.evictions.evict(pod, nowNs);
    const after = (delayNs: Nanos, act: (atNs: Nanos) => void) =>
      this.world.agenda.after(delayNs, (atNs) => {
        if (!this.done) act(atNs);
      });
    if (refusal === null) return this.waitForEnd(pod, after);
    const error = `error when evicting pods/"${name}" -n "${namespace}"`;
    if (!refusal.again) return this.fail(`${error}: ${refusal.reason}`, nowNs);
    this.say(`${error} (will retry after 5s): ${refusal.reason}`);
    after(AGAIN_NS, (atNs) => {
      const present = this.same(pod);
      if (present === undefined) return this.gone(pod, atNs);
      this.say(`evicting pod ${keyOf(pod)}`);
      this.evict(present, atNs);
    });
  }

  private waitForEnd(pod: PodObject, after: (delayNs: Nanos, act: (atNs: Nanos) => void) => void): void {
    after(LOOK_NS, (atNs) => {
      if (this.same(pod) === undefined) this.gone(pod, atNs);
      else this.waitForEnd(pod, after);
    });
  }

  /** Another pod may have its name by now. */
  private same(pod: PodObject): PodObject | undefined {
    const present = this.world.api.get<PodObject>('Pod', keyOf(pod));
    return present?.metadata.creationTimestampNs === pod.metadata.creationTimestampNs &&
      present?.spec?.nodeName === this.command.node
      ? present
      : undefined;
  }

  private gone(pod: PodObject, nowNs: Nanos): void {
    if (!this.left.delete(keyOf(pod))) return;
    this.say(`pod/${pod.metadata.name} evicted`);
    this.endWhenEmpty(nowNs);
  }

  private endWhenEmpty(nowNs: Nanos): void {
    if (this.left.size > 0 || this.done) return;
    this.say(`node/${this.command.node} drained`);
    this.end(nowNs);
  }

  private giveUp(nowNs: Nanos): void {
    const waits = [...this.left].map((key) => {
      const [namespace, name] = key.split('/');
      return `error when evicting pods/"${name}" -n "${namespace}": global timeout reached: ${(this.command.timeoutNs as number) / 1e9}s`;
    });
    this.fail(waits.length === 1 ? (waits[0] as string) : `[${waits.join(', ')}]`, nowNs);
  }

  private fail(problem: string, nowNs: Nanos): void {
    const { node } = this.command;
    this.say(`error: unable to drain node "${node}" due to error: ${problem}, continuing command...`);
    this.say(`There are pending nodes to be drained:\n ${node}\n${problem}`);
    this.output.failed = true;
    this.end(nowNs);
  }

  private end(nowNs: Nanos): void {
    this.done = true;
    this.onDone(nowNs);
  }

  interrupt(nowNs: Nanos): void {
    this.output.failed = true;
    this.say('^C');
    this.end(nowNs);
  }

  private say(line: string): void {
    this.output.text += this.output.text === '' ? line : `\n${line}`;
  }

  /** The kind of what owns it; null: nothing that is there. */
  private ownerOf(pod: PodObject): string | null {
    return this.world.workloads.controllerOf(pod)?.kind ?? null;
  }
}

function isOver({ status }: PodObject): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function names(pods: readonly PodObject[]): string {
  return pods.map(keyOf).join(', ');
}
