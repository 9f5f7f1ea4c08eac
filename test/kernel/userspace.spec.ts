/**
 * Mode userspace: a relay on each node stands for kube-proxy's sockets. Where the rules lead a packet, which address a
 * pod sees, and that the answer comes back translated, is the kernel's doing.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { compileAgent } from './agent.js';
import { type ClusterCase, client, type Flow, pod, readFlow, service } from './cluster-case.js';
import { shapeOf } from './cluster-shape.js';
import { gate1, nodes, shell1, shell3, web1, web2 } from './clusters/machines.js';
import { Expectation } from './expectation.js';
import type { LoadedRules, Relay } from './network.js';
import { Network } from './network.js';
import { observe } from './observe.js';
import { predict } from './predict.js';
import { missingPrerequisites } from './prerequisites.js';

const dns = pod('dns', 'n2', '10.1.2.53', 'udp 53');

const BOTH = 'web-1 sees 10.1.1.1 | web-2 sees 192.168.0.11';
const FROM_N3 = 'web-1 sees 192.168.0.13 | web-2 sees 192.168.0.13';

const FLOWS: Flow[] = [
  ['laptop via n1', '192.168.0.11:30080', BOTH],
  ['laptop via n3', '192.168.0.13:30080', FROM_N3],
  ['laptop via n1', '10.96.0.10:80', BOTH],
  ['laptop via n1', '198.51.100.10:80', BOTH],
  ['laptop via n3', '198.51.100.20:80', FROM_N3],
  ['shell-1', '10.96.0.10:80', BOTH],
  ['shell-1', '192.168.0.11:30080', BOTH],
  ['shell-1', '192.168.0.13:30080', FROM_N3],
  ['shell-3', '10.96.0.10:80', FROM_N3],
  ['shell-3', '198.51.100.20:80', FROM_N3],
  ['web-1', '10.96.0.10:80', BOTH],
  // What comes by a port of a bridge is not redirected for an external IP, unless that is the node's own.
  ['shell-1', '198.51.100.10:80', 'timeout'],
  ['n1', '198.51.100.10:80', 'timeout'],
  ['n1', '10.96.0.10:80', BOTH],
  ['n1', '198.51.100.20:80', BOTH],
  ['n1 as 127.0.0.1', '127.0.0.1:30080', BOTH],
  ['n1', '192.168.0.11:30080', BOTH],
  ['n3', '192.168.0.11:30080', BOTH],
  // Policies are nothing to this mode.
  ['laptop via n3', '192.168.0.13:30090', 'web-2 sees 192.168.0.13'],
  ['laptop via n1', '192.168.0.11:30091', 'gate-1 sees 192.168.0.11'],
  // No endpoint: accepted, then closed.
  ['laptop via n1', '192.168.0.11:30070', 'unreachable EOF'],
  ['shell-1', '10.96.0.30:80', 'unreachable EOF'],
  // Datagrams: the answer has to come from where the client sent to.
  ['laptop via n1', 'udp 192.168.0.11:30053', 'dns sees 192.168.0.11'],
  ['shell-1', 'udp 10.96.0.53:53', 'dns sees 192.168.0.11'],
  ['n3', 'udp 10.96.0.53:53', 'dns sees 192.168.0.13'],
  ['n2', 'udp 10.96.0.53:53', 'dns sees 10.1.2.1'],
  // The socket answers the loopback from the loopback, where conntrack waits for the node's address.
  ['n1 as 127.0.0.1', 'udp 127.0.0.1:30053', 'timeout'],
  ['shell-1', 'udp 10.96.0.54:53', 'timeout'],
];

function cluster(version: string): ClusterCase {
  const web = (name: string, clusterIP: string, nodePort: number, endpoints: string[], targetPort = 8080) =>
    service(name, { type: 'NodePort', clusterIP, ports: [{ port: 80, targetPort, nodePort }] }, endpoints);
  const local = web('local', '10.96.0.20', 30090, ['web-2']);
  const udp = (name: string, clusterIP: string, nodePort: number, endpoints: string[]) =>
    service(name, { type: 'NodePort', clusterIP, ports: [{ port: 53, protocol: 'UDP', nodePort }] }, endpoints);
  return {
    name: `mode userspace in ${version}`,
    version,
    mode: 'userspace',
    cni: 'bridge',
    kubeProxy: {},
    nodes,
    pods: [web1, web2, dns, shell1, shell3, gate1],
    clients: [client('laptop', '203.0.113.9')],
    services: [
      service(
        'web',
        {
          type: 'LoadBalancer',
          clusterIP: '10.96.0.10',
          externalIPs: ['198.51.100.10'],
          loadBalancerIPs: ['198.51.100.20'],
          ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
        },
        ['web-1', 'web-2'],
      ),
      { ...local, service: { ...local.service, spec: { ...local.service.spec, externalTrafficPolicy: 'Local' } } },
      web('gate', '10.96.0.21', 30091, ['gate-1'], 9000),
      web('empty', '10.96.0.30', 30070, []),
      udp('dns', '10.96.0.53', 30053, ['dns']),
      udp('dumb', '10.96.0.54', 30054, []),
    ],
    flows: FLOWS,
  };
}

/** What kube-proxy would have opened: read from the rules, and from the Services, not from the model. */
function relaysOf({ services, pods }: ClusterCase, rules: readonly LoadedRules[]): Relay[] {
  return rules.flatMap(({ node, text }) => {
    const ports = new Map(
      [...text.matchAll(/comment default\/(\S+) .*REDIRECT --to-ports (\d+)/g)].map(([, n, p]) => [n, p]),
    );
    return [...ports].map(([name, port]): Relay => {
      const row = services.find(({ service: { metadata } }) => metadata.name === name)!;
      const [only] = row.service.spec.ports!;
      const target = Number(only!.targetPort ?? only!.port);
      const ips = Object.keys(row.endpoints).map((pod) => pods.find((each) => each.name === pod)!.ips[0]!);
      const endpoints = ips.map((ip) => ({ ip, port: target }));
      const transport = only!.protocol === 'UDP' ? 'udp' : 'tcp';
      return { node, transport, ip: '0.0.0.0', port: Number(port), endpoints };
    });
  });
}

describe.runIf(missingPrerequisites().length === 0)('mode userspace in the kernel', () => {
  let agent: string;
  beforeAll(() => {
    agent = compileAgent();
  });

  it.concurrent.each(['1.21', '1.25'])('leads to the sockets, and shows pods the node, in %s', async (version) => {
    const relayed = cluster(version);
    const prediction = predict(relayed);
    const network = await Network.build(shapeOf(relayed), agent);
    try {
      await network.load(prediction.rules);
      await network.relay(relaysOf(relayed, prediction.rules));
      const reports = await Promise.all(
        FLOWS.map(async (row) => {
          const flow = readFlow(row);
          const foretold = new Expectation(relayed, flow, prediction.trace(flow), false);
          const seen = [...(await observe(network, flow, foretold))].sort();
          return { flow: row.slice(0, 2).join(' -> '), hairpin: foretold.ends, kernel: seen, table: flow.sees };
        }),
      );
      for (const { flow, hairpin, kernel, table } of reports)
        expect({ flow, hairpin, kernel }).toEqual({ flow, hairpin: table, kernel: table });
    } finally {
      await network.close();
    }
  });
});
