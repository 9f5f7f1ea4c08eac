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
import type { Fault, KubeProxyChange, LinkAction, Nanos } from '../scenario.js';
import type { Blame } from './blame.js';
import type { Locations } from './locations.js';
import type { NodeLife } from './node-life.js';
import type { Pods } from './pods.js';

/** What changes of a node's settings. */
export type Upgrade = { version: string } | { kubeProxy: KubeProxyChange };

type FaultOf<Do extends Fault['do']> = Extract<Fault, { do: Do }>;

type MachineCrash = Extract<Fault, { do: 'crash'; node: string }>;

/** The end of a fault. */
type End =
  | { ends: 'life'; node: string }
  | { ends: 'crash'; node: string }
  | { ends: 'partition'; nodes: string[]; number: number };

export interface FaultWorld {
  readonly blame: Blame;
  schedule(delayNs: Nanos, act: (nowNs: Nanos) => void): void;
  /** The machine of that node has lost its power, or has it again. */
  onPower(node: number, isOn: boolean): void;
  /** kube-proxy there writes no rules, for so long. */
  freezeProxy(node: number, forNs: Nanos): void;
  /** kube-proxy there starts anew, with what the node's settings are by then. */
  restartProxy(node: number): void;
  /** The API server is out of kube-proxy's reach there, or in it again. */
  onReach(node: number, isInReach: boolean): void;
  upgrade(node: number, change: Upgrade): void;
  taint(node: string): void;
  /** What ends it; a text where there is no such place. */
  link(action: LinkAction): (() => void) | string;
}

export class Faults {
  /** By node: the last partition that cuts it off. */
  private readonly cutOff = new Map<string, number>();
  private partitions = 0;
  /** Machines that started while they were cut off, and what that comes of. */
  private readonly startedUnheard = new Map<string, number>();

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
      case 'freeze':
        return this.eachProxy(fault.kubeProxy, (node) => this.world.freezeProxy(node, fault.forNs));
      case 'restart':
        return this.eachProxy(fault.kubeProxy, (node) => this.world.restartProxy(node));
      case 'upgrade':
        if ('node' in fault)
          return this.eachProxy([fault.node], (node) => this.world.upgrade(node, { version: fault.version }));
        return this.eachProxy(fault.kubeProxy, (node) => this.world.upgrade(node, { kubeProxy: fault.set }));
      case 'scaleDown':
        return this.scaleDown(fault);
      case 'cut':
      case 'slow':
      case 'lose': {
        const end = this.world.link(fault);
        if (typeof end === 'string') return failed(end);
        if (fault.forNs !== null) this.world.schedule(fault.forNs, end);
        return DONE;
      }
    }
  }

  private end(end: End, nowNs: Nanos): void {
    if (end.ends === 'crash') this.powerOn(end.node, nowNs);
    else if (end.ends === 'life') this.crash({ do: 'crash', node: end.node, forNs: null, vmDeleted: true }, nowNs);
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
    this.pods.loseAll(node, nowNs);
    if (this.cutOff.has(node)) {
      this.startedUnheard.set(node, this.world.blame.current);
      return;
    }
    this.pods.startAll(node);
    this.life.comeBack(node, nowNs, true);
  }

  /** Of those that are named, or of all, each whose machine is on. */
  private eachProxy(names: readonly string[] | null, act: (node: number) => void): StepOutput {
    const nodes = names ?? this.locations.nodes.filter(({ alive }) => alive).map(({ name }) => name);
    const off: string[] = [];
    for (const name of nodes) {
      const index = this.locations.nodeIndex(name);
      if (index < 0 || !this.locations.hasPower(index)) off.push(name);
      else act(index);
    }
    return off.length === 0 ? DONE : failed(`there is no kube-proxy on ${off.join(', ')} now`);
  }

  private scaleDown({ node, afterNs }: FaultOf<'scaleDown'>): StepOutput {
    if (this.locations.nodeIndex(node) < 0) return failed(`there is no node ${node} now`);
    this.world.taint(node);
    this.later(afterNs, { ends: 'life', node });
    return DONE;
  }

  private partition({ kubelets, kubeProxy, forNs }: FaultOf<'partition'>, nowNs: Nanos): StepOutput {
    const nodes = kubelets ?? this.locations.nodes.filter(({ alive }) => alive).map(({ name }) => name);
    const missing = nodes.filter((node) => this.locations.nodeIndex(node) < 0);
    const number = ++this.partitions;
    const there = nodes.filter((node) => !missing.includes(node));
    for (const node of there) {
      this.cutOff.set(node, number);
      this.life.fallSilent(node, nowNs);
      if (kubeProxy) this.world.onReach(this.locations.nodeIndex(node), false);
    }
    this.later(forNs, { ends: 'partition', nodes: there, number });
    return missing.length === 0 ? DONE : failed(`there is no node ${missing.join(', ')} now`);
  }

  private heal(node: string, nowNs: Nanos): void {
    this.cutOff.delete(node);
    const index = this.locations.nodeIndex(node);
    if (index >= 0) this.world.onReach(index, true);
    if (!this.locations.hasPower(index)) return;
    const because = this.startedUnheard.get(node);
    this.startedUnheard.delete(node);
    if (because !== undefined) this.world.blame.during(because, () => this.pods.startAll(node));
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
