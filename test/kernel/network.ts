/**
 * A cluster as namespaces. Nodes and outside clients hang on one bridge (the underlay, with a router that swallows what
 * it has no way for); pods hang behind their node's `cni0` bridge, or with a routed CNI each on its own link.
 *
 * Nothing here touches the machine's own namespace: links, routes and rules are made inside namespaces of the agent, and
 * are gone with it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Agent, type Observation, type Transport } from './agent.js';

export interface NodeShape {
  name: string;
  /** InternalIP, in the /24 that all nodes share. */
  ip: string;
  /** Null: no pod network on this node. */
  podCIDR: string | null;
  /** Bound on the uplink behind the InternalIP. */
  localAddresses: string[];
  /** kube-proxy turns it on where it serves node ports on 127.0.0.1. */
  routeLocalnet: boolean;
}

export interface PodShape {
  name: string;
  node: string;
  ip: string;
  hostNetwork: boolean;
  listens: { transport: Transport; port: number }[];
}

export interface NetworkShape {
  cni: 'bridge' | 'routed';
  nodes: NodeShape[];
  pods: PodShape[];
  /** Machines outside the cluster; the first address is the one that they use unasked. */
  clients: { name: string; ips: string[] }[];
  /** Pass-through load balancers: the underlay sends their addresses to these nodes, by turns of a hash. */
  balancers: { ip: string; nodes: string[] }[];
}

export interface Attempt {
  /** A pod's, node's or client's name. */
  from: string;
  source: string | null;
  /** A client only: the node to which it sends everything, as a pass-through load balancer would. */
  via: string | null;
  transport: Transport;
  ip: string;
  port: number;
  timeoutMs: number;
}

const ROUTER = '169.254.0.1';
const POD_GATEWAY = '169.254.1.1';
const UNDERLAY = 'underlay';

export class Network {
  readonly #shape: NetworkShape;
  readonly #agent: Agent;

  private constructor(shape: NetworkShape, agent: Agent) {
    this.#shape = shape;
    this.#agent = agent;
  }

  static async build(shape: NetworkShape, agentProgram: string): Promise<Network> {
    const agent = new Agent(agentProgram);
    try {
      for (const name of namespacesOf(shape)) agent.addNamespace(name);
      for (const name of namespacesOf(shape)) setSysctls(agent, name, EVERYWHERE);
      for (const node of shape.nodes) setSysctls(agent, node.name, nodeSysctls(node));
      for (const { name } of shape.clients) setSysctls(agent, name, CLIENT);
      setSysctls(agent, UNDERLAY, ROUTER_SYSCTLS);
      await agent.done();
      await run('sh', ['-e'], linkScript(shape, agent.paths));
      if (shape.cni === 'routed') answerForPodGateway(agent, shape);
      for (const pod of shape.pods) {
        for (const { transport, port } of pod.listens) {
          agent.listen(pod.hostNetwork ? pod.node : pod.name, transport, pod.ip, port, pod.name);
        }
      }
      await agent.done();
      return new Network(shape, agent);
    } catch (error) {
      await agent.close();
      throw error;
    }
  }

  /** Loads an `iptables-save` text into every node, as it is; what was there before is flushed. */
  async load(textOfNode: ReadonlyMap<string, string>): Promise<void> {
    const loads = [...textOfNode].map(([node, text]) =>
      run('nsenter', [`--net=${this.#agent.paths.get(node)}`, 'iptables-restore'], text),
    );
    await Promise.all(loads);
  }

  /** Runs a program in a namespace: of a node, pod or client. */
  run(where: string, program: string, ...args: string[]): Promise<void> {
    return run('nsenter', [`--net=${this.#agent.paths.get(where)}`, program, ...args], '');
  }

  attempt(a: Attempt): Promise<Observation> {
    const hostPod = this.#shape.pods.find((pod) => pod.name === a.from && pod.hostNetwork);
    const mark = a.via === null ? 0 : viaMark(this.#shape, a.via);
    return this.#agent.connect({ ...a, from: hostPod?.node ?? a.from, mark });
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}

/** Whether bridged packets meet iptables here, as every node of a bridged pod network needs it. */
export function bridgesCallIptables(): boolean {
  return existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables');
}

function namespacesOf(shape: NetworkShape): string[] {
  const pods = shape.pods.filter((pod) => !pod.hostNetwork);
  return [UNDERLAY, ...[...shape.nodes, ...pods, ...shape.clients].map(({ name }) => name)];
}

type Sysctl = [key: string, value: number];

const EVERYWHERE: Sysctl[] = [
  ['net/ipv6/conf/default/disable_ipv6', 1],
  // The kernel holds back ICMP errors to a peer that got one, or a redirect, a moment ago. A test sends many in that
  // moment, and what is compared is whether a rule rejects, not how often the client is told.
  ['net/ipv4/icmp_ratelimit', 0],
];

function nodeSysctls(node: NodeShape): Sysctl[] {
  return [
    ['net/ipv4/ip_forward', 1],
    // Loose reverse-path check, what systemd sets; `default`, because links are made later.
    ['net/ipv4/conf/default/rp_filter', 2],
    ['net/ipv4/conf/all/route_localnet', node.routeLocalnet ? 1 : 0],
    ['net/bridge/bridge-nf-call-iptables', 1],
  ];
}

/** It sends back by the bridge that it was sent to, tells nobody of a shorter way, and spreads connections, not hosts. */
const ROUTER_SYSCTLS: Sysctl[] = [
  ['net/ipv4/ip_forward', 1],
  ['net/ipv4/conf/all/send_redirects', 0],
  ['net/ipv4/conf/default/send_redirects', 0],
  ['net/ipv4/fib_multipath_hash_policy', 1],
];

/** A client may send to 127.0.0.1 by way of a node, and take answers from there. */
const CLIENT: Sysctl[] = [
  ['net/ipv4/conf/all/route_localnet', 1],
  ['net/ipv4/conf/all/accept_local', 1],
];

function setSysctls(agent: Agent, namespace: string, sysctls: Sysctl[]): void {
  for (const [key, value] of sysctls) agent.sysctl(namespace, key, value);
}

/** The node answers the pods' ARP for their gateway, which is no address of anybody. */
function answerForPodGateway(agent: Agent, shape: NetworkShape): void {
  for (const [i, pod] of shape.pods.entries()) {
    if (pod.hostNetwork) continue;
    agent.sysctl(pod.node, `net/ipv4/conf/veth${i}/proxy_arp`, 1);
    agent.sysctl(pod.node, `net/ipv4/neigh/veth${i}/proxy_delay`, 0);
  }
}

/** One shell script with one `ip -batch` per namespace; links first, so that every other line finds its device. */
function linkScript(shape: NetworkShape, paths: ReadonlyMap<string, string>): string {
  const batch = (namespace: string, lines: string[]) =>
    `nsenter --net=${paths.get(namespace)} ip -batch - <<'END'\n${lines.join('\n')}\nEND\n`;
  const machines = [...shape.nodes, ...shape.clients];
  const pods = [...shape.pods.entries()].filter(([, pod]) => !pod.hostNetwork);
  return [
    batch(
      UNDERLAY,
      underlayLines(
        shape,
        machines.map(({ name }) => paths.get(name)!),
      ),
    ),
    ...shape.nodes.map((node) => batch(node.name, nodeLines(shape, node, paths))),
    ...shape.clients.map((client) => batch(client.name, clientLines(shape, client.ips))),
    ...pods.map(([, pod]) => batch(pod.name, podLines(shape, pod))),
  ].join('');
}

function underlayLines(shape: NetworkShape, machines: string[]): string[] {
  const ipOf = (name: string) => shape.nodes.find((node) => node.name === name)!.ip;
  return [
    'link set lo up',
    'link add br0 type bridge',
    `addr add ${ROUTER}/32 dev br0`,
    'link set br0 up',
    'route add blackhole default',
    ...machines.flatMap((path, i) => [
      `link add m${i} type veth peer name eth0 netns ${path}`,
      `link set m${i} master br0 up`,
    ]),
    ...shape.balancers
      .filter(({ nodes }) => nodes.length > 0)
      .map(
        ({ ip, nodes }) =>
          `route add ${ip} ${nodes.map((name) => `nexthop via ${ipOf(name)} dev br0 onlink`).join(' ')}`,
      ),
  ];
}

function nodeLines(shape: NetworkShape, node: NodeShape, paths: ReadonlyMap<string, string>): string[] {
  const others = shape.nodes.filter(({ name, podCIDR }) => name !== node.name && podCIDR !== null);
  const pods = [...shape.pods.entries()].filter(([, pod]) => pod.node === node.name && !pod.hostNetwork);
  const bridge = shape.cni === 'bridge' && node.podCIDR !== null;
  return [
    'link set lo up',
    `addr add ${node.ip}/24 dev eth0`,
    ...node.localAddresses.map((ip) => `addr add ${ip}/32 dev eth0`),
    'link set eth0 up',
    ...(bridge
      ? ['link add cni0 type bridge', `addr add ${gatewayOf(node.podCIDR!)} dev cni0`, 'link set cni0 up']
      : []),
    ...pods.flatMap(([i, pod]) => [
      `link add veth${i} type veth peer name eth0 netns ${paths.get(pod.name)}`,
      // Hairpin mode: a pod that is its own backend sends to the port that it came from.
      ...(bridge ? [`link set veth${i} master cni0`, `link set veth${i} type bridge_slave hairpin on`] : []),
      `link set veth${i} up`,
      ...(bridge ? [] : [`route add ${pod.ip}/32 dev veth${i}`]),
    ]),
    ...others.map((other) => `route add ${other.podCIDR} via ${other.ip}`),
    ...shape.clients.flatMap(({ ips }) => ips.map((ip) => `route add ${ip}/32 dev eth0`)),
    `route add default via ${ROUTER} dev eth0 onlink`,
  ];
}

function clientLines(shape: NetworkShape, ips: string[]): string[] {
  return [
    'link set lo up',
    ...ips.map((ip) => `addr add ${ip}/32 dev eth0`),
    'link set eth0 up',
    // What is sent by way of a node goes there even if it is for 127.0.0.1: the marks are asked before the local table.
    'rule add pref 20 lookup local',
    'rule del pref 0',
    ...shape.nodes.flatMap((node) => {
      const mark = viaMark(shape, node.name);
      return [
        `route add ${node.ip}/32 dev eth0`,
        `rule add pref 10 fwmark ${mark} lookup ${100 + mark}`,
        `route add default via ${node.ip} dev eth0 onlink table ${100 + mark}`,
      ];
    }),
    `route add default via ${ROUTER} dev eth0 onlink`,
  ];
}

function podLines(shape: NetworkShape, pod: PodShape): string[] {
  const up = ['link set lo up', 'link set eth0 up'];
  if (shape.cni === 'routed') {
    return [
      ...up,
      `addr add ${pod.ip}/32 dev eth0`,
      `route add ${POD_GATEWAY} dev eth0`,
      `route add default via ${POD_GATEWAY}`,
    ];
  }
  const cidr = shape.nodes.find(({ name }) => name === pod.node)!.podCIDR!;
  const [gateway, length] = gatewayOf(cidr).split('/');
  return [...up, `addr add ${pod.ip}/${length} dev eth0`, `route add default via ${gateway}`];
}

/** First address of a pod CIDR, with the CIDR's length: what a bridge CNI gives its bridge. */
export function gatewayOf(podCIDR: string): string {
  const [network, length] = podCIDR.split('/');
  const bytes = network!.split('.').map(Number);
  return `${[...bytes.slice(0, 3), bytes[3]! + 1].join('.')}/${length}`;
}

function viaMark(shape: NetworkShape, node: string): number {
  return shape.nodes.findIndex(({ name }) => name === node) + 1;
}

function run(program: string, args: string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: 20_000 }, (error, _stdout, stderr) => {
      if (error === null) return resolve();
      reject(new Error(`${program} ${args.join(' ')}: ${stderr.trim() || error.message}\n${input}`));
    });
    // A program that ends before it has read its input says why by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
