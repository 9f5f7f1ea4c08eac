/**
 * The rules of a service port in 1.21 to 1.23.
 *
 * Models: KUBE-SVC (all endpoints), KUBE-XLB (external traffic under policy Local), KUBE-FW (every load balancer VIP).
 * Source: pkg/proxy/iptables/proxier.go (syncProxyRules) of 1.21.1, 1.22.0-rc.0 and 1.23.4.
 * Simplified: an external IP whose socket cannot be held gets rules all the same (1.21 and 1.22 skip it).
 * Who could tell: someone who runs a server on an external IP that is an address of the node.
 */
import { contains, type Ip } from '../../netfilter/address.js';
import { filterEndpointsLegacy } from '../categorize-endpoints.js';
import { type EndpointInfo, isLocalTo } from '../endpoint-map.js';
import { comment, fromLocalAddress, jump, rule, source } from '../rule-parts.js';
import type { ServiceRulesBuilder } from './iptables-service-rules.js';

interface LegacyEndpoints {
  readonly hasEndpoints: boolean;
  /** What KUBE-SVC balances over. */
  readonly ready: readonly EndpointInfo[];
  /** What KUBE-XLB balances over. */
  readonly local: readonly EndpointInfo[];
  /** Those with an affinity rule in KUBE-SVC, and those with a chain. */
  readonly sticky: readonly EndpointInfo[];
  readonly programmed: readonly EndpointInfo[];
}

export function legacyServiceRules(builder: ServiceRulesBuilder, all: readonly EndpointInfo[]): void {
  const { info, context } = builder;
  const endpoints = legacyEndpoints(builder, all);
  const { hasEndpoints } = endpoints;
  if (hasEndpoints) builder.declare(builder.chainName('SVC'));
  if (info.externalPolicyLocal) builder.declare(builder.chainName('XLB'));

  captureClusterIP(builder, hasEndpoints);
  for (const ip of info.externalIPs) captureExternalIP(builder, ip, hasEndpoints);
  for (const ip of info.loadBalancerVIPs) captureLoadBalancerIP(builder, ip, hasEndpoints);
  const nodePortWorks = context.nodePorts.ips?.length !== 0;
  if (info.nodePort !== 0 && !nodePortWorks) {
    if (context.node.behaviour.withoutNodePortAddress === 'skipServicePort') return;
  } else if (info.nodePort !== 0) captureNodePort(builder, hasEndpoints);
  builder.acceptHealthChecks();
  if (!hasEndpoints) return;

  builder.addAffinityRules(builder.chainName('SVC'), endpoints.sticky);
  builder.addBalancingRules(builder.chainName('SVC'), endpoints.ready);
  if (info.externalPolicyLocal) addLocalChain(builder, endpoints.local);
  for (const endpoint of endpoints.programmed) builder.addEndpointChain(endpoint);
}

function legacyEndpoints({ context, info }: ServiceRulesBuilder, all: readonly EndpointInfo[]): LegacyEndpoints {
  const { behaviour, gates } = context.node;
  const endpoints = filterEndpointsLegacy(all, info, context.topology);
  const fallsBack =
    info.externalPolicyLocal &&
    behaviour.terminatingFallback === 'externalLocal, gated' &&
    gates.ProxyTerminatingEndpoints;
  const fallback = fallsBack ? endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating) : [];
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  const isHere = (endpoint: EndpointInfo): boolean => isLocalTo(context.node.name, endpoint);
  const readyHere = info.externalPolicyLocal ? ready.filter(isHere) : [];
  const local = readyHere.length > 0 ? readyHere : fallback.filter(isHere);
  switch (behaviour.programs) {
    case 'readyEndpoints':
      return { hasEndpoints: ready.length > 0, ready, local, sticky: ready, programmed: ready };
    case 'allEndpoints':
      return { hasEndpoints: endpoints.length > 0, ready, local, sticky: endpoints, programmed: endpoints };
    case 'usableEndpoints': {
      const used = new Set([...ready, ...local]);
      const programmed = endpoints.filter((endpoint) => used.has(endpoint));
      return { hasEndpoints: ready.length + fallback.length > 0, ready, local, sticky: ready, programmed };
    }
  }
}

/** Where a mark for masquerade goes: beside the jump (1.21), or to the head of the service's chain (1.22). */
function marksOf(builder: ServiceRulesBuilder, dispatchChain: 'services' | 'nodePorts') {
  const inService = builder.context.node.behaviour.masqueradeRules === 'serviceChain';
  return inService ? builder.declare(builder.chainName('SVC')) : builder.shared[dispatchChain];
}

function captureClusterIP(builder: ServiceRulesBuilder, hasEndpoints: boolean): void {
  const { info, shared, context } = builder;
  if (!hasEndpoints) {
    const matches = builder.toPort(`${info.name} has no endpoints`, info.clusterIP);
    shared.rejects.push(rule(matches, { kind: 'REJECT' }));
    return;
  }
  const matches = builder.toPort(`${info.name} cluster IP`, info.clusterIP);
  if (context.node.masqueradeAll) marksOf(builder, 'services').push(jump(matches, 'KUBE-MARK-MASQ'));
  else if (context.ifNotLocal) {
    marksOf(builder, 'services').push(jump([...matches, context.ifNotLocal], 'KUBE-MARK-MASQ'));
  }
  shared.services.push(jump(matches, builder.chainName('SVC')));
}

function captureExternalIP(builder: ServiceRulesBuilder, ip: Ip, hasEndpoints: boolean): void {
  const { info, shared, context } = builder;
  if (!hasEndpoints) {
    shared.externalRejects.push(rule(builder.toPort(`${info.name} has no endpoints`, ip), { kind: 'REJECT' }));
    return;
  }
  const matches = builder.toPort(`${info.name} external IP`, ip);
  if (!info.externalPolicyLocal) {
    const unlessLocal = context.ifNotLocal ? [context.ifNotLocal] : [];
    marksOf(builder, 'services').push(jump([...matches, ...unlessLocal], 'KUBE-MARK-MASQ'));
  }
  shared.services.push(jump(matches, builder.chainName(info.externalPolicyLocal ? 'XLB' : 'SVC')));
}

/** Several VIPs write into the same chain, so that the drop of the first one ends it for the others (until 1.25). */
function captureLoadBalancerIP(builder: ServiceRulesBuilder, ip: Ip, hasEndpoints: boolean): void {
  const { info, shared, context } = builder;
  if (!hasEndpoints) {
    shared.externalRejects.push(rule(builder.toPort(`${info.name} has no endpoints`, ip), { kind: 'REJECT' }));
    return;
  }
  const firewall = builder.chainName('FW');
  const next = builder.chainName(info.externalPolicyLocal ? 'XLB' : 'SVC');
  const comments = [comment(`${info.name} loadbalancer IP`)];
  shared.services.push(jump(builder.toPort(`${info.name} loadbalancer IP`, ip), firewall));
  const rules = builder.declare(firewall);
  if (!info.externalPolicyLocal) rules.push(jump(comments, 'KUBE-MARK-MASQ'));
  if (info.loadBalancerSourceRanges.length === 0) rules.push(jump(comments, next));
  else {
    const nodeIP = context.node.primaryIP;
    const isInRange = nodeIP !== null && info.loadBalancerSourceRanges.some((range) => contains(range, nodeIP));
    builder.addSourceRangeRules(firewall, next, [ip], isInRange);
  }
  rules.push(jump(comments, 'KUBE-MARK-DROP'));
}

function captureNodePort(builder: ServiceRulesBuilder, hasEndpoints: boolean): void {
  const { info, shared, context } = builder;
  if (!hasEndpoints) {
    const matches = builder.toNodePortOfNode(`${info.name} has no endpoints`);
    shared.externalRejects.push(rule(matches, { kind: 'REJECT' }));
    return;
  }
  const matches = builder.toNodePort(info.name);
  if (!info.externalPolicyLocal) {
    marksOf(builder, 'nodePorts').push(jump(matches, 'KUBE-MARK-MASQ'));
    shared.nodePorts.push(jump(matches, builder.chainName('SVC')));
  } else {
    const loopback = source(context.node.ipFamily === 'IPv4' ? '127.0.0.0/8' : '::1/128');
    shared.nodePorts.push(jump([...matches, loopback], 'KUBE-MARK-MASQ'));
    shared.nodePorts.push(jump(matches, builder.chainName('XLB')));
  }
}

function addLocalChain(builder: ServiceRulesBuilder, local: readonly EndpointInfo[]): void {
  const { info, context } = builder;
  const chain = builder.chainName('XLB');
  const toService = builder.chainName('SVC');
  const rules = builder.declare(chain);
  if (context.ifLocal) {
    const text = 'Redirect pods trying to reach external loadbalancer VIP to clusterIP';
    rules.push(jump([comment(text), context.ifLocal], toService));
  }
  rules.push(jump([comment(`masquerade LOCAL traffic for ${info.name} LB IP`), fromLocalAddress], 'KUBE-MARK-MASQ'));
  const route = comment(`route LOCAL traffic for ${info.name} LB IP to service chain`);
  rules.push(jump([route, fromLocalAddress], toService));
  if (local.length === 0) {
    rules.push(jump([comment(`${info.name} has no local endpoints`)], 'KUBE-MARK-DROP'));
  } else if (context.node.behaviour.localBalancingComment === 'service') {
    builder.addAffinityRules(chain, local);
    builder.addBalancingRules(chain, local);
  } else {
    for (const endpoint of local) builder.addAffinityRule(chain, endpoint, [comment(info.name)]);
    builder.addBalancingRules(chain, local, (index) => [comment(`Balancing rule ${index} for ${info.name}`)]);
  }
}
