/** The `ip` commands that make a cluster's namespaces into a network: links, addresses and routes. */
import type { NetworkShape, NodeShape, PodShape } from './network.js';

export const UNDERLAY = 'underlay';
const ROUTER = '169.254.0.1';
const POD_GATEWAY = '169.254.1.1';

/** One shell script with one `ip -batch` per namespace; links first, so that every other line finds its device. */
export function linkScript(shape: NetworkShape, paths: ReadonlyMap<string, string>): string {
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
    ...[...shape.nodes.map(({ ip }) => ip), ...shape.clients.flatMap(({ ips }) => ips)].map(
      (ip) => `route add ${ip} dev br0`,
    ),
    ...shape.nodes
      .filter(({ podCIDR }) => podCIDR !== null)
      .map(({ ip, podCIDR }) => `route add ${podCIDR} via ${ip} dev br0`),
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

/** fwmark of what a client sends by way of this node. */
export function viaMark(shape: NetworkShape, node: string): number {
  return shape.nodes.findIndex(({ name }) => name === node) + 1;
}
