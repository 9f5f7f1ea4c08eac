/** A cluster without a run around it: writes are told at once, and pod tasks come due when the test says so. */
import type { Change } from '../cluster/api-server.js';
import { servicesOf } from '../cluster/endpoint-slices.js';
import { AddressBook } from '../netfilter/address-book.js';
import type { PodObject } from '../objects.js';
import type { KubectlCommand, Nanos } from '../scenario.js';
import { buildCluster, type ClusterState } from '../world.js';
import { type SmallScenario, smallScenario } from './small-scenario.js';

export interface LoneCluster extends ClusterState {
  changes: Change[];
  /** Names of the pods that are there, in the order of their creation, with their node. */
  pods: ClusterState['pods'];
  kubectlAt(nowNs: Nanos, command: KubectlCommand): string;
  /** Everything that pods do up to and including that time has happened. */
  until(nowNs: Nanos): void;
  podNames(): string[];
  nowNs(): Nanos;
}

export function loneCluster(scenario: SmallScenario = {}): LoneCluster {
  const changes: Change[] = [];
  const due: { atNs: Nanos; act: () => void }[] = [];
  let now = 0;
  const onChange = (change: Change): void => {
    changes.push(change);
    if (change.kind === 'Node') for (const key of state.slices.hints.overloadedBy(change)) state.slices.reconcile(key);
    state.workloads.onChange(change);
    if (change.kind !== 'Pod') return;
    for (const pod of [change.object, change.previous])
      if (pod !== null) for (const key of servicesOf(state.api, pod as PodObject)) state.slices.reconcile(key);
  };
  const state: ClusterState = buildCluster(
    smallScenario(scenario),
    new AddressBook(),
    onChange,
    (delayNs, task) => due.push({ atNs: now + delayNs, act: () => state.pods.onTask(task, now) }),
    (delayNs, slot) => due.push({ atNs: now + delayNs, act: () => state.agenda.onTask(slot, now) }),
    () => now,
  );
  return {
    ...state,
    changes,
    until(nowNs) {
      for (;;) {
        due.sort((a, b) => a.atNs - b.atNs);
        if (due[0] === undefined || due[0].atNs > nowNs) break;
        const { atNs, act } = due.shift() as (typeof due)[number];
        now = atNs;
        act();
      }
      now = nowNs;
    },
    kubectlAt(nowNs, command) {
      this.until(nowNs);
      const output = state.kubectl.run(command, nowNs);
      if (output.kind === 'text') return output.text;
      if (output.kind !== 'objects') throw new Error(output.kind);
      return output.objects.map(({ metadata }) => metadata.name).join(' ');
    },
    nowNs: () => now,
    podNames: () => state.api.list<PodObject>('Pod').map(({ metadata }) => metadata.name),
  };
}
