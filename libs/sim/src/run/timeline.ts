/** Entries of the timeline: whoever has to do something about one. */
import type { Faults } from '../cluster/faults.js';
import type { CloudController } from '../load-balancer/cloud-controller.js';
import type { RefusedEntry, StepOutput } from '../results/result.js';
import { runEvent } from '../results/run-event.js';
import type { TimelineEntry } from '../scenario.js';
import type { Script } from '../traffic/script.js';
import type { RunParts } from './parts.js';

const MOST_REFUSED = 100;

export class Timeline {
  /** By entry: what came of it, as far as that is known. */
  private readonly outputs = new Map<number, StepOutput>();

  constructor(
    private readonly run: RunParts,
    private readonly cloud: CloudController,
    private readonly faults: Faults,
    private readonly script: Script,
  ) {}

  /** `index`: in the scenario's timeline. */
  onEntry(index: number): void {
    this.run.clock.blame.during(index, () => this.happen(index, this.run.scenario.timeline[index] as TimelineEntry));
  }

  /** What could not be carried out; also of commands that went on and failed later. */
  refused(): RefusedEntry[] {
    return [...this.outputs]
      .flatMap(([index, output]) => {
        if (output.kind !== 'text' || !output.failed) return [];
        const { path, text } = runEvent(this.run.scenario, index);
        return [{ path, text: `${text}: ${errorOf(output.text)}` }];
      })
      .slice(0, MOST_REFUSED);
  }

  private happen(index: number, entry: TimelineEntry): void {
    const { clock, cluster } = this.run;
    const output = this.outputOf(entry);
    this.outputs.set(index, output);
    const record = this.script.note(entry, output, clock.nowNs);
    const waiting = cluster.kubectl.waitingFor(output);
    if (waiting !== null)
      waiting.onDone = (nowNs) => {
        record.toNs = nowNs;
      };
  }

  private outputOf(entry: TimelineEntry): StepOutput {
    const { clock, cluster } = this.run;
    switch (entry.do) {
      case 'kubectl':
        return cluster.kubectl.run(entry.command, clock.nowNs);
      case 'readiness':
        return cluster.pods.setReady(entry.pod, entry.ready, clock.nowNs);
      case 'upgradeCloudProvider':
        this.cloud.upgrade(entry.profile);
        return { kind: 'text', text: `${this.cloud.balancers.length} load balancers follow`, failed: false };
      case 'loseZone': {
        const concerned = this.cloud.onZone(entry.zone, true, clock.nowNs);
        if (entry.forNs !== null)
          cluster.agenda.after(entry.forNs, (nowNs) => this.cloud.onZone(entry.zone, false, nowNs));
        return { kind: 'text', text: `${concerned} load balancers are in it`, failed: false };
      }
      default:
        return this.faults.begin(entry, clock.nowNs);
    }
  }
}

/** What a command said before it failed stands in the transcript. */
function errorOf(text: string): string {
  const lines = text.trim().split('\n');
  return lines.findLast((line) => /^(error: |Error from server)/.test(line)) ?? (lines.at(-1) as string);
}
