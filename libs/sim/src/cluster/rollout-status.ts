/**
 * `kubectl rollout status`: waits for a rollout, and says how far it is.
 *
 * Source: k8s.io/kubectl pkg/polymorphichelpers/rollout_status.go. A StatefulSet without a partition has partition 0, as the API
 *   server sets it, so that its rollout is told as a partitioned one.
 * Simplified: it looks ten times a second, where a real one watches.
 */
import type { WorkloadObject } from '../objects.js';
import type { Nanos } from '../scenario.js';
import type { Agenda } from './agenda.js';
import type { ApiServer } from './api-server.js';
import { replicasOf } from './deployments.js';
import type { Waiting } from './waiting.js';
import type { Workloads } from './workloads.js';

const LOOK_NS = 100e6;

/** What it says, and whether the rollout is over. */
interface Progress {
  line: string;
  done: boolean;
}

const waits = (line: string): Progress => ({ line: `${line}...`, done: false });

export class RolloutStatus implements Waiting {
  readonly output = { kind: 'text' as const, text: '', failed: false };
  done = false;
  onDone: (nowNs: Nanos) => void = () => {};
  private last = '';

  constructor(
    private readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet',
    private readonly key: string,
    private readonly world: { readonly api: ApiServer; readonly agenda: Agenda; readonly workloads: Workloads },
    timeoutNs: Nanos | null,
    nowNs: Nanos,
  ) {
    if (timeoutNs !== null)
      world.agenda.after(timeoutNs, (atNs) => {
        if (!this.done) this.end('error: timed out waiting for the condition', true, atNs);
      });
    this.look(nowNs);
  }

  private look(nowNs: Nanos): void {
    if (this.done) return;
    const workload = this.world.api.get<WorkloadObject>(this.kind, this.key);
    if (workload === undefined)
      return this.end(`error: ${this.kind.toLowerCase()} "${this.name}" was deleted`, true, nowNs);
    const { line, done } = this.progressOf(workload, nowNs);
    if (done) return this.end(line, false, nowNs);
    if (line !== this.last) this.say(line);
    this.last = line;
    this.world.agenda.after(LOOK_NS, (atNs) => this.look(atNs));
  }

  private get name(): string {
    return this.key.slice(this.key.indexOf('/') + 1);
  }

  private progressOf(workload: WorkloadObject, nowNs: Nanos): Progress {
    switch (this.kind) {
      case 'Deployment':
        return this.ofDeployment(workload, nowNs);
      case 'StatefulSet':
        return this.ofStatefulSet(workload, nowNs);
      case 'DaemonSet':
        return this.ofDaemonSet(workload, nowNs);
    }
  }

  private ofDeployment(deployment: WorkloadObject, nowNs: Nanos): Progress {
    const {
      replicas = 0,
      updatedReplicas = 0,
      availableReplicas = 0,
      updatedAvailable,
    } = this.world.workloads.rolloutOf(deployment, nowNs);
    const wanted = replicasOf(deployment);
    const goesOn = (what: string) => waits(`Waiting for deployment "${this.name}" rollout to finish: ${what}`);
    if (updatedReplicas < wanted) return goesOn(`${updatedReplicas} out of ${wanted} new replicas have been updated`);
    if (replicas > updatedReplicas) return goesOn(`${replicas - updatedReplicas} old replicas are pending termination`);
    const available = Math.min(availableReplicas, updatedAvailable);
    if (available < updatedReplicas) return goesOn(`${available} of ${updatedReplicas} updated replicas are available`);
    return { line: `deployment "${this.name}" successfully rolled out`, done: true };
  }

  private ofStatefulSet(set: WorkloadObject, nowNs: Nanos): Progress {
    const { readyReplicas = 0, updatedReplicas = 0 } = this.world.workloads.status(set, nowNs);
    const wanted = replicasOf(set);
    const updated = wanted - (set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
    if (readyReplicas < wanted) return waits(`Waiting for ${wanted - readyReplicas} pods to be ready`);
    if (updatedReplicas < updated)
      return waits(
        `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${updated} new pods have been updated`,
      );
    return { line: `partitioned roll out complete: ${updatedReplicas} new pods have been updated...`, done: true };
  }

  private ofDaemonSet(set: WorkloadObject, nowNs: Nanos): Progress {
    const {
      desiredNumberScheduled: wanted = 0,
      updatedReplicas = 0,
      availableReplicas = 0,
    } = this.world.workloads.status(set, nowNs);
    const goesOn = (what: string) => waits(`Waiting for daemon set "${this.name}" rollout to finish: ${what}`);
    if (updatedReplicas < wanted) return goesOn(`${updatedReplicas} out of ${wanted} new pods have been updated`);
    if (availableReplicas < wanted) return goesOn(`${availableReplicas} of ${wanted} updated pods are available`);
    return { line: `daemon set "${this.name}" successfully rolled out`, done: true };
  }

  private end(line: string, failed: boolean, nowNs: Nanos): void {
    this.say(line);
    this.output.failed = failed;
    this.done = true;
    this.onDone(nowNs);
  }

  interrupt(nowNs: Nanos): void {
    this.end('^C', true, nowNs);
  }

  private say(line: string): void {
    this.output.text += this.output.text === '' ? line : `\n${line}`;
  }
}
