/**
 * What kube-proxy takes for traffic of a local pod.
 *
 * Models: detectLocalMode: a source range, or the interface that a packet comes in by.
 * Source: pkg/proxy/util/localdetector.go, cmd/kube-proxy/app/server_linux.go.
 * Simplified: mode NodeCIDR without a podCIDR means no detector; kube-proxy would wait for one, then give up.
 * Who could tell: someone who starts kube-proxy before the node has its podCIDR.
 */
import { parseCidrLenient } from '../netfilter/address.js';
import type { Match } from '../netfilter/rules.js';
import type { IpFamily } from '../objects.js';
import type { KubeProxyConfig } from '../scenario.js';

export type LocalDetector =
  | { readonly kind: 'cidr'; readonly cidr: string }
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'interfacePrefix'; readonly prefix: string };

/** Null: nothing tells local traffic from other traffic in that family. */
export function localDetectorOf(
  config: Pick<KubeProxyConfig, 'clusterCIDR' | 'detectLocalMode' | 'detectLocal'>,
  podCIDRs: readonly string[],
  ipFamily: IpFamily,
): LocalDetector | null {
  const { bridgeInterface, interfaceNamePrefix } = config.detectLocal;
  switch (config.detectLocalMode) {
    case 'ClusterCIDR':
      return cidrDetector(config.clusterCIDR.split(','), ipFamily);
    case 'NodeCIDR':
      return cidrDetector(podCIDRs, ipFamily);
    case 'BridgeInterface':
      return bridgeInterface === '' ? null : { kind: 'interface', name: bridgeInterface };
    case 'InterfaceNamePrefix':
      return interfaceNamePrefix === '' ? null : { kind: 'interfacePrefix', prefix: interfaceNamePrefix };
  }
}

/** The first range of the family counts. */
function cidrDetector(cidrs: readonly string[], ipFamily: IpFamily): LocalDetector | null {
  for (const text of cidrs) {
    const cidr = parseCidrLenient(text.trim());
    if (cidr?.family === ipFamily) return { kind: 'cidr', cidr: cidr.text };
  }
  return null;
}

export function matchLocal(detector: LocalDetector, negate: boolean): Match {
  const negation = negate ? { negate } : {};
  switch (detector.kind) {
    case 'cidr':
      return { kind: 'source', cidr: detector.cidr, ...negation };
    case 'interface':
      return { kind: 'inInterface', name: detector.name, ...negation };
    case 'interfacePrefix':
      return { kind: 'inInterface', name: `${detector.prefix}+`, ...negation };
  }
}
