/** The modes that there are. */
import { invariant } from '../../kernel/invariant.js';
import type { ProxyMode as ModeName } from '../../scenario.js';
import { iptablesMode } from './iptables.js';
import { ipvsMode } from './ipvs.js';
import type { ProxyMode } from './mode.js';
import { nftablesMode } from './nftables.js';

/** A node keeps one mode for good, so that its programs only ever meet their own kind. */
const MODES: Partial<Record<ModeName, ProxyMode>> = {
  iptables: iptablesMode as unknown as ProxyMode,
  nftables: nftablesMode as unknown as ProxyMode,
  ipvs: ipvsMode as unknown as ProxyMode,
};

export function modeOf(name: ModeName): ProxyMode {
  const mode = MODES[name];
  invariant(mode !== undefined, `mode ${name} of kube-proxy is there`);
  return mode;
}
