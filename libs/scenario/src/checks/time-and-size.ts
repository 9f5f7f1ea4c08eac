/** Times inside the run, and the cost of the run inside the limits. */
import {
  behaviourOfPod,
  type KubeObject,
  type PodObject,
  probesOf,
  steadyAnswer,
  type Traffic,
  type WorkloadObject,
  waitBeforeRetry,
} from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import type { Limits } from '../limits.js';
import type { Path } from '../pointer.js';
import { of } from './addresses.js';

/** Events of one request, from its arrival to its end; a generous figure. */
const EVENTS_PER_REQUEST = 12;
/** A probe is sent and answered. */
const EVENTS_PER_PROBE = 2;
/** Of one traffic entry, to one destination: they are held in memory. */
const MOST_CONNECTIONS = 100_000;

const seconds = (ns: number): string => `${ns / 1e9} s`;

export function checkTimes(draft: Draft, durationNs: number, limits: Limits, issues: IssueList): void {
  if (durationNs > limits.durationNs) {
    issues.add(
      'too-many',
      ['duration'],
      `The run lasts ${seconds(durationNs)}; the limit is ${seconds(limits.durationNs)}.`,
      `Write at most "${limits.durationNs / 1e9}s".`,
    );
  }
  for (const { value, at } of draft.timeline) {
    if (value.atNs > durationNs)
      issues.add('after-the-end', [...at, 'at'], `${seconds(value.atNs)} is after the end at ${seconds(durationNs)}.`);
  }
  for (const { value, at } of draft.traffic) {
    const stops = [...at, 'stop'];
    if (value.stopNs < value.startNs)
      issues.add(
        'stops-before-start',
        stops,
        `It stops at ${seconds(value.stopNs)} and starts at ${seconds(value.startNs)}.`,
      );
    else if (value.stopNs > durationNs)
      issues.add('after-the-end', stops, `${seconds(value.stopNs)} is after the end at ${seconds(durationNs)}.`);
  }
  for (const { value, at } of draft.expect) {
    const fromNs = value.window?.fromNs ?? 0;
    if (fromNs >= durationNs && fromNs > 0)
      issues.add(
        'after-the-end',
        [...at, 'window'],
        `It looks from ${seconds(fromNs)} on, and the end is at ${seconds(durationNs)}.`,
      );
  }
  checkWaits(draft, limits.durationNs, issues);
}

/** What goes on after the end that the document gives. */
function checkWaits({ steps, stepPauseNs, traffic, apps }: Draft, longestNs: number, issues: IssueList): void {
  const most = (what: string, ns: number, at: Path) => {
    const hint = `Stay within ${longestNs / 1e9}s, which a run may last.`;
    if (ns > longestNs)
      issues.add('too-many', at, `${what} up to ${seconds(ns)}; the limit is ${seconds(longestNs)}.`, hint);
  };
  const sleeps = steps.flatMap(({ value, at }) => (value.do === 'sleep' ? [{ forNs: value.forNs, at }] : []));
  const tooLong = sleeps.filter(({ forNs }) => forNs > longestNs);
  for (const { forNs, at } of tooLong) most('The step sleeps', forNs, [...at, 'sleep']);
  const asleepNs = sleeps.reduce((sum, { forNs }) => sum + forNs, steps.length * stepPauseNs);
  if (tooLong.length === 0) most('Sleeps and pauses of all steps take', asleepNs, ['steps']);
  for (const { value, at } of traffic) most('All tries of a request take', triesNs(value), [...at, 'retries']);
  for (const { value, at } of apps) {
    const { concurrency, queue, serviceTimeNs } = value;
    if (concurrency !== null)
      most('With a full queue a request takes', (Math.ceil(queue / concurrency) + 1) * serviceTimeNs, at);
  }
}

/** The waits between the tries of a request, and what the client gives each of them. */
function triesNs({ retries, connectTimeoutNs, requestTimeoutNs }: Traffic): number {
  if (retries === null) return 0;
  let waitedNs = 0;
  for (let tries = 1; tries < retries.attempts; tries++) waitedNs += waitBeforeRetry(retries.backoffNs, tries);
  return waitedNs + retries.attempts * ((connectTimeoutNs ?? 0) + (requestTimeoutNs ?? 0));
}

export function checkSizes(draft: Draft, durationNs: number, limits: Limits, issues: IssueList): void {
  const most = (what: string, count: number, limit: number, at: Path) => {
    if (count > limit) issues.add('too-many', at, `${Math.round(count)} ${what}; the limit is ${limit}.`);
  };
  const slices = of('EndpointSlice', draft);
  const nodes = of('Node', draft).length;
  most('nodes', nodes, limits.nodes, ['objects']);
  most('services', of('Service', draft).length, limits.services, ['objects']);
  most('pods', of('Pod', draft).length + replicas(draft), limits.pods, ['objects']);
  most(
    'endpoints',
    slices.reduce((sum, { value }) => sum + value.endpoints.length, 0),
    limits.endpoints,
    ['objects'],
  );
  most(
    'client addresses',
    draft.clients.reduce((sum, { value }) => sum + value.count, 0),
    limits.clients,
    ['clients'],
  );
  most('steps', draft.steps.length, limits.steps, ['steps']);
  most('timeline entries', draft.timeline.length, limits.timeline, ['timeline']);
  most('expectations', draft.expect.length, limits.expectations, ['expect']);
  for (const { value, at } of draft.traffic) {
    const connections = (value.keepAlive?.connections ?? 0) * addressesOf(draft, value.from);
    most('kept connections', connections, MOST_CONNECTIONS, [...at, 'connections']);
  }
  most('requests', requestsOf(draft), limits.requests, ['traffic']);
  const tries = requestsOf(draft, ({ retries }) => retries?.attempts ?? 1);
  most('events', tries * EVENTS_PER_REQUEST + backgroundEvents(draft, nodes, durationNs), limits.events, ['duration']);
}

function replicas(draft: Draft): number {
  if (draft.cluster.admission !== 'apply') return 0;
  return draft.objects.reduce((sum, { value }) => {
    if (value.kind !== 'Deployment' && value.kind !== 'ReplicaSet' && value.kind !== 'StatefulSet') return sum;
    return sum + (value.spec?.replicas ?? 1);
  }, 0);
}

function addressesOf({ clients }: Draft, from: Traffic['from']): number {
  return 'client' in from ? (clients.find(({ value }) => value.name === from.client)?.value.count ?? 1) : 1;
}

function requestsOf(draft: Draft, times: (traffic: Traffic) => number = () => 1): number {
  return expectedRequests(
    draft.traffic.map(({ value }) => value),
    times,
  );
}

/** Of all traffic; `times`: each counts so often. */
export function expectedRequests(traffic: readonly Traffic[], times: (traffic: Traffic) => number = () => 1): number {
  return traffic.reduce((sum, one) => {
    const byRate = (Math.max(0, one.stopNs - one.startNs) / 1e9) * one.ratePerSecond;
    return sum + Math.min(byRate, one.count ?? Number.POSITIVE_INFINITY) * times(one);
  }, 0);
}

/** Health probes of the load balancers, and periodic rule syncs. */
function backgroundEvents(draft: Draft, nodes: number, durationNs: number): number {
  const balanced = of('Service', draft).filter(({ value }) => value.spec.type === 'LoadBalancer').length;
  const profiles = [draft.loadBalancers.default, ...Object.values(draft.loadBalancers.byService)];
  const intervalNs = Math.min(
    ...profiles.flatMap(({ clusterHealthCheck, localHealthCheck }) => [
      clusterHealthCheck.intervalNs,
      localHealthCheck.intervalNs,
    ]),
  );
  const probers = Math.max(...profiles.map((profile) => profile.zones.length || profile.probers));
  const syncs = Object.values(draft.cluster.nodes).map(({ kubeProxy }) => kubeProxy.iptables.syncPeriodNs);
  const syncPeriodNs = Math.min(30e9, ...syncs);
  const perNode = (balanced * probers * EVENTS_PER_PROBE) / intervalNs + 1 / syncPeriodNs;
  return nodes * durationNs * perNode + kubeletProbes(draft, nodes) * durationNs * EVENTS_PER_PROBE;
}

/** Each ns: those of kubelet whose answers are not known before. */
function kubeletProbes({ objects, apps, cluster }: Draft, nodes: number): number {
  let sum = 0;
  for (const { value } of objects) {
    const pod = podOf(value);
    if (pod === null) continue;
    const app = behaviourOfPod(pod, valuesOf(apps));
    for (const probe of Object.values(probesOf(pod.spec)))
      if (probe !== null && steadyAnswer(probe, app, cluster.timings.podWorkNs) === null)
        sum += podsOf(value, nodes) / probe.periodNs;
  }
  return sum;
}

/** The pod, or what a workload makes its pods of. */
function podOf(object: KubeObject): Pick<PodObject, 'metadata' | 'spec'> | null {
  if (object.kind === 'Pod') return object;
  if (!isWorkload(object)) return null;
  const { template } = object.spec ?? {};
  const { name, namespace = 'default' } = object.metadata;
  const metadata = { name, namespace, labels: template?.metadata?.labels ?? {} };
  return template?.spec === undefined ? { metadata } : { metadata, spec: template.spec };
}

function podsOf(object: KubeObject, nodes: number): number {
  if (object.kind === 'DaemonSet') return nodes;
  return isWorkload(object) ? (object.spec?.replicas ?? 1) : 1;
}

const WORKLOADS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'];
const isWorkload = (object: KubeObject): object is WorkloadObject => WORKLOADS.includes(object.kind);
const valuesOf = <T>(placed: readonly { value: T }[]): T[] => placed.map(({ value }) => value);
