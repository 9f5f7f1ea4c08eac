/**
 * The person at the keyboard: one step after the other on the virtual clock, each with what it printed.
 *
 * Models: sequential commands with a pause between them; loops over nodes; waiting for a condition by looking again.
 * Source: the shape of tutorials.
 * Simplified: a condition is looked at every 100 ms.
 * Who could tell: someone who measures a wait more finely than that.
 */
import type { Locations } from '../cluster/locations.js';
import { parseIp } from '../netfilter/address.js';
import type { IpFamily } from '../objects.js';
import type { ClusterEvent, HttpExchange, StepOutput, StepRecord } from '../results/result.js';
import type { KubectlCommand, Nanos, Origin, Scenario, Step, TimelineEntry } from '../scenario.js';

const LOOK_AGAIN_NS = 100e6;
/** Of controllers; what comes after is left out, as an API server forgets events. */
const MOST_EVENTS = 2_000;
/** kubectl's --pod-running-timeout. */
const ATTACH_TIMEOUT_NS = 60e9;
/** How long a person watches a command that does not come to its end. */
const PATIENCE_NS = 1800e9;

export interface HttpRequest {
  on: Origin;
  tool: 'curl' | 'wget';
  url: string;
  node: string | null;
  connectTimeoutNs: Nanos | null;
  maxTimeNs: Nanos | null;
}

export interface ScriptWorld {
  readonly locations: Locations;
  kubectl(command: KubectlCommand): StepOutput;
  /** The command that has answered this goes on. */
  isUnderWay(output: StepOutput): boolean;
  /** Ctrl-C: it goes on no more. */
  interrupt(output: StepOutput): void;
  /** `done` is called when the client knows how it ended; with a text where no connection was tried at all. */
  request(request: HttpRequest, done: (exchange: HttpExchange | string) => void): void;
  holds(condition: Extract<Step, { do: 'waitUntil' }>['condition']): boolean;
  /** Whether a pod (`namespace/name`) is there and ready. */
  isReady(pod: string): boolean;
  scheduleScript(delayNs: Nanos): void;
}

export class Script {
  readonly records: StepRecord[] = [];
  private at = 0;
  private events = 0;
  private startedNs = 0;
  /** A step has begun and has not ended. */
  private busy = false;
  /** What the kubectl command of the present step has answered. */
  private said: StepOutput | null = null;

  constructor(
    private readonly scenario: Scenario,
    private readonly world: ScriptWorld,
  ) {}

  /** Number of the step that is under way, or comes next. */
  get step(): number {
    return this.at;
  }

  get done(): boolean {
    return this.at >= this.scenario.steps.length;
  }

  /** What the timeline did and what came of it: nobody typed it, but a refusal must be seen. */
  note(entry: TimelineEntry, output: StepOutput, nowNs: Nanos): StepRecord {
    const { atNs: _, ...step } = entry;
    const record: StepRecord = { index: this.at, step, fromNs: nowNs, toNs: nowNs, output, by: 'timeline' };
    this.records.push(record);
    return record;
  }

  /** A controller says what it does. */
  event(about: string, reason: string, message: string, nowNs: Nanos): void {
    if (this.events++ >= MOST_EVENTS) return;
    const step: ClusterEvent = { do: 'event', about, reason };
    const output: StepOutput = { kind: 'text', text: message, failed: false };
    this.records.push({ index: this.at, step, fromNs: nowNs, toNs: nowNs, output, by: 'cluster' });
  }

  /** The script's event: the next step begins, or a waiting one looks again. */
  onEvent(nowNs: Nanos): void {
    const step = this.scenario.steps[this.at];
    if (step === undefined) return;
    if (!this.busy) {
      this.busy = true;
      this.startedNs = nowNs;
      this.begin(step, nowNs);
    } else if (step.do === 'kubectl') {
      this.afterKubectl(step, nowNs);
    } else if (step.do === 'waitUntil') {
      this.look(step, nowNs);
    } else if (step.do === 'sleep') {
      this.end({ kind: 'waited', fulfilled: true, forNs: nowNs - this.startedNs }, nowNs);
    }
  }

  private begin(step: Step, nowNs: Nanos): void {
    switch (step.do) {
      case 'kubectl':
        this.said = this.world.kubectl(step.command);
        return this.afterKubectl(step, nowNs);
      case 'exec':
        return this.end(this.ipAddr(step.on), nowNs);
      case 'sleep':
        return this.world.scheduleScript(step.forNs);
      case 'waitUntil':
        return this.look(step, nowNs);
      case 'curl':
        return this.curl(step, step.forEachNode === null ? [null] : [...step.forEachNode], [], nowNs);
    }
  }

  /** `kubectl run -it` returns when the container runs, drain and rollout status when they are done; everything else at once. */
  private afterKubectl(step: Extract<Step, { do: 'kubectl' }>, nowNs: Nanos): void {
    const output = this.said as StepOutput;
    const { command } = step;
    const attached = command.verb !== 'run' || this.world.isReady(command.name);
    if (this.world.isUnderWay(output)) {
      if (nowNs - this.startedNs < PATIENCE_NS) return this.world.scheduleScript(LOOK_AGAIN_NS);
      this.world.interrupt(output);
    }
    const gaveUp = (output.kind === 'text' && output.failed) || nowNs - this.startedNs >= ATTACH_TIMEOUT_NS;
    if (attached || gaveUp) return this.end(output, nowNs);
    this.world.scheduleScript(LOOK_AGAIN_NS);
  }

  private look(step: Extract<Step, { do: 'waitUntil' }>, nowNs: Nanos): void {
    const waitedNs = nowNs - this.startedNs;
    const fulfilled = this.world.holds(step.condition);
    if (fulfilled || waitedNs >= step.timeoutNs) return this.end({ kind: 'waited', fulfilled, forNs: waitedNs }, nowNs);
    this.world.scheduleScript(Math.min(LOOK_AGAIN_NS, step.timeoutNs - waitedNs));
  }

  /** One request after the other; the loop of `for node in …`. */
  private curl(
    step: Extract<Step, { do: 'curl' }>,
    nodes: (string | null)[],
    exchanges: HttpExchange[],
    nowNs: Nanos,
  ): void {
    const node = nodes.shift();
    if (node === undefined) return this.end({ kind: 'http', exchanges }, nowNs);
    const url = node === null ? step.url : step.url.replaceAll('$node', this.addressOf(node));
    const { on, tool, connectTimeoutNs, maxTimeNs } = step;
    this.world.request({ on, tool, url, node, connectTimeoutNs, maxTimeNs }, (exchange) => {
      if (typeof exchange === 'string') return this.end({ kind: 'text', text: exchange, failed: true }, nowNs);
      exchanges.push(exchange);
      this.curl(step, nodes, exchanges, nowNs + exchange.elapsedNs);
    });
  }

  private end(output: StepOutput, nowNs: Nanos): void {
    const step = this.scenario.steps[this.at] as Step;
    this.records.push({ index: this.at, step, fromNs: this.startedNs, toNs: nowNs, output });
    this.at++;
    this.busy = false;
    if (!this.done) this.world.scheduleScript(this.scenario.stepPauseNs);
  }

  /** As it stands in a URL. */
  private addressOf(node: string): string {
    const place = this.world.locations.nodes[this.world.locations.nodeIndex(node)];
    const ip = place?.addresses[0]?.text ?? node;
    return ip.includes(':') ? `[${ip}]` : ip;
  }

  private ipAddr(on: Origin): StepOutput {
    const addresses = this.addressesOf(on);
    if (typeof addresses === 'string') return { kind: 'text', text: addresses, failed: true };
    const loopback = { name: 'lo', addresses: ['127.0.0.1/8', '::1/128'].map(interfaceAddress) };
    return { kind: 'interfaces', interfaces: [loopback, { name: 'eth0', addresses: addresses.map(interfaceAddress) }] };
  }

  /** With their prefix lengths; a text where nobody of that name is there. */
  private addressesOf(on: Origin): string[] | string {
    const { locations } = this.world;
    if ('client' in on) {
      const client = this.scenario.clients.find(({ name }) => name === on.client);
      return client === undefined ? [] : client.ips.map(alone);
    }
    const hosts = 'pod' in on ? locations.hostsNamed(on.pod) : [];
    const host = hosts[0];
    if ('pod' in on && host === undefined)
      return `Error from server (NotFound): pods "${on.pod.slice(on.pod.indexOf('/') + 1)}" not found`;
    const place = locations.nodes['node' in on ? locations.nodeIndex(on.node) : (host?.node ?? -1)];
    if (host !== undefined && !host.hostNetwork) {
      return hosts.map(({ ip }) => {
        const range = place?.podCIDRs.find(({ family }) => family === parseIp(ip)?.family);
        return range === undefined ? alone(ip) : `${ip}/${range.prefixLength}`;
      });
    }
    if (place !== undefined) return place.addresses.map(({ text }) => alone(text));
    return `Error from server (NotFound): nodes "${'node' in on ? on.node : ''}" not found`;
  }
}

function alone(ip: string): string {
  return `${ip}/${ip.includes(':') ? 128 : 32}`;
}

function interfaceAddress(cidr: string): { family: IpFamily; cidr: string } {
  return { family: cidr.includes(':') ? 'IPv6' : 'IPv4', cidr };
}
