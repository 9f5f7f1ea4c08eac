/** The modes that there are. */
import type { ProxyMode as ModeName } from '../../scenario.js';
import { iptablesMode } from './iptables.js';
import { ipvsMode } from './ipvs.js';
import type { ProxyMode } from './mode.js';
import { nftablesMode } from './nftables.js';
import { userspaceMode } from './userspace.js';

/** A node keeps one mode for good, so that its programs only ever meet their own kind. */
const MODES: Record<ModeName, ProxyMode> = {
  iptables: iptablesMode as unknown as ProxyMode,
  nftables: nftablesMode as unknown as ProxyMode,
  ipvs: ipvsMode as unknown as ProxyMode,
  userspace: userspaceMode as unknown as ProxyMode,
};

export function modeOf(name: ModeName): ProxyMode {
  return MODES[name];
}
