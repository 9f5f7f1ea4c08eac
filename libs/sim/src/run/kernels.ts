/** What the kernel of each node does by its version and its sysctls. */

import { behaviourOf } from '../kube-proxy/versions.js';
import type { NodeSettings } from '../scenario.js';
import type { ConntrackLimits } from '../traffic/node-conntrack.js';
import { LINUX_PORTS, mayRunOut, SourcePorts } from '../traffic/source-ports.js';
import { settingsOf } from '../world.js';
import type { RunParts } from './parts.js';

export class Kernels {
  constructor(private readonly run: Pick<RunParts, 'scenario' | 'cluster'>) {}

  /** IPVS sends a new connection where the one before went that came from its port. */
  reusesEntries(node: number): boolean {
    const { kubeProxy, kernel } = this.settings(node);
    return kubeProxy.mode === 'ipvs' && isOlderKernel(kernel, 5, 9);
  }

  /** nf_conntrack_tcp_be_liberal is set. */
  isLiberal(node: number): boolean {
    const { kubeProxy, version } = this.settings(node);
    return kubeProxy.conntrack.tcpBeLiberal && behaviourOf(version).heedsTcpBeLiberal;
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

  private settings(node: number): NodeSettings {
    return settingsOf(this.run.scenario, this.run.cluster.locations.nodes[node]?.name ?? '');
  }
}

/** `kernel`: `major.minor`. */
function isOlderKernel(kernel: string, major: number, minor: number): boolean {
  const [ofMajor = 0, ofMinor = 0] = kernel.split('.').map(Number);
  return ofMajor < major || (ofMajor === major && ofMinor < minor);
}
