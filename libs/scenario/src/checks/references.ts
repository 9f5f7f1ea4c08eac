/** Everything that is named must be there, or be created by a step or timeline entry before. */
import type { KubectlCommand, KubeKind, Origin, Step, TimelineEntry, Traffic } from '#sim';
import { nearestName, parseIp, serviceNamed, targetOf } from '#sim';
import type { Draft, Placed } from '../draft.js';
import { type IssueCode, type IssueList, shown } from '../issues.js';
import { hostOf } from '../normalize/url.js';
import { refuseUrlPart } from '../not-modelled.js';
import type { Path } from '../pointer.js';
import { Known } from './known.js';

const CODES: Partial<Record<KubeKind, IssueCode>> = {
  Node: 'unknown-node',
  Pod: 'unknown-pod',
  Service: 'unknown-service',
  Deployment: 'unknown-deployment',
};

const NAMES = 'There are: IP addresses, localhost, nodes, services (from pods), and $node with forEach.';

/** `default/` is left out where people leave it out. */
const shortened = (key: string): string => (key.startsWith('default/') ? key.slice('default/'.length) : key);

class References {
  constructor(
    readonly known: Known,
    private readonly issues: IssueList,
  ) {}

  object(kind: KubeKind, key: string, at: Path): void {
    if (this.known.has(kind, key)) return;
    const nearest = nearestName(key, this.known.names(kind));
    const hint = nearest === null ? undefined : `Did you mean "${shortened(nearest)}"?`;
    this.issues.add(CODES[kind] ?? 'unknown-object', at, `There is no ${kind} ${shown(shortened(key))}.`, hint);
  }

  private workload({ kind, name }: { kind: KubeKind; name: string }, at: Path): void {
    this.object(kind, name, [...at, kind.toLowerCase()]);
  }

  client(name: string, at: Path): void {
    if (this.known.hasClient(name)) return;
    const nearest = nearestName(name, this.known.clientNames());
    const hint = nearest === null ? undefined : `Did you mean "${nearest}"?`;
    this.issues.add('unknown-client', at, `There is no client ${shown(name)}.`, hint);
  }

  origin(origin: Origin, at: Path): void {
    if ('client' in origin) this.client(origin.client, [...at, 'client']);
    else if ('node' in origin) this.object('Node', origin.node, [...at, 'node']);
    else this.object('Pod', origin.pod, [...at, 'pod']);
  }

  /** A name in a URL means a node, or a service as cluster DNS knows it; what is outside the cluster is not modelled. */
  host({ url, on }: Extract<Step, { do: 'curl' }>, at: Path): void {
    const host = hostOf(url);
    if (parseIp(host) !== null || host === '$node' || host.toLowerCase() === 'localhost') return;
    if (this.known.has('Node', host)) return;
    const namespace = 'pod' in on ? on.pod.slice(0, on.pod.indexOf('/')) : 'default';
    const key = serviceNamed(host, namespace);
    if (key !== null && this.known.has('Service', key)) return;
    if (key !== null && (!host.includes('.') || /\.svc\.?(?:cluster\.local\.?)?$/i.test(host)))
      this.object('Service', key, at);
    else refuseUrlPart(`The name ${shown(host)}, outside the cluster`, at, NAMES, this.issues);
  }

  /** What a command changes; what it prints may be missing, as with kubectl. */
  command(command: KubectlCommand, at: Path): void {
    switch (command.verb) {
      case 'expose':
        this.object('Deployment', command.deployment, [...at, 'expose', 'deployment']);
        break;
      case 'scale':
        this.workload(targetOf(command), [...at, 'scale']);
        break;
      case 'rollout-restart':
        this.object(command.kind, command.name, [...at, 'rolloutRestart', command.kind.toLowerCase()]);
        break;
      case 'rollout-status':
        this.workload(targetOf(command), [...at, 'rolloutStatus']);
        break;
      case 'set-image':
        this.workload(targetOf(command), [...at, 'setImage']);
        break;
      case 'drain':
      case 'cordon':
      case 'uncordon':
      case 'taint':
        this.object('Node', command.node, [...at, command.verb, 'node']);
        break;
      case 'label':
        this.object(command.kind, command.name, [...at, 'label', command.kind.toLowerCase()]);
        break;
      case 'patch':
        this.object(command.kind, command.name, [...at, 'patch', command.kind.toLowerCase()]);
        break;
      case 'delete':
        if (command.name !== null)
          this.object(command.kind, command.name, [...at, 'delete', command.kind.toLowerCase()]);
        break;
    }
    this.known.learn(command);
  }

  step(step: Step, at: Path): void {
    switch (step.do) {
      case 'curl':
        this.origin(step.on, [...at, 'on']);
        this.host(step, at);
        for (const [index, node] of (step.forEachNode ?? []).entries())
          this.object('Node', node, [...at, 'forEach', 'node', index]);
        break;
      case 'exec':
        this.origin(step.on, [...at, 'on']);
        break;
      case 'kubectl':
        this.command(step.command, [...at, 'kubectl']);
        break;
      case 'waitUntil':
        if ('loadBalancer' in step.condition)
          this.object('Service', step.condition.loadBalancer, [...at, 'waitUntil', 'loadBalancer']);
    }
  }

  /** A link's ends: nodes, clients, or words for several. */
  private ends(between: readonly string[], at: Path): void {
    for (const [index, name] of between.entries()) {
      const isWord = name === 'loadBalancer' || name === 'clients';
      if (!isWord && !this.known.hasClient(name)) this.object('Node', name, [...at, index]);
    }
  }

  private nodes(names: readonly string[] | null, at: Path): void {
    const one = names?.length === 1;
    for (const [index, name] of (names ?? []).entries()) this.object('Node', name, one ? at : [...at, index]);
  }

  timelineEntry(entry: TimelineEntry, at: Path): void {
    switch (entry.do) {
      case 'kubectl':
        return this.command(entry.command, at);
      case 'readiness':
        return this.object('Pod', entry.pod, [...at, 'readiness', 'pod']);
      case 'crash':
        return 'pod' in entry
          ? this.object('Pod', entry.pod, [...at, 'crash', 'pod'])
          : this.object('Node', entry.node, [...at, 'crash', 'node']);
      case 'partition':
        return this.nodes(entry.kubelets, [...at, 'partition', 'kubelets']);
      case 'freeze':
      case 'restart':
        return this.nodes(entry.kubeProxy, [...at, entry.do, 'kubeProxy']);
      case 'upgrade':
        if ('node' in entry) return this.object('Node', entry.node, [...at, 'upgrade', 'node']);
        return this.nodes(entry.kubeProxy, [...at, 'upgrade', 'kubeProxy']);
      case 'cut':
      case 'slow':
      case 'lose':
        return this.ends(entry.between, [...at, entry.do, 'between']);
      case 'scaleDown':
        return this.object('Node', entry.node, [...at, 'scaleDown', 'node']);
    }
  }

  traffic({ from, to }: Traffic, at: Path): void {
    this.origin(from, [...at, 'from']);
    if (!('service' in to)) return;
    this.object('Service', to.service, [...at, 'to', 'service']);
    if (to.node !== null) this.object('Node', to.node, [...at, 'to', 'node']);
  }
}

const byTime = (timeline: Placed<TimelineEntry>[]) => [...timeline].sort((a, b) => a.value.atNs - b.value.atNs);

/** The clocks of steps and timeline are not compared: what either creates at some time counts for the other. */
export function checkReferences(draft: Draft, issues: IssueList): void {
  const commandsOf = (entries: Placed<Step | TimelineEntry>[]) =>
    entries.flatMap(({ value }) => (value.do === 'kubectl' ? [value.command] : []));

  const forSteps = new References(new Known(draft), issues);
  for (const command of commandsOf(draft.timeline)) forSteps.known.learn(command);
  for (const { value, at } of draft.steps) forSteps.step(value, at);

  const forTimeline = new References(new Known(draft), issues);
  for (const command of commandsOf(draft.steps)) forTimeline.known.learn(command);
  for (const { value, at } of byTime(draft.timeline)) forTimeline.timelineEntry(value, at);

  const atAnyTime = new References(forSteps.known, issues);
  for (const { value, at } of draft.traffic) atAnyTime.traffic(value, at);
  for (const { value, at } of draft.expect) {
    const { client, service, node, pod } = value.where;
    if (client !== undefined) atAnyTime.client(client, [...at, 'client']);
    if (service !== undefined) atAnyTime.object('Service', service, [...at, 'service']);
    if (node !== undefined) atAnyTime.object('Node', node, [...at, 'node']);
    if (pod !== undefined) atAnyTime.object('Pod', pod, [...at, 'pod']);
    const { health } = value;
    if (!health) continue;
    if (health.node !== null) atAnyTime.object('Node', health.node, [...at, 'healthz', 'node']);
    const place = health.of.kind === 'loadBalancer' ? 'loadBalancer' : 'service';
    if (health.of.service !== null) atAnyTime.object('Service', health.of.service, [...at, 'healthz', place]);
  }
  checkPods(draft, atAnyTime, issues);
  checkSettings(draft, atAnyTime.known, issues);
}

function checkPods(draft: Draft, references: References, issues: IssueList): void {
  for (const { value: pod, at } of draft.objects) {
    if (pod.kind !== 'Pod' || !pod.spec?.nodeName || references.known.has('Node', pod.spec.nodeName)) continue;
    const place = [...at, 'spec', 'nodeName'];
    if (draft.cluster.admission === 'apply') references.object('Node', pod.spec.nodeName, place);
    else
      issues.add(
        'node-not-given',
        place,
        `The node ${shown(pod.spec.nodeName)} of pod ${pod.metadata.name} is not given.`,
      );
  }
  for (const [owner, pods] of Object.entries(draft.cluster.allocations.pods)) {
    for (const [index, { node }] of pods.entries()) {
      if (node !== undefined)
        references.object('Node', node, ['cluster', 'allocations', 'pods', shortened(owner), index, 'node']);
    }
  }
}

/** Settings for nodes and services that do not occur are mostly misspelt. */
function checkSettings(draft: Draft, known: Known, issues: IssueList): void {
  for (const name of Object.keys(draft.cluster.nodes)) {
    if (!known.has('Node', name))
      issues.add('unused-setting', ['cluster', 'nodes', name], `There is no Node ${shown(name)}.`);
  }
  for (const key of Object.keys(draft.loadBalancers.byService)) {
    if (!known.has('Service', key))
      issues.add('unused-setting', ['loadBalancers', shortened(key)], `There is no Service ${shown(shortened(key))}.`);
  }
  const { clusterIP, nodePort, healthCheckNodePort, loadBalancerIP } = draft.cluster.allocations;
  for (const [field, values] of Object.entries({ clusterIP, nodePort, healthCheckNodePort, loadBalancerIP })) {
    for (const key of Object.keys(values)) {
      const service = key.replace(/:\d+$/, '');
      if (known.has('Service', service)) continue;
      issues.add(
        'unused-setting',
        ['cluster', 'allocations', field, shortened(key)],
        `There is no Service ${shown(shortened(service))}.`,
      );
    }
  }
}
