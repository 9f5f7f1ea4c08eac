/**
 * `kubectl rollout status deployment`: waits for a rollout, and says how far it is.
 *
 * Source: k8s.io/kubectl pkg/polymorphichelpers/rollout_status.go.
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

export class RolloutStatus implements Waiting {
  readonly output = { kind: 'text' as const, text: '', failed: false };
  done = false;
  onDone: (nowNs: Nanos) => void = () => {};
  private last = '';

  constructor(
    private readonly deployment: string,
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
    const deployment = this.world.api.get<WorkloadObject>('Deployment', this.deployment);
    const name = this.deployment.slice(this.deployment.indexOf('/') + 1);
    if (deployment === undefined) return this.end(`error: deployment "${name}" was deleted`, true, nowNs);
    const waits = this.waitsFor(deployment, nowNs);
    if (waits === null) return this.end(`deployment "${name}" successfully rolled out`, false, nowNs);
    if (waits !== this.last) this.say(`Waiting for deployment "${name}" rollout to finish: ${waits}...`);
    this.last = waits;
    this.world.agenda.after(LOOK_NS, (atNs) => this.look(atNs));
  }

  private waitsFor(deployment: WorkloadObject, nowNs: Nanos): string | null {
    const {
      replicas = 0,
      updatedReplicas = 0,
      availableReplicas = 0,
      updatedAvailable,
    } = this.world.workloads.rolloutOf(deployment, nowNs);
    const wanted = replicasOf(deployment);
    if (updatedReplicas < wanted) return `${updatedReplicas} out of ${wanted} new replicas have been updated`;
    if (replicas > updatedReplicas) return `${replicas - updatedReplicas} old replicas are pending termination`;
    const available = Math.min(availableReplicas, updatedAvailable);
    return available < updatedReplicas ? `${available} of ${updatedReplicas} updated replicas are available` : null;
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
