/**
 * A cluster as namespaces. Nodes and outside clients hang on one bridge (the underlay, with a router that swallows what
 * it has no way for); pods hang behind their node's `cni0` bridge, or with a routed CNI each on its own link.
 *
 * Nothing here touches the machine's own namespace: links, routes and rules are made inside namespaces of the agent, and
 * are gone with it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Agent, type Observation, type Place, type Transport } from './agent.js';
import { type Family, familiesOf, familyOf, gatewayOf, inFamily, linkScript, UNDERLAY, viaMark } from './links.js';

export interface NodeShape {
  name: string;
  /** InternalIPs, at most one of each family, in the network that all nodes share. */
  ips: string[];
  /** At most one of each family; none: no pod network on this node. */
  podCIDRs: string[];
  /** Bound on the uplink behind the InternalIPs. */
  localAddresses: string[];
  /** kube-proxy turns it on where it serves node ports on 127.0.0.1. */
  routeLocalnet: boolean;
}

export interface PodShape {
  name: string;
  node: string;
  /** At most one of each family. */
  ips: string[];
  hostNetwork: boolean;
  listens: { transport: Transport; port: number }[];
}

export interface NetworkShape {
  cni: 'bridge' | 'routed';
  nodes: NodeShape[];
  pods: PodShape[];
  /** Machines outside the cluster; the first address of a family is the one that they use unasked. */
  clients: { name: string; ips: string[] }[];
  /** Pass-through load balancers: the underlay sends these ports to these nodes, by turns of a hash. */
  balancers: { ip: string; ports: { transport: Transport; port: number }[]; nodes: string[] }[];
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

/** The text of rules for one node and family. */
export interface LoadedRules {
  /** `ipset`: those of sets that are there already are replaced. */
  tool: 'iptables' | 'nft' | 'ipset';
  node: string;
  family: Family;
  text: string;
}

export interface Relay {
  node: string;
  transport: Transport;
  ip: string;
  port: number;
  endpoints: Place[];
}

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
      const hasIpv6 = familiesOf(shape).includes('IPv6');
      for (const name of namespacesOf(shape)) {
        setSysctls(agent, name, hasIpv6 ? [...EVERYWHERE, ...IPV6] : [...EVERYWHERE, ...NO_IPV6]);
      }
      for (const node of shape.nodes) setSysctls(agent, node.name, nodeSysctls(node));
      for (const { name } of shape.clients) setSysctls(agent, name, CLIENT);
      setSysctls(agent, UNDERLAY, ROUTER_SYSCTLS);
      await agent.done();
      await run('sh', ['-e'], linkScript(shape, agent.paths));
      if (shape.cni === 'routed') answerForPodGateway(agent, shape);
      for (const pod of shape.pods) listen(agent, shape, pod);
      await agent.done();
      return new Network(shape, agent);
    } catch (error) {
      await agent.close();
      throw error;
    }
  }

  /** Loads rules into the nodes, as they are; what was there before is flushed. */
  async load(rules: readonly LoadedRules[]): Promise<void> {
    const programs = { IPv4: 'iptables-restore', IPv6: 'ip6tables-restore' };
    const loads = rules.map(({ tool, node, family, text }) => {
      const where = `--net=${this.#agent.paths.get(node)}`;
      if (tool === 'ipset') {
        const anew = text.replaceAll(/^create (\S+).*$/gm, '$&\nflush $1');
        return run('nsenter', [where, 'ipset', '-exist', 'restore'], anew);
      }
      const command = tool === 'nft' ? ['nft', '-f', '-'] : [programs[family]];
      return run('nsenter', [where, ...command], text);
    });
    await Promise.all(loads);
  }

  /** Sockets of a node's kube-proxy in mode userspace. */
  async relay(relays: readonly Relay[]): Promise<void> {
    for (const { node, transport, ip, port, endpoints } of relays) {
      this.#agent.relay(node, transport, ip, port, endpoints);
    }
    await this.#agent.done();
  }

  /** Runs a program in a namespace: of a node, pod or client. */
  run(where: string, program: string, ...args: string[]): Promise<void> {
    return run('nsenter', [`--net=${this.#agent.paths.get(where)}`, program, ...args], '');
  }

  attempt(a: Attempt): Promise<Observation> {
    const hostPod = this.#shape.pods.find((pod) => pod.name === a.from && pod.hostNetwork);
    const mark = a.via === null ? 0 : viaMark(this.#shape, a.via);
    return this.#agent.connect({ ...a, from: hostPod?.node ?? a.from, source: a.source ?? this.#usualSource(a), mark });
  }

  /** A client's; of two equal ones the kernel would take the first in IPv4 and the last in IPv6. */
  #usualSource({ from, ip }: Attempt): string | null {
    const client = this.#shape.clients.find(({ name }) => name === from);
    return inFamily(client?.ips ?? [], familyOf(ip))[0] ?? null;
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

const NO_IPV6: Sysctl[] = [['net/ipv6/conf/default/disable_ipv6', 1]];

const EVERYWHERE: Sysctl[] = [
  // A client far away cannot follow a redirect: what is sent to a node keeps being sent to that node.
  ['net/ipv4/conf/all/accept_redirects', 0],
  ['net/ipv4/conf/default/accept_redirects', 0],
  // The kernel holds back ICMP errors to a peer that got one, or a redirect, a moment ago. A test sends many in that
  // moment, and what is compared is whether a rule rejects, not how often the client is told. Only "time exceeded" is
  // held back, for ever: what goes in circles until its TTL is used up is lost in silence, as behind many firewalls.
  ['net/ipv4/icmp_ratelimit', 1_000_000_000],
  ['net/ipv4/icmp_ratemask', 1 << 11],
];

/** The same for IPv6, whose mask is a list; and addresses are in use at once. */
const IPV6: Sysctl[] = [
  ['net/ipv6/conf/default/accept_redirects', 0],
  ['net/ipv6/conf/default/accept_ra', 0],
  ['net/ipv6/conf/all/accept_dad', 0],
  ['net/ipv6/conf/default/accept_dad', 0],
  // Odd, so that what goes in circles between a node and the router ends at the router: to itself a node always says so.
  ['net/ipv6/conf/all/hop_limit', 63],
  ['net/ipv6/conf/default/hop_limit', 63],
  ['net/ipv6/icmp/ratelimit', 1_000_000_000],
  ['net/ipv6/icmp/ratemask', 3],
];

function nodeSysctls(node: NodeShape): Sysctl[] {
  return [
    ['net/ipv4/ip_forward', 1],
    // Loose reverse-path check, what systemd sets; `default`, because links are made later.
    ['net/ipv4/conf/default/rp_filter', 2],
    ['net/ipv4/conf/all/route_localnet', node.routeLocalnet ? 1 : 0],
    ['net/ipv6/conf/all/forwarding', 1],
    ['net/bridge/bridge-nf-call-iptables', 1],
    ['net/bridge/bridge-nf-call-ip6tables', 1],
  ];
}

/** It spreads connections, not hosts: hash policy 3 by both addresses and ports and the protocol, of the packet itself. */
const ROUTER_SYSCTLS: Sysctl[] = [
  ['net/ipv4/ip_forward', 1],
  ['net/ipv4/fib_multipath_hash_policy', 3],
  ['net/ipv4/fib_multipath_hash_fields', 0x37],
  ['net/ipv6/conf/all/forwarding', 1],
  ['net/ipv6/fib_multipath_hash_policy', 3],
  ['net/ipv6/fib_multipath_hash_fields', 0x37],
];

/** A client may send to 127.0.0.1 by way of a node, and take answers from there. */
const CLIENT: Sysctl[] = [
  ['net/ipv4/conf/all/route_localnet', 1],
  ['net/ipv4/conf/all/accept_local', 1],
];

function setSysctls(agent: Agent, namespace: string, sysctls: Sysctl[]): void {
  for (const [key, value] of sysctls) agent.sysctl(namespace, key, value);
}

/** On the pod's addresses; a process in the host network listens on all of its node's. */
function listen(agent: Agent, shape: NetworkShape, pod: PodShape): void {
  const host = shape.nodes.find(({ name }) => pod.hostNetwork && name === pod.node);
  const addresses = host === undefined ? pod.ips : addressesOf(shape, host);
  for (const { transport, port } of pod.listens) {
    for (const ip of addresses) agent.listen(host?.name ?? pod.name, transport, ip, port, pod.name);
  }
}

/** All addresses of a node; a bridge has the first one of each pod CIDR. */
export function addressesOf(
  shape: Pick<NetworkShape, 'cni'>,
  { ips, localAddresses, podCIDRs }: Omit<NodeShape, 'routeLocalnet'>,
): string[] {
  const bridges = shape.cni === 'bridge' ? podCIDRs.map((cidr) => gatewayOf(cidr).split('/')[0]!) : [];
  const loopbacks = [...new Set(ips.map(familyOf))].map((family) => LOOPBACK[family]);
  return [...ips, ...localAddresses, ...bridges, ...loopbacks];
}

const LOOPBACK = { IPv4: '127.0.0.1', IPv6: '::1' };

/** The node answers the pods' ARP for their gateway, which is no address of anybody. */
function answerForPodGateway(agent: Agent, shape: NetworkShape): void {
  for (const [i, pod] of shape.pods.entries()) {
    if (pod.hostNetwork) continue;
    agent.sysctl(pod.node, `net/ipv4/conf/veth${i}/proxy_arp`, 1);
    agent.sysctl(pod.node, `net/ipv4/neigh/veth${i}/proxy_delay`, 0);
  }
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
