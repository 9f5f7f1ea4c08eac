/** The `ip` commands that make a cluster's namespaces into a network: links first, then addresses and routes by family. */
import type { NetworkShape, NodeShape, PodShape } from './network.js';

export const UNDERLAY = 'underlay';

export type Family = 'IPv4' | 'IPv6';

/** Host bits of a machine's own address: nobody is reached through them unasked. */
const HOST_LENGTH = { IPv4: 32, IPv6: 128 };
/** The network that all nodes share. */
const NODES_LENGTH = { IPv4: 24, IPv6: 64 };
const EVERYTHING = { IPv4: '0.0.0.0/0', IPv6: '::/0' };
const ROUTER = { IPv4: '169.254.0.1', IPv6: 'fe80::1' };
/** What a routed CNI tells its pods: the node's end of their link answers to it. */
const POD_GATEWAY = { IPv4: '169.254.1.1', IPv6: 'fe80::1' };

export function familyOf(ip: string): Family {
  return ip.includes(':') ? 'IPv6' : 'IPv4';
}

/** Those of one family, of addresses or CIDRs. */
export function inFamily(addresses: readonly string[], family: Family): string[] {
  return addresses.filter((address) => familyOf(address) === family);
}

export function familiesOf(shape: NetworkShape): Family[] {
  return (['IPv4', 'IPv6'] as const).filter((family) =>
    shape.nodes.some(({ ips }) => inFamily(ips, family).length > 0),
  );
}

/** One shell script with `ip -batch` per namespace and family; links first, so that every other line finds its device. */
export function linkScript(shape: NetworkShape, paths: ReadonlyMap<string, string>): string {
  const batch = (namespace: string, options: string, lines: string[]) =>
    lines.length === 0
      ? ''
      : `nsenter --net=${paths.get(namespace)} ip ${options} -batch - <<'END'\n${lines.join('\n')}\nEND\n`;
  const families = familiesOf(shape);
  const namespace = (name: string, links: string[], lines: (family: Family) => string[]) => [
    batch(name, '', links),
    ...families.map((family) => batch(name, family === 'IPv6' ? '-6' : '-4', lines(family))),
  ];
  const machines = [...shape.nodes, ...shape.clients].map(({ name }) => paths.get(name)!);
  const up = ['link set lo up', 'link set eth0 up'];
  return [
    ...namespace(UNDERLAY, underlayLinks(machines), (family) => underlayLines(shape, family)),
    ...shape.nodes.flatMap((node) =>
      namespace(node.name, nodeLinks(shape, node, paths), (family) => nodeLines(shape, node, family)),
    ),
    ...shape.clients.flatMap((client) =>
      namespace(client.name, up, (family) => clientLines(shape, inFamily(client.ips, family), family)),
    ),
    ...shape.pods
      .filter(({ hostNetwork }) => !hostNetwork)
      .flatMap((pod) => namespace(pod.name, up, (family) => podLines(shape, pod, family))),
  ].join('');
}

function underlayLinks(machines: string[]): string[] {
  return [
    'link set lo up',
    'link add br0 type bridge',
    'link set br0 up',
    ...machines.flatMap((path, i) => [
      `link add m${i} type veth peer name eth0 netns ${path}`,
      `link set m${i} master br0 up`,
    ]),
  ];
}

function underlayLines(shape: NetworkShape, family: Family): string[] {
  const ipOf = (name: string) => inFamily(shape.nodes.find((node) => node.name === name)!.ips, family)[0];
  const nexthops = (nodes: string[]) => nodes.map((name) => `nexthop via ${ipOf(name)} dev br0 onlink`).join(' ');
  const machines = [...shape.nodes, ...shape.clients].flatMap(({ ips }) => inFamily(ips, family));
  // A node speaks for its other addresses, but what is a load balancer's goes where that sends it.
  const others = shape.nodes.flatMap(({ ips, localAddresses }) =>
    inFamily(localAddresses, family)
      .filter((local) => !shape.balancers.some(({ ip }) => ip === local))
      .map((local) => `route add ${local} via ${inFamily(ips, family)[0]} dev br0`),
  );
  return [
    `addr add ${ROUTER[family]}/${HOST_LENGTH[family]} dev br0 ${NO_DAD[family]}`,
    `route add blackhole ${EVERYTHING[family]}`,
    ...machines.map((ip) => `route add ${ip} dev br0`),
    ...others,
    // A load balancer forwards its ports and nothing else.
    ...shape.balancers.flatMap(({ ip, ports, nodes }, i) =>
      familyOf(ip) !== family || nodes.length === 0
        ? []
        : [
            `route add ${EVERYTHING[family]} table ${200 + i} ${nexthops(nodes)}`,
            ...ports.map(
              ({ transport, port }) => `rule add pref 10 to ${ip} ipproto ${transport} dport ${port} lookup ${200 + i}`,
            ),
          ],
    ),
  ];
}

function nodeLinks(shape: NetworkShape, node: NodeShape, paths: ReadonlyMap<string, string>): string[] {
  const bridge = isBridged(shape, node);
  return [
    'link set lo up',
    'link set eth0 up',
    ...(bridge ? ['link add cni0 type bridge', 'link set cni0 up'] : []),
    ...podsOn(shape, node).flatMap(([i, pod]) => [
      `link add veth${i} type veth peer name eth0 netns ${paths.get(pod.name)}`,
      // Hairpin mode: a pod that is its own backend sends to the port that it came from.
      ...(bridge ? [`link set veth${i} master cni0`, `link set veth${i} type bridge_slave hairpin on`] : []),
      `link set veth${i} up`,
    ]),
  ];
}

function nodeLines(shape: NetworkShape, node: NodeShape, family: Family): string[] {
  const length = HOST_LENGTH[family];
  const routed = isBridged(shape, node) ? [] : podsOn(shape, node);
  return [
    ...inFamily(node.ips, family).map((ip) => `addr add ${ip}/${NODES_LENGTH[family]} dev eth0 ${NO_DAD[family]}`),
    ...inFamily(node.localAddresses, family).map((ip) => `addr add ${ip}/${length} dev eth0 ${NOT_PREFERRED[family]}`),
    ...(isBridged(shape, node)
      ? inFamily(node.podCIDRs, family).map((cidr) => `addr add ${gatewayOf(cidr)} dev cni0 ${NO_DAD[family]}`)
      : []),
    ...routed.flatMap(([i, pod]) => [
      ...(family === 'IPv6' ? [`addr add ${POD_GATEWAY.IPv6}/64 dev veth${i} nodad`] : []),
      ...inFamily(pod.ips, family).map((ip) => `route add ${ip}/${length} dev veth${i}`),
    ]),
    ...shape.nodes
      .filter(({ name }) => name !== node.name)
      .flatMap(({ ips, podCIDRs }) =>
        inFamily(podCIDRs, family).map((cidr) => `route add ${cidr} via ${inFamily(ips, family)[0]}`),
      ),
    ...shape.clients.flatMap(({ ips }) => inFamily(ips, family).map((ip) => `route add ${ip}/${length} dev eth0`)),
    `route add default via ${ROUTER[family]} dev eth0 onlink`,
  ];
}

function clientLines(shape: NetworkShape, ips: string[], family: Family): string[] {
  return [
    ...ips.map((ip) => `addr add ${ip}/${HOST_LENGTH[family]} dev eth0 ${NO_DAD[family]}`),
    // What is sent by way of a node goes there even if it is for 127.0.0.1: the marks are asked before the local table.
    'rule add pref 20 lookup local',
    'rule del pref 0',
    ...shape.nodes.flatMap((node) =>
      inFamily(node.ips, family).flatMap((ip) => {
        const mark = viaMark(shape, node.name);
        return [
          `route add ${ip}/${HOST_LENGTH[family]} dev eth0`,
          `rule add pref 10 fwmark ${mark} lookup ${100 + mark}`,
          `route add default via ${ip} dev eth0 onlink table ${100 + mark}`,
        ];
      }),
    ),
    `route add default via ${ROUTER[family]} dev eth0 onlink`,
  ];
}

function podLines(shape: NetworkShape, pod: PodShape, family: Family): string[] {
  const ips = inFamily(pod.ips, family);
  if (shape.cni === 'routed') {
    return [
      ...ips.map((ip) => `addr add ${ip}/${HOST_LENGTH[family]} dev eth0 ${NO_DAD[family]}`),
      `route add default via ${POD_GATEWAY[family]} dev eth0 onlink`,
    ];
  }
  const cidr = inFamily(shape.nodes.find(({ name }) => name === pod.node)!.podCIDRs, family)[0];
  if (cidr === undefined) return [];
  const [gateway, length] = gatewayOf(cidr).split('/');
  return [
    ...ips.map((ip) => `addr add ${ip}/${length} dev eth0 ${NO_DAD[family]}`),
    `route add default via ${gateway} dev eth0`,
  ];
}

/** Nobody else has these addresses, so there is no need to ask around for a second before one is used. */
const NO_DAD = { IPv4: '', IPv6: 'nodad' };
/**
 * As keepalived binds virtual addresses. For IPv6 the kernel would otherwise choose among all addresses of the link, when
 * it sends or masquerades, the one that resembles the destination most.
 */
const NOT_PREFERRED = { IPv4: '', IPv6: 'nodad preferred_lft 0' };

function isBridged(shape: NetworkShape, { podCIDRs }: NodeShape): boolean {
  return shape.cni === 'bridge' && podCIDRs.length > 0;
}

/** With their places in the cluster, which name their links. */
function podsOn(shape: NetworkShape, node: NodeShape): [number, PodShape][] {
  return [...shape.pods.entries()].filter(([, pod]) => pod.node === node.name && !pod.hostNetwork);
}

/** First address of a pod CIDR, with the CIDR's length: what a bridge CNI gives its bridge. */
export function gatewayOf(podCIDR: string): string {
  const [network, length] = podCIDR.split('/');
  if (familyOf(podCIDR) === 'IPv6') return `${network}1/${length}`;
  const bytes = network!.split('.').map(Number);
  return `${[...bytes.slice(0, 3), bytes[3]! + 1].join('.')}/${length}`;
}

/** fwmark of what a client sends by way of this node. */
export function viaMark(shape: NetworkShape, node: string): number {
  return shape.nodes.findIndex(({ name }) => name === node) + 1;
}
