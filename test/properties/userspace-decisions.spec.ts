/**
 * Who gets where in mode userspace, written down a second time as a decision model, and held against traces for every source,
 * destination and version. Nodes are 10.0.0.N, their pods 10.1.N.0/24 behind a bridge.
 */
import { describe, expect, it } from 'vitest';
import { traceScenario } from '../../libs/sim/src/questions.js';
import { pod, type SmallScenario, service, slice, smallScenario } from '../../libs/sim/src/testing/small-scenario.js';
import type { TraceFrom, TraceOutcome, TracePacket } from '../../libs/sim/src/trace-result.js';

const CLUSTER_IP = '10.96.0.9';
const EXTERNAL_IP = '192.0.2.50';
const VIP = '192.0.2.60';

/** By name: where from, and the node whose kube-proxy has the say unless the destination is another node's. */
const SOURCES: Record<string, { from: TraceFrom; node: number | null }> = {
  'pod of n1': { from: { kind: 'pod', pod: 'default/a' }, node: 1 },
  'pod of n2': { from: { kind: 'pod', pod: 'default/b' }, node: 2 },
  'process of n1': { from: { kind: 'node', node: 'n1', ip: null }, node: 1 },
  'loopback of n1': { from: { kind: 'node', node: 'n1', ip: '127.0.0.1' }, node: 1 },
  'client through n3': { from: { kind: 'packet', ip: '198.51.100.7', enters: 'n3', interface: 'eth0' }, node: 3 },
};

const DESTINATIONS: Record<string, readonly [ip: string, port: number]> = {
  clusterIP: [CLUSTER_IP, 80],
  externalIP: [EXTERNAL_IP, 80],
  loadBalancer: [VIP, 80],
  'node port of n1': ['10.0.0.1', 30080],
  'node port of n3': ['10.0.0.3', 30080],
  'node port on the loopback': ['127.0.0.1', 30080],
  'health check port of n1': ['10.0.0.1', 32000],
  'other port of the cluster IP': [CLUSTER_IP, 81],
};

interface Case {
  version: string;
  ready: readonly ('a' | 'b')[];
  policy: 'Cluster' | 'Local';
}

const NODE_OF = { a: 1, b: 2 };

function scenarioOf({ version, ready, policy }: Case): SmallScenario {
  const lb = service(
    'web',
    {
      type: 'LoadBalancer',
      clusterIP: CLUSTER_IP,
      externalIPs: [EXTERNAL_IP],
      externalTrafficPolicy: policy,
      internalTrafficPolicy: policy,
      loadBalancerSourceRanges: ['203.0.113.0/24'],
      ...(policy === 'Local' ? { healthCheckNodePort: 32000 } : {}),
      ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
    },
    { loadBalancer: { ingress: [{ ip: VIP }] } },
  );
  const addressOf = (name: 'a' | 'b') => `10.1.${NODE_OF[name]}.2`;
  const pods = (['a', 'b'] as const).map((name) => pod(name, addressOf(name)));
  return {
    version,
    kubeProxy: { mode: 'userspace', clusterCIDR: '10.1.0.0/16', nodePortAddresses: ['192.168.0.0/16'] },
    cluster: { admission: 'asStored' },
    objects: [...pods, lb, slice('web', ready.map(addressOf))],
  };
}

function seen({ verdict, endpoint, sourceIp, path }: TraceOutcome): string {
  if (verdict === 'delivered') return `${endpoint?.pod?.slice(-1)} sees ${sourceIp}`;
  return verdict === 'rejected' && path.at(-1)?.kind === 'proxy' ? 'closed' : verdict;
}

/** The model, from the description of the mode and not from its rules. */
function modelled(setting: Case, source: string, destination: string): string {
  const { node } = SOURCES[source]!;
  const isProcess = source.endsWith('of n1') && !source.startsWith('pod');
  const [ip] = DESTINATIONS[destination]!;
  // A loopback source does not leave its node, as this mode does not set route_localnet.
  if (source.startsWith('loopback') && ip !== '10.0.0.1' && ip !== '127.0.0.1') return 'dropped';
  if (destination.startsWith('health') || destination.startsWith('other')) return 'passthrough';
  // From the node itself and from ports of its bridge an external address is taken only where it is the node's own.
  if (destination === 'externalIP' && (isProcess || source.startsWith('pod'))) return 'passthrough';
  const other = /node port of n(\d)/.exec(destination)?.[1];
  const at = Number(other ?? node);
  if (setting.ready.length === 0) return 'closed';
  return setting.ready
    .map((name) => `${name} sees ${NODE_OF[name] === at ? `10.1.${at}.1` : `10.0.0.${at}`}`)
    .join(', ');
}

describe('mode userspace', () => {
  it.each(['1.21', '1.22', '1.23', '1.24', '1.25'])('of %s treats every packet as the model says', (version) => {
    const ends = new Map<string, number>();
    for (const ready of [['a', 'b'], ['b'], []] as const)
      for (const policy of ['Cluster', 'Local'] as const) {
        const setting: Case = { version, ready, policy };
        const scenario = smallScenario(scenarioOf(setting));
        for (const [source, { from }] of Object.entries(SOURCES))
          for (const [destination, [ip, port]] of Object.entries(DESTINATIONS)) {
            const packet: TracePacket = { from, to: { kind: 'address', ip, port }, protocol: 'TCP' };
            const got = [...new Set(traceScenario(scenario, packet, 0).outcomes.map(seen))].join(', ');
            expect({ ...setting, source, destination, got }).toEqual({
              ...setting,
              source,
              destination,
              got: modelled(setting, source, destination),
            });
            const kind = got.includes('sees') ? 'delivered' : got;
            ends.set(kind, (ends.get(kind) ?? 0) + 1);
          }
      }
    expect([...ends.values()].reduce((sum, count) => sum + count, 0)).toBe(6 * 5 * 8);
    expect([...ends.keys()].sort()).toEqual(['closed', 'delivered', 'dropped', 'passthrough']);
  });
});
