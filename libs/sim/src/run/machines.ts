/** What befalls nodes, their kube-proxies and the links between them: the hands of `cluster/faults.ts`. */
import type { Change } from '../cluster/api-server.js';
import type { Blame } from '../cluster/blame.js';
import type { FaultWorld, Upgrade } from '../cluster/faults.js';
import type { NodePlace } from '../cluster/locations.js';
import type { NodeLife } from '../cluster/node-life.js';
import { TO_BE_DELETED, withTaint } from '../cluster/taints.js';
import { withUpgrade } from '../kube-proxy/upgrade.js';
import type { NodeObject } from '../objects.js';
import type { LinkAction, Nanos } from '../scenario.js';
import type { Links, Place } from '../traffic/links.js';
import { settingsOf } from '../world.js';
import type { KubeProxies } from './kube-proxies.js';
import type { RunParts } from './parts.js';

export interface MachineWorld {
  readonly links: Links;
  readonly life: NodeLife;
  /** What was under way by that node, or known there, is lost. */
  onPowerLost(node: number): void;
  onPowerBack(node: number): void;
  /** Load balancers' health checks meet a machine, or none. */
  onMachine(name: string, isOn: boolean): void;
}

export class Machines implements FaultWorld {
  constructor(
    private readonly run: RunParts,
    private readonly proxies: KubeProxies,
    private readonly world: MachineWorld,
  ) {}

  get blame(): Blame {
    return this.run.clock.blame;
  }

  schedule(delayNs: Nanos, act: (nowNs: Nanos) => void): void {
    this.run.cluster.agenda.after(delayNs, act);
  }

  /** A node's machine goes with its object, and comes with it. */
  onNodeChange({ type, key }: Change): void {
    const index = this.run.cluster.locations.nodes.findIndex(({ name }) => name === key);
    if (type === 'deleted') this.onPower(index, false);
    else if (type === 'added') {
      this.world.life.joins(key);
      this.onPower(index, true, true);
    }
  }

  /** A machine goes off, with all that it knew, or starts: kube-proxy with it. */
  onPower(node: number, isOn: boolean, joins = false): void {
    const name = this.befall(node);
    this.proxies.remove(node);
    if (isOn) {
      this.proxies.launch(node, null, joins ? 0 : this.run.scenario.cluster.timings.proxyRestartNs);
      this.world.onPowerBack(node);
    } else this.world.onPowerLost(node);
    this.world.onMachine(name, isOn);
  }

  freezeProxy(node: number, forNs: Nanos): void {
    this.befall(node);
    this.proxies.freeze(node, forNs);
  }

  restartProxy(node: number): void {
    const { cluster, scenario } = this.run;
    this.proxies.launch(node, cluster.proxies[node] ?? null, scenario.cluster.timings.proxyRestartNs);
  }

  onReach(node: number, isInReach: boolean): void {
    this.proxies.onReach(node, isInReach);
  }

  /** Its settings change, and with them the process. */
  upgrade(node: number, change: Upgrade): void {
    const { changedSettings, locations, api } = this.run.cluster;
    const { name } = locations.nodes[node] as NodePlace;
    const settings = changedSettings.get(name) ?? settingsOf(this.run.scenario, name);
    changedSettings.set(name, withUpgrade(settings, change));
    const object = api.get<NodeObject>('Node', name);
    if ('version' in change && object !== undefined) {
      const nodeInfo = { ...object.status?.nodeInfo, kubeletVersion: `v${change.version}.0` };
      api.replace({ ...object, status: { ...object.status, nodeInfo } });
    }
    this.restartProxy(node);
  }

  /** What the cluster autoscaler does before it has a machine taken away. */
  taint(name: string): void {
    const { api } = this.run.cluster;
    const node = api.get<NodeObject>('Node', name) as NodeObject;
    const taints = withTaint(node.spec?.taints ?? [], { key: TO_BE_DELETED, effect: 'NoSchedule' });
    api.replace({ ...node, spec: { ...node.spec, taints } });
  }

  link(action: LinkAction): (() => void) | string {
    const { links } = this.world;
    const { locations } = this.run.cluster;
    const places: Place[] = [];
    for (const name of action.between) {
      const place = links.placeNamed(name) ?? locations.nodeIndex(name);
      if (place === -1 && name !== 'loadBalancer') return `there is no node ${name} now`;
      if (place >= 0) this.befall(place);
      places.push(place);
    }
    const [a, b] = places as [Place, Place];
    const change =
      action.do === 'cut'
        ? { isCut: true as const }
        : action.do === 'slow'
          ? { delayNs: action.byNs }
          : { share: action.share };
    const { nowNs, blame } = this.run.clock;
    const untilNs = action.forNs === null ? Infinity : nowNs + action.forNs;
    return links.begin(a, b, { ...change, untilNs }, blame.current);
  }

  /** What happens now happens to that node; its name. */
  private befall(node: number): string {
    const { clock, cluster, ledger } = this.run;
    const { name } = cluster.locations.nodes[node] as NodePlace;
    ledger.befellNode(name, clock.blame.current);
    return name;
  }
}
