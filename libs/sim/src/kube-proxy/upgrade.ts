/**
 * Another version, or another configuration, for a node in the middle of a run.
 *
 * Models: kube-proxy starts anew; its rules stand in the kernel until the new process has done its first sync. Between nftables
 *   and the other modes the new process takes the old rules away as it starts, so that for a while there are none.
 * Source: cmd/kube-proxy/app/server_linux.go (platformCleanup).
 * Simplified: between iptables and ipvs, too, the first sync leaves nothing of the other mode. Really chains that no rule leads
 *   to stay, and of ipvs the virtual servers and the addresses of kube-ipvs0, until somebody runs `kube-proxy --cleanup`.
 * Who could tell: someone who goes back from ipvs to iptables and deletes a Service afterwards.
 */
import type { Upgrade } from '../cluster/faults.js';
import type { KubeProxyChange, KubeProxyConfig, NodeSettings } from '../scenario.js';

export function withUpgrade(settings: NodeSettings, change: Upgrade): NodeSettings {
  if ('version' in change) return { ...settings, version: change.version };
  return { ...settings, kubeProxy: withChange(settings.kubeProxy, change.kubeProxy) };
}

/** Maps are merged, everything else is replaced. */
export function withChange(config: KubeProxyConfig, change: KubeProxyChange): KubeProxyConfig {
  const merged = Object.entries(change).map(([field, value]) => {
    const before = config[field as keyof KubeProxyConfig];
    return [field, isMap(value) && isMap(before) ? { ...before, ...value } : value];
  });
  return { ...config, ...Object.fromEntries(merged) };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
