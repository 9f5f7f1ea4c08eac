/** KubeProxyConfiguration → the fields that decide an outcome, with upstream's defaults. Source: pkg/proxy/apis/config/v1alpha1/defaults.go. */
import {
  behaviourOf,
  checkFeatureGates,
  FEATURE_GATES,
  type KubeProxyChange,
  type KubeProxyConfig,
  modeProblem,
  nearestName,
  parseDuration,
  parseIp,
} from '#sim';
import { type IssueList, shown } from '../issues.js';
import { refuseFeatureGate } from '../not-modelled.js';
import type { Path } from '../pointer.js';
import type { KubeProxyInput } from '../schema/kube-proxy.js';
import { readCidr } from '../schema/scalars.js';
import { minorNumber } from './version.js';

const SECOND_NS = 1e9;
/** Source: pkg/proxy/apis/config/v1alpha1/defaults.go, to 1.25. */
const DEFAULT_UDP_IDLE_TIMEOUT_NS = 250e6;

type UserspaceSettings = NonNullable<KubeProxyConfig['userspace']>;

/** Defaults; a period of 0s and empty texts stand for them, as upstream. */
export function kubeProxyConfig(input: KubeProxyInput): KubeProxyConfig {
  const { iptables, nftables, ipvs, detectLocal, conntrack } = input;
  return {
    mode: input.mode || 'iptables',
    clusterCIDR: input.clusterCIDR ?? '',
    detectLocalMode: input.detectLocalMode || 'ClusterCIDR',
    detectLocal: {
      bridgeInterface: detectLocal?.bridgeInterface ?? '',
      interfaceNamePrefix: detectLocal?.interfaceNamePrefix ?? '',
    },
    nodePortAddresses: input.nodePortAddresses ?? [],
    iptables: {
      masqueradeAll: iptables?.masqueradeAll ?? false,
      masqueradeBit: iptables?.masqueradeBit ?? 14,
      localhostNodePorts: iptables?.localhostNodePorts ?? true,
      minSyncPeriodNs: iptables?.minSyncPeriod || SECOND_NS,
      syncPeriodNs: iptables?.syncPeriod || 30 * SECOND_NS,
    },
    nftables: {
      masqueradeAll: nftables?.masqueradeAll ?? false,
      masqueradeBit: nftables?.masqueradeBit ?? 14,
      minSyncPeriodNs: nftables?.minSyncPeriod || SECOND_NS,
      syncPeriodNs: nftables?.syncPeriod || 30 * SECOND_NS,
    },
    ipvs: {
      scheduler: ipvs?.scheduler || 'rr',
      strictARP: ipvs?.strictARP ?? false,
      excludeCIDRs: ipvs?.excludeCIDRs ?? [],
      minSyncPeriodNs: ipvs?.minSyncPeriod ?? 0,
      syncPeriodNs: ipvs?.syncPeriod || 30 * SECOND_NS,
    },
    ...(input.mode === 'userspace' ? { userspace: userspaceSettings(input) } : {}),
    conntrack: { tcpBeLiberal: conntrack?.tcpBeLiberal ?? false },
    featureGates: input.featureGates ?? {},
  };
}

/** What only mode userspace reads; in the other modes these fields decide nothing. */
function userspaceSettings({ bindAddress, portRange, udpIdleTimeout }: KubeProxyInput): UserspaceSettings {
  const timeoutNs = typeof udpIdleTimeout === 'string' ? parseDuration(udpIdleTimeout) : null;
  return {
    bindAddress: boundTo(bindAddress),
    portRange: typeof portRange === 'string' ? readPortRange(portRange) : null,
    udpIdleTimeoutNs: timeoutNs || DEFAULT_UDP_IDLE_TIMEOUT_NS,
  };
}

/** Null: to all addresses. */
function boundTo(address: unknown): string | null {
  const ip = typeof address === 'string' ? parseIp(address) : null;
  return ip === null || ip.value === 0n ? null : ip.text;
}

/** `FIRST-LAST`, `FIRST+MORE` or one port; nothing, 0 and 0-0 leave it to the kernel. Null: that, or none of these. */
function readPortRange(text: string): UserspaceSettings['portRange'] {
  const [, from, sign, to] = /^(\d{1,5})(?:([-+])(\d{1,5}))?$/.exec(text.trim()) ?? [];
  if (from === undefined) return null;
  const first = Number(from);
  const last = to === undefined ? first : sign === '+' ? Math.min(65_535, first + Number(to)) : Number(to);
  return first === 0 || last < first || last > 65_535 ? null : { first, last };
}

/** kube-proxy would not start, or not as it is told to. */
function checkUserspace({ bindAddress, portRange, udpIdleTimeout }: KubeProxyInput, at: Path, issues: IssueList): void {
  if (bindAddress !== undefined && bindAddress !== '') {
    const ip = typeof bindAddress === 'string' ? parseIp(bindAddress) : null;
    if (ip === null)
      issues.add('bad-address', [...at, 'bindAddress'], `${shown(String(bindAddress))} is no IP address.`);
    else if (ip.text === '127.0.0.1' || ip.text === '::1') {
      const message = 'kube-proxy of mode userspace does not start with a loopback address: no pod could reach it.';
      issues.add('bad-value', [...at, 'bindAddress'], message, 'Leave it out, or give an address of the node.');
    }
  }
  const isAny = portRange === undefined || ['', '0', '0-0'].includes(String(portRange));
  if (!isAny && (typeof portRange !== 'string' || readPortRange(portRange) === null)) {
    const message = `${shown(String(portRange))} is no range of ports.`;
    issues.add('bad-value', [...at, 'portRange'], message, 'Write it like "40000-40999".');
  }
  if (udpIdleTimeout !== undefined) checkIdleTimeout(udpIdleTimeout, [...at, 'udpIdleTimeout'], issues);
}

function checkIdleTimeout(timeout: unknown, at: Path, issues: IssueList): void {
  const timeoutNs = typeof timeout === 'string' ? parseDuration(timeout) : null;
  if (timeoutNs === null) issues.add('bad-duration', at, `${shown(String(timeout))} is no duration.`);
  else if (timeoutNs < 0)
    issues.add(
      'bad-value',
      at,
      'kube-proxy does not start with an idle timeout below zero.',
      'Leave it out for 250ms.',
    );
}

/** Only what is given, in the normalised form. */
export function kubeProxyChange(input: KubeProxyInput): KubeProxyChange {
  const all = kubeProxyConfig(input) as unknown as Record<string, unknown>;
  return part(input, all) as KubeProxyChange;
}

/** Fields of `all` that `given` names; a duration's name ends with its unit there. */
function part(given: Record<string, unknown>, all: Record<string, unknown>): Record<string, unknown> {
  const fields = Object.entries(given).flatMap(([name, value]): [string, unknown][] => {
    const field = [name, `${name}Ns`].find((known) => Object.hasOwn(all, known));
    if (field === undefined || value === undefined) return [];
    const normal = all[field];
    return [[field, isMap(value) && isMap(normal) && name !== 'featureGates' ? part(value, normal) : normal]];
  });
  return Object.fromEntries(fields);
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Problems of one configuration on a version. `at` is where it stands. */
export function checkKubeProxy(input: KubeProxyInput, version: string, at: Path, issues: IssueList): void {
  if (input.mode) checkMode(input.mode, input.featureGates ?? {}, version, [...at, 'mode'], issues);
  checkClusterCidr(input.clusterCIDR ?? '', [...at, 'clusterCIDR'], issues);
  checkNodePortAddresses(input.nodePortAddresses ?? [], version, [...at, 'nodePortAddresses'], issues);
  checkDetector(input, version, at, issues);
  checkGates(input.featureGates ?? {}, version, [...at, 'featureGates'], issues);
  if (input.mode === 'userspace') checkUserspace(input, at, issues);
  if (input.mode === 'ipvs') checkScheduler(input.ipvs?.scheduler, [...at, 'ipvs', 'scheduler'], issues);
  for (const [field, port] of [
    ['healthzBindAddress', '10256'],
    ['metricsBindAddress', '10249'],
  ] as const) {
    const address = input[field];
    if (typeof address !== 'string' || address === '' || !address.includes(':') || address.endsWith(`:${port}`))
      continue;
    issues.add('ignored-setting', [...at, field], `${field} has no effect: the port is ${port} here.`);
  }
}

/** Those of Linux 6.12. Source: net/netfilter/ipvs/Kconfig. */
const SCHEDULERS = 'rr wrr lc wlc fo ovf lblc lblcr dh sh mh sed nq twos'.split(' ');

function checkScheduler(scheduler: string | undefined, at: Path, issues: IssueList): void {
  if (!scheduler || SCHEDULERS.includes(scheduler)) return;
  issues.add('unknown-scheduler', at, `${shown(scheduler)} is none of ${SCHEDULERS.join(', ')}.`);
}

function checkMode(
  mode: NonNullable<KubeProxyConfig['mode']>,
  gates: Record<string, boolean>,
  version: string,
  at: Path,
  issues: IssueList,
): void {
  const problem = modeProblem(mode, version, gates);
  if (problem !== null) issues.add('version-lacks-feature', at, problem.message, problem.hint);
}

function checkClusterCidr(text: string, at: Path, issues: IssueList): void {
  if (text === '') return;
  for (const part of text.split(',')) {
    const cidr = readCidr(part);
    if (cidr === null) issues.add('bad-cidr', at, `${shown(part)} is not a CIDR.`);
    else if (cidr.hasHostBits) issues.add('cidr-host-bits', at, `${part} is the network ${cidr.text}.`);
  }
}

function checkNodePortAddresses(list: string[], version: string, at: Path, issues: IssueList): void {
  for (const [index, text] of list.entries()) {
    if (text === 'primary') {
      if (!behaviourOf(version).primaryNodePortAddress) {
        issues.add(
          'version-lacks-feature',
          [...at, index],
          `nodePortAddresses knows "primary" since 1.31, not in ${version}.`,
        );
      }
    } else {
      const cidr = readCidr(text);
      if (cidr === null) issues.add('bad-cidr', [...at, index], `${shown(text)} is not a CIDR.`);
      else if (cidr.hasHostBits) issues.add('cidr-host-bits', [...at, index], `${text} is the network ${cidr.text}.`);
    }
  }
}

function checkDetector(
  { detectLocalMode, detectLocal, mode }: KubeProxyInput,
  version: string,
  at: Path,
  issues: IssueList,
): void {
  if (detectLocalMode !== 'BridgeInterface' && detectLocalMode !== 'InterfaceNamePrefix') return;
  if (minorNumber(version) < 24) {
    issues.add(
      'version-lacks-feature',
      [...at, 'detectLocalMode'],
      `detectLocalMode ${detectLocalMode} is there since 1.24, not in ${version}.`,
    );
  } else if (mode === 'nftables' && detectLocalMode === 'InterfaceNamePrefix' && minorNumber(version) < 33) {
    issues.add(
      'version-lacks-feature',
      [...at, 'detectLocalMode'],
      `kube-proxy ${version} looks for an interface named "${detectLocal?.interfaceNamePrefix ?? ''}*", and writes no rules.`,
      'Take mode iptables, another detectLocalMode, or 1.33 and later (kubernetes/kubernetes pull request 134024).',
    );
  }
  const argument = detectLocalMode === 'BridgeInterface' ? 'bridgeInterface' : 'interfaceNamePrefix';
  if (detectLocal?.[argument]) return;
  issues.add(
    'detector-without-argument',
    [...at, 'detectLocalMode'],
    `detectLocalMode ${detectLocalMode} needs detectLocal.${argument}.`,
  );
}

/** Of kube-proxy, or of the control plane. */
export function checkGates(gates: Record<string, boolean>, version: string, at: Path, issues: IssueList): void {
  for (const { gate, kind } of checkFeatureGates(version, gates)) {
    const place = [...at, gate];
    switch (kind) {
      case 'unknown': {
        const nearest = nearestName(gate, FEATURE_GATES);
        const hint = nearest === null ? undefined : `Rename it to "${nearest}".`;
        issues.add('unknown-feature-gate', place, `The gate ${shown(gate)} changes nothing here.`, hint);
        break;
      }
      case 'absent':
        issues.add(
          'unknown-feature-gate',
          place,
          `Kubernetes ${version} does not have the gate ${gate}; it changes nothing.`,
        );
        break;
      case 'locked':
        issues.add(
          'ignored-setting',
          place,
          `The gate ${gate} is locked in Kubernetes ${version}: a real component would not start with it. The model takes it.`,
        );
        break;
      case 'notModelled':
        refuseFeatureGate(gate, place, issues);
    }
  }
}
