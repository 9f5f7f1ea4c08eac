/**
 * What the kernel of each node does by its version, and by the sysctls that kube-proxy has set on it.
 *
 * Models: kube-proxy sets them as it starts, so that an upgrade counts from its new process on; nf_conntrack_tcp_be_liberal stays until the
 *   machine starts anew, whatever a later kube-proxy is told.
 * Source: cmd/kube-proxy/app/server_linux.go (setupConntrack sets it to 1 or leaves it alone), pkg/proxy/ipvs/proxier.go (conn_reuse_mode).
 */
import { behaviourOf } from '../kube-proxy/versions.js';
import type { NodeSettings } from '../scenario.js';
import type { ConntrackLimits } from '../traffic/node-conntrack.js';
import { type PortReuse, portReuse } from '../traffic/reused-ports.js';
import { LINUX_PORTS, mayRunOut, SourcePorts } from '../traffic/source-ports.js';
import { settingsOf } from '../world.js';
import type { RunParts } from './parts.js';

export class Kernels {
  private readonly liberal = new Set<number>();
  private readonly reuses = new Map<number, PortReuse>();

  constructor(private readonly run: Pick<RunParts, 'scenario' | 'cluster'>) {}

  onProxyStart(node: number): void {
    const { kubeProxy, kernel, version } = this.settings(node);
    if (kubeProxy.conntrack.tcpBeLiberal && behaviourOf(version).heedsTcpBeLiberal) this.liberal.add(node);
    const { connReuseMode = null } = this.run.scenario.cluster.conntrack;
    const reuse = portReuse((major, minor) => isOlderKernel(kernel, major, minor), connReuseMode);
    this.reuses.set(node, kubeProxy.mode === 'ipvs' ? reuse : 'anew');
  }

  onPowerLost(node: number): void {
    this.liberal.delete(node);
    this.reuses.delete(node);
  }

  /** What IPVS does with a connection from a port that it remembers; other modes have no IPVS. */
  portReuse(node: number): PortReuse {
    return this.reuses.get(node) ?? 'anew';
  }

  /** nf_conntrack_tcp_be_liberal is set. */
  isLiberal(node: number): boolean {
    return this.liberal.has(node);
  }

  /** Nothing is counted where nothing could run out. */
  conntrackLimits(): ConntrackLimits | null {
    const { scenario } = this.run;
    const { insertRace, sourcePorts: given } = scenario.cluster.conntrack;
    const range = given ?? LINUX_PORTS;
    const ports = range.to - range.from + 1;
    const isCounted = mayRunOut(scenario.traffic, ports);
    if (!isCounted && insertRace === 0) return null;
    const evicts = (node: number): boolean => !isOlderKernel(this.settings(node).kernel, 6, 5);
    return { sourcePorts: isCounted ? new SourcePorts(scenario.seed, ports, evicts) : null, insertRace };
  }

  /** As an upgrade of the run has left them. */
  private settings(node: number): NodeSettings {
    const { changedSettings, locations } = this.run.cluster;
    const name = locations.nodes[node]?.name ?? '';
    return changedSettings.get(name) ?? settingsOf(this.run.scenario, name);
  }
}

/** `kernel`: `major.minor`. */
function isOlderKernel(kernel: string, major: number, minor: number): boolean {
  const [ofMajor = 0, ofMinor = 0] = kernel.split('.').map(Number);
  return ofMajor < major || (ofMajor === major && ofMinor < minor);
}
