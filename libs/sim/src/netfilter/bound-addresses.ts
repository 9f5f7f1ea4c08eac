/**
 * Addresses that come and go with the rules: those of kube-proxy's dummy device.
 *
 * Models: such an address is one of the node's own, for routing, for `addrtype` and as the source of its processes.
 * Source: pkg/proxy/ipvs/proxier.go (kube-ipvs0); net/ipv4/fib_frontend.c (a bound address is a local route).
 * Simplified: the device answers no ARP and sends nothing.
 * Who could tell: someone who runs mode ipvs without strictARP, where nodes answer for such addresses on their uplinks.
 */
import type { Ip } from './address.js';
import type { Egress, NodeContext } from './packet.js';
import type { Ruleset } from './rules.js';

const known = new WeakMap<Ruleset, { of: NodeContext; context: NodeContext }>();

/** The node as its packets find it while these rules are in force. */
export function contextUnder(ruleset: Ruleset, node: NodeContext): NodeContext {
  const { boundAddresses } = ruleset;
  if (boundAddresses === undefined || boundAddresses.size === 0) return node;
  const before = known.get(ruleset);
  if (before?.of === node || before?.context === node) return before.context;
  const context = withAddresses(node, boundAddresses);
  known.set(ruleset, { of: node, context });
  return context;
}

function withAddresses(node: NodeContext, bound: ReadonlySet<string>): NodeContext {
  const isBound = (ip: Ip): boolean => bound.has(ip.text);
  return {
    name: node.name,
    ...(node.bridge === undefined ? {} : { bridge: node.bridge }),
    routeLocalnet: node.routeLocalnet,
    addressesOf: (name) => node.addressesOf(name),
    isLocalAddress: (ip) => isBound(ip) || node.isLocalAddress(ip),
    egress(ip): Egress {
      const egress = node.egress(ip);
      // Local routes come first, and lead over the loopback whatever device has the address.
      return isBound(ip) && !egress.local ? { interface: 'lo', address: egress.address, local: true } : egress;
    },
  };
}
