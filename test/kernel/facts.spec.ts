/**
 * What the kernel does beside the rules, as `docs/model.md` tells it: these are the model's limits and assumptions, each
 * shown on the smallest cluster that shows it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { compileAgent } from './agent.js';
import { type ClusterCase, client, node, pod, readFlow, service } from './cluster-case.js';
import { shapeOf } from './cluster-shape.js';
import { CLUSTER_CIDR, gate1, laptop, nodes, shell1, shell3, web1, web2 } from './clusters/machines.js';
import { Network } from './network.js';
import { endOf } from './observe.js';
import { predict } from './predict.js';
import { missingPrerequisites } from './prerequisites.js';

const CLUSTER: ClusterCase = {
  name: 'facts',
  version: '1.33',
  cni: 'bridge',
  kubeProxy: { clusterCIDR: CLUSTER_CIDR },
  nodes,
  clients: [laptop],
  pods: [web1, web2, gate1, shell1, shell3, pod('dns-1', 'n1', '10.1.1.53', 'udp 53')],
  services: [
    service(
      'near',
      { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] },
      ['web-1'],
    ),
    service('both', { clusterIP: '10.96.0.20', ports: [{ port: 80, targetPort: 8080 }] }, ['web-1', 'web-2']),
    service('gate', { clusterIP: '10.96.0.30', ports: [{ port: 80, targetPort: 9000 }] }, ['gate-1']),
    service(
      'empty',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.40',
        ports: [{ port: 80, nodePort: 30081 }],
        loadBalancerIPs: ['198.18.0.40'],
      },
      [],
    ),
    service(
      'dns',
      { clusterIP: '10.96.0.53', internalTrafficPolicy: 'Local', ports: [{ port: 53, protocol: 'UDP' }] },
      ['dns-1'],
    ),
    service('deaf', { clusterIP: '10.96.0.54', ports: [{ port: 53, protocol: 'UDP' }] }, []),
  ],
  flows: [],
};

/** The kernel's own, which the other tests do without. */
const DEFAULT_ICMP_LIMITS = ['net.ipv4.icmp_ratelimit=1000', 'net.ipv4.icmp_ratemask=6168'];

describe.runIf(missingPrerequisites().length === 0)('the kernel, beside the rules', () => {
  let agent: string;
  beforeAll(() => {
    agent = compileAgent();
  });

  /** The ends of so many connections, one after the other, in order. */
  async function ends(network: Network, from: string, to: string, times: number): Promise<string[]> {
    const flow = readFlow([from, to, '']);
    const all: string[] = [];
    while (all.length < times) all.push(endOf(await network.attempt({ ...flow, timeoutMs: 300 })));
    return all;
  }

  async function on(cluster: ClusterCase, test: (network: Network) => Promise<void>): Promise<void> {
    const network = await Network.build(shapeOf(cluster), agent);
    try {
      await network.load(predict(cluster).rules);
      await test(network);
    } finally {
      await network.close();
    }
  }

  const sysctl = (network: Network, node: string, ...settings: string[]) =>
    network.run(node, 'sysctl', '-q', '-w', ...settings);

  it.concurrent('takes equal endpoints equally often', async () => {
    await on(CLUSTER, async (network) => {
      const seen: string[] = [];
      for (let batch = 0; batch < 10; batch++) {
        const some = Array.from({ length: 40 }, () => ends(network, 'shell-1', '10.96.0.20:80', 1));
        seen.push(...(await Promise.all(some)).flat());
      }
      const first = seen.filter((end) => end.startsWith('web-1')).length;
      expect(seen.length).toBe(400);
      // Half of 400, give or take six standard deviations.
      expect(first).toBeGreaterThan(140);
      expect(first).toBeLessThan(260);
    });
  });

  it.concurrent('rejects one client at once only six times, then once a second', async () => {
    await on(CLUSTER, async (network) => {
      await sysctl(network, 'n1', ...DEFAULT_ICMP_LIMITS);
      const seen = await ends(network, 'laptop', '192.168.0.11:30081', 9);
      expect(seen.slice(0, 6)).toEqual(Array(6).fill('rejected'));
      expect(seen.slice(6)).toContain('timeout');
    });
  });

  it.concurrent('holds back the first rejection where it has just sent a redirect', async () => {
    await on(CLUSTER, async (network) => {
      // The address is no address of n1: the packet would leave by the interface that it came by.
      await sysctl(network, 'n1', ...DEFAULT_ICMP_LIMITS);
      expect(await ends(network, 'laptop via n1', '198.18.0.40:80', 1)).toEqual(['timeout']);
    });
    await on(CLUSTER, async (network) => {
      const off = ['all', 'eth0'].map((name) => `net.ipv4.conf.${name}.send_redirects=0`);
      await sysctl(network, 'n1', ...DEFAULT_ICMP_LIMITS, ...off);
      expect(await ends(network, 'laptop via n1', '198.18.0.40:80', 1)).toEqual(['rejected']);
    });
  });

  it.concurrent('tells a UDP sender on the node at once that a rule dropped or rejected its packet', async () => {
    await on(CLUSTER, async (network) => {
      expect(await ends(network, 'n3', 'udp 10.96.0.53:53', 1)).toEqual(['unreachable EPERM']);
      expect(await ends(network, 'shell-3', 'udp 10.96.0.53:53', 1)).toEqual(['timeout']);
      expect(await ends(network, 'n3', 'udp 10.96.0.54:53', 1)).toEqual(['unreachable EPERM']);
      expect(await ends(network, 'shell-3', 'udp 10.96.0.54:53', 1)).toEqual(['rejected']);
    });
  });

  it.concurrent('tells a process with a loopback source at once that it cannot leave, without route_localnet', async () => {
    await on({ ...CLUSTER, kubeProxy: { clusterCIDR: CLUSTER_CIDR, localhostNodePorts: false } }, async (network) => {
      expect(await ends(network, 'n1 as 127.0.0.1', '10.96.0.10:80', 1)).toEqual(['unreachable EINVAL']);
    });
    await on(CLUSTER, async (network) => {
      expect(await ends(network, 'n1 as 127.0.0.1', '10.96.0.10:80', 1)).toEqual(['web-1 sees 10.1.1.1']);
    });
  });

  it.concurrent('masquerades in IPv6 with the address that resembles the destination most, unless it is deprecated', async () => {
    const six: ClusterCase = {
      ...CLUSTER,
      nodes: [node('n1', 'fd00::1:1', 'fd00:1::/64', ['fd00:2:0:1::99']), node('n2', 'fd00::1:2', 'fd00:2::/64')],
      pods: [pod('web-1', 'n1', 'fd00:1::10', 8080), pod('web-2', 'n2', 'fd00:2::10', 8080)],
      clients: [client('laptop', '2001:db8::9')],
      services: [service('web', { clusterIP: 'fd00:96::10', ports: [{ port: 80, targetPort: 8080 }] }, ['web-2'])],
      kubeProxy: { clusterCIDR: 'fd00::/29' },
    };
    await on(six, async (network) => {
      const seen = () => ends(network, 'laptop via n1', '[fd00:96::10]:80', 1);
      expect(await seen()).toEqual(['web-2 sees fd00::1:1']);
      await network.run('n1', 'ip', 'addr', 'change', 'fd00:2:0:1::99/128', 'dev', 'eth0', 'preferred_lft', 'forever');
      expect(await seen()).toEqual(['web-2 sees fd00:2:0:1::99']);
    });
  });

  it.concurrent('loses pods of one bridge to each other where bridges do not call iptables', async () => {
    await on(CLUSTER, async (network) => {
      await sysctl(network, 'n1', 'net.bridge.bridge-nf-call-iptables=0');
      expect(await ends(network, 'shell-1', '10.96.0.10:80', 1)).toEqual(['timeout']);
      expect(await ends(network, 'shell-3', '10.96.0.10:80', 1)).toEqual(['web-1 sees 10.1.3.20']);
      // Masqueraded traffic comes back to the bridge's own address in any case.
      expect(await ends(network, 'shell-1', '192.168.0.11:30080', 1)).toEqual(['web-1 sees 10.1.1.1']);
    });
  });

  it.concurrent('does not lead a pod back to itself where its bridge port is not in hairpin mode', async () => {
    await on(CLUSTER, async (network) => {
      expect(await ends(network, 'web-1', '10.96.0.10:80', 1)).toEqual(['web-1 sees 10.1.1.1']);
      await network.run('n1', 'ip', 'link', 'set', 'veth0', 'type', 'bridge_slave', 'hairpin', 'off');
      expect(await ends(network, 'web-1', '10.96.0.10:80', 1)).toEqual(['timeout']);
    });
  });

  it.concurrent('drops the rest of a connection whose answers take another way', async () => {
    // n1 has no endpoint. In 1.24 it forwards what it should drop to the load balancer, and n2 answers past n1.
    const kept = service(
      'kept',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.0.50',
        externalTrafficPolicy: 'Local',
        ports: [{ port: 80, targetPort: 8080, nodePort: 30082 }],
        loadBalancerIPs: ['198.18.0.50'],
      },
      ['web-2'],
    );
    await on({ ...CLUSTER, version: '1.24', services: [kept] }, async (network) => {
      expect(await ends(network, 'laptop via n1', '198.18.0.50:80', 1)).toEqual(['timeout']);
      const rule = ['KUBE-FORWARD', '-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'DROP'];
      await network.run('n1', 'iptables', '-D', ...rule);
      expect(await ends(network, 'laptop via n1', '198.18.0.50:80', 1)).toEqual(['web-2 sees 203.0.113.9']);
    });
  });

  it.concurrent('remembers no more than a hundred clients of an endpoint for session affinity', async () => {
    const crowd = Array.from({ length: 250 }, (_, n) => `198.51.100.${n + 1}`);
    const sticky = service(
      'sticky',
      { clusterIP: '10.96.0.60', sessionAffinity: 'ClientIP', ports: [{ port: 80, targetPort: 8080 }] },
      ['web-1', 'web-2'],
    );
    await on({ ...CLUSTER, clients: [client('crowd', ...crowd)], services: [sticky] }, async (network) => {
      const pods = async (ips: string[]) => {
        const seen = await Promise.all(ips.map((ip) => ends(network, `crowd as ${ip} via n1`, '10.96.0.60:80', 1)));
        return seen.map(([end]) => end!.split(' ')[0]);
      };
      const first = await pods(crowd.slice(0, 50));
      expect(await pods(crowd.slice(0, 50))).toEqual(first);
      await pods(crowd.slice(50, 150));
      await pods(crowd.slice(150));
      // Some 125 have come to each endpoint by now: the oldest are forgotten.
      expect(await pods(crowd.slice(0, 50))).not.toEqual(first);
    });
  });

  it.concurrent('masquerades with an address bound on the loopback where the way out has none', async () => {
    await on({ ...CLUSTER, cni: 'routed' }, async (network) => {
      expect(await ends(network, 'laptop', '192.168.0.11:30080', 1)).toEqual(['web-1 sees 192.168.0.11']);
      await network.run('n1', 'ip', 'addr', 'add', '198.18.0.99/32', 'dev', 'lo');
      expect(await ends(network, 'laptop', '192.168.0.11:30080', 1)).toEqual(['web-1 sees 198.18.0.99']);
      // So does a process of the node on its way to a host-network endpoint there: that leaves by `lo`, with any CNI.
      expect(await ends(network, 'n1', '10.96.0.30:80', 1)).toEqual(['gate-1 sees 198.18.0.99']);
    });
  });
});
