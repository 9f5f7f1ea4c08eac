/**
 * Which modes a version has, and which part of kube-proxy's configuration each mode reads.
 *
 * Models: KubeProxyConfiguration's sections by mode; modes that came, went, or hang on a feature gate.
 * Source: cmd/kube-proxy/app/server_linux.go (createProxier, newProxyServer); pull requests 112133 (userspace removed in
 *   1.26), 121046 (nftables, 1.29), 139397 (gate KubeProxyIPVS, 1.37).
 * Simplified: a version that lacks the mode is a problem to tell; kube-proxy would end, or fall back before 1.26.
 * Who could tell: someone who starts an old kube-proxy in mode ipvs on a node without the kernel modules.
 */
import type { KubeProxyConfig, Nanos, ProxyMode } from '../scenario.js';
import { featureGatesOf } from './feature-gates.js';
import { minorOf } from './minor-version.js';

export interface ModeSettings {
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  readonly minSyncPeriodNs: Nanos;
  readonly syncPeriodNs: Nanos;
}

/** Mode ipvs takes what concerns masquerading from the section of iptables, userspace everything. */
export function modeSettings({ mode, iptables, ipvs, nftables }: KubeProxyConfig): ModeSettings {
  if (mode === 'nftables') return nftables;
  return mode === 'ipvs' ? { ...iptables, ...ipvs } : iptables;
}

/** Why a version's kube-proxy would not start in this mode, with what to do; null: it would. */
export function modeProblem(
  mode: ProxyMode,
  version: string,
  overrides: Readonly<Record<string, boolean>>,
): { message: string; hint: string } | null {
  const minor = minorOf(version);
  const gates = featureGatesOf(version, overrides);
  if (mode === 'userspace' && minor >= 26) {
    return {
      message: `Mode userspace was removed in 1.26; this is ${version}.`,
      hint: 'Take iptables, or a version up to 1.25.',
    };
  }
  if (mode === 'nftables' && minor < 29) {
    return {
      message: `Mode nftables is there since 1.29, not in ${version}.`,
      hint: 'Take iptables, or 1.29 and later.',
    };
  }
  if (mode === 'nftables' && !gates.NFTablesProxyMode) {
    return {
      message: `Mode nftables needs the gate NFTablesProxyMode, which is off in ${version}.`,
      hint: 'Set featureGates: {NFTablesProxyMode: true}, or take 1.31 and later, where it is on.',
    };
  }
  if (mode === 'ipvs' && minor >= 37 && !gates.KubeProxyIPVS) {
    return {
      message: 'Mode ipvs needs the gate KubeProxyIPVS, which is switched off.',
      hint: 'Leave the gate on, or take iptables or nftables.',
    };
  }
  return null;
}
