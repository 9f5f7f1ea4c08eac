/**
 * Faults of nodes: who loses power, whom nobody hears, and when that ends.
 *
 * Models: a crash ends everything on the machine at once, which then answers nothing, not even with an RST; when it has power
 *   again, containers and kube-proxy start anew. A partition leaves the data plane as it is.
 * Source: what power and links do; kubelet's restart of containers after a boot.
 * Simplified: the time to boot is part of the time without power.
 * Who could tell: someone whose machines take long from power to kubelet; make the crash longer.
 */
import type { StepOutput } from '../results/result.js';
import type { Fault, Nanos } from '../scenario.js';
import type { Locations } from './locations.js';
import type { NodeLife } from './node-life.js';
import type { Pods } from './pods.js';

type FaultOf<Do extends Fault['do']> = Extract<Fault, { do: Do }>;

type MachineCrash = Extract<Fault, { do: 'crash'; node: string }>;

/** The end of a fault. */
type End = { ends: 'crash'; node: string } | { ends: 'partition'; nodes: string[]; number: number };

export interface FaultWorld {
  schedule(delayNs: Nanos, act: (nowNs: Nanos) => void): void;
  /** The machine of that node has lost its power, or has it again. */
  onPower(node: number, isOn: boolean): void;
}

export class Faults {
  /** By node: the last partition that cuts it off. */
  private readonly cutOff = new Map<string, number>();
  private partitions = 0;
  /** Machines that started while they were cut off. */
  private readonly startedUnheard = new Set<string>();

  constructor(
    private readonly locations: Locations,
    private readonly pods: Pods,
    private readonly life: NodeLife,
    private readonly world: FaultWorld,
  ) {}

  begin(fault: Fault, nowNs: Nanos): StepOutput {
    switch (fault.do) {
      case 'crash':
        return 'pod' in fault ? this.pods.crash(fault.pod, nowNs) : this.crash(fault, nowNs);
      case 'partition':
        return this.partition(fault, nowNs);
    }
  }

  private end(end: End, nowNs: Nanos): void {
    if (end.ends === 'crash') this.powerOn(end.node, nowNs);
    else for (const node of end.nodes) if (this.cutOff.get(node) === end.number) this.heal(node, nowNs);
  }

  private crash({ node, forNs, vmDeleted }: MachineCrash, nowNs: Nanos): StepOutput {
    const index = this.locations.nodeIndex(node);
    if (index < 0) return failed(`there is no node ${node} now`);
    if (!this.locations.hasPower(index)) return failed(`${node} is off already`);
    this.locations.power(index, false);
    this.life.fallSilent(node, nowNs, vmDeleted);
    this.world.onPower(index, false);
    if (forNs !== null) this.later(forNs, { ends: 'crash', node });
    return DONE;
  }

  private powerOn(node: string, nowNs: Nanos): void {
    const index = this.locations.nodeIndex(node);
    if (index < 0 || this.locations.hasPower(index)) return;
    this.locations.power(index, true);
    this.world.onPower(index, true);
    if (this.cutOff.has(node)) {
      this.startedUnheard.add(node);
      return;
    }
    this.pods.restartAll(node, nowNs);
    this.life.comeBack(node, nowNs, true);
  }

  private partition({ kubelets, forNs }: FaultOf<'partition'>, nowNs: Nanos): StepOutput {
    const nodes = kubelets ?? this.locations.nodes.filter(({ alive }) => alive).map(({ name }) => name);
    const missing = nodes.filter((node) => this.locations.nodeIndex(node) < 0);
    const number = ++this.partitions;
    const there = nodes.filter((node) => !missing.includes(node));
    for (const node of there) {
      this.cutOff.set(node, number);
      this.life.fallSilent(node, nowNs);
    }
    this.later(forNs, { ends: 'partition', nodes: there, number });
    return missing.length === 0 ? DONE : failed(`there is no node ${missing.join(', ')} now`);
  }

  private heal(node: string, nowNs: Nanos): void {
    this.cutOff.delete(node);
    const index = this.locations.nodeIndex(node);
    if (!this.locations.hasPower(index)) return;
    if (this.startedUnheard.delete(node)) this.pods.restartAll(node, nowNs);
    this.life.comeBack(node, nowNs, false);
  }

  private later(delayNs: Nanos, end: End): void {
    this.world.schedule(delayNs, (nowNs) => this.end(end, nowNs));
  }
}

const DONE: StepOutput = { kind: 'text', text: '', failed: false };

function failed(text: string): StepOutput {
  return { kind: 'text', text, failed: true };
}
