/** What the kernel of each node does by its version and its sysctls. */

import { behaviourOf } from '../kube-proxy/versions.js';
import type { NodeSettings } from '../scenario.js';
import type { ConntrackLimits } from '../traffic/node-conntrack.js';
import { SourcePorts } from '../traffic/source-ports.js';
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

  /** Nothing is counted where nothing is said. */
  conntrackLimits(): ConntrackLimits | null {
    const { scenario } = this.run;
    const { sourcePorts: range, insertRace } = scenario.cluster.conntrack;
    if (range === null && insertRace === 0) return null;
    const evicts = (node: number): boolean => !isOlderKernel(this.settings(node).kernel, 6, 5);
    const sourcePorts = range === null ? null : new SourcePorts(scenario.seed, range.to - range.from + 1, evicts);
    return { sourcePorts, insertRace };
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
