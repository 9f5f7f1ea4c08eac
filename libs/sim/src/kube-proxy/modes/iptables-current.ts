/**
 * The rules of a service port since 1.24.
 *
 * Models: KUBE-SVC (policy Cluster), KUBE-SVL (policy Local), KUBE-EXT (what comes from outside), KUBE-FW (source ranges).
 * Source: pkg/proxy/iptables/proxier.go (syncProxyRules) of 1.25 to 1.30 and of copies of the 1.24, 1.31 and 1.33 eras.
 * Simplified: nothing known.
 * Who could tell: someone on 1.35 to 1.37, whose source was not read.
 */
import { contains } from '../../netfilter/address.js';
import type { Target } from '../../netfilter/rules.js';
import { type CategorizedEndpoints, usesClusterEndpoints, usesLocalEndpoints } from '../categorize-endpoints.js';
import type { EndpointInfo } from '../endpoint-map.js';
import { comment, destination, destinationPort, fromLocalAddress, jump, protocol, rule } from '../rule-parts.js';
import { isExternallyAccessible } from '../service-map.js';
import type { ServiceRulesBuilder } from './iptables-service-rules.js';

interface Plan {
  readonly hasAny: boolean;
  /** Traffic to the cluster IP, and to external addresses, has somewhere to go. */
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly internalChain: string;
  readonly externalPolicyChain: string;
  readonly loadBalancerChain: string;
  /** What ends traffic that has nowhere to go, in the filter table. */
  readonly refusal: { readonly text: string; readonly target: Target };
}

export function currentServiceRules(builder: ServiceRulesBuilder, endpoints: readonly EndpointInfo[]): void {
  const categorized = builder.context.categorize(endpoints, builder.info);
  const plan = planOf(builder, categorized.hasAnyEndpoints, categorized.localEndpoints.length > 0);
  captureClusterIP(builder, plan);
  captureExternalIPs(builder, plan);
  captureLoadBalancerIPs(builder, plan);
  captureNodePort(builder, plan);
  builder.acceptHealthChecks();
  if (!plan.hasAny) return;
  masqueradeInternal(builder, plan);
  if (isExternallyAccessible(builder.info)) addExternalChain(builder, plan);
  if (plan.loadBalancerChain === builder.chainName('FW')) addFirewallChain(builder);
  addPolicyChains(builder, categorized);
  for (const endpoint of categorized.allReachableEndpoints) builder.addEndpointChain(endpoint);
}

/** Up to 1.24 the chain for policy Local drops by itself when it has no endpoint, so it can always be jumped to. */
const dropsByMark = ({ context }: ServiceRulesBuilder): boolean => context.node.behaviour.dropsBy === 'markDrop';

function planOf(builder: ServiceRulesBuilder, hasAny: boolean, hasLocal: boolean): Plan {
  const { info } = builder;
  const reaches = (local: boolean): boolean => hasAny && (!local || hasLocal || dropsByMark(builder));
  const usesFirewall = hasAny && info.loadBalancerVIPs.length > 0 && info.loadBalancerSourceRanges.length > 0;
  return {
    hasAny,
    hasInternal: reaches(info.internalPolicyLocal),
    hasExternal: reaches(info.externalPolicyLocal),
    internalChain: builder.chainName(info.internalPolicyLocal ? 'SVL' : 'SVC'),
    externalPolicyChain: builder.chainName(info.externalPolicyLocal ? 'SVL' : 'SVC'),
    loadBalancerChain: builder.chainName(usesFirewall ? 'FW' : 'EXT'),
    refusal: hasAny
      ? { text: `${info.name} has no local endpoints`, target: { kind: 'DROP' } }
      : { text: `${info.name} has no endpoints`, target: { kind: 'REJECT' } },
  };
}

function captureClusterIP(builder: ServiceRulesBuilder, { hasInternal, internalChain, refusal }: Plan): void {
  const { name, clusterIP } = builder.info;
  if (hasInternal) {
    builder.shared.services.push(jump(builder.toPort(`${name} cluster IP`, clusterIP), internalChain));
  } else {
    builder.shared.rejects.push(rule(builder.toPort(refusal.text, clusterIP), refusal.target));
  }
}

function captureExternalIPs(builder: ServiceRulesBuilder, { hasAny, hasExternal, refusal }: Plan): void {
  const { info, shared } = builder;
  for (const ip of info.externalIPs) {
    if (hasAny) shared.services.push(jump(builder.toPort(`${info.name} external IP`, ip), builder.chainName('EXT')));
    if (!hasExternal) shared.externalRejects.push(rule(builder.toPort(refusal.text, ip), refusal.target));
  }
}

function captureLoadBalancerIPs(builder: ServiceRulesBuilder, plan: Plan): void {
  const { info, shared } = builder;
  const firewall = builder.chainName('FW');
  for (const ip of info.loadBalancerVIPs) {
    if (plan.hasAny) {
      shared.services.push(jump(builder.toPort(`${info.name} loadbalancer IP`, ip), plan.loadBalancerChain));
    }
    if (plan.loadBalancerChain === firewall && !dropsByMark(builder)) {
      const matches = builder.toPort(`${info.name} traffic not accepted by ${firewall}`, ip);
      shared.firewall.push(rule(matches, { kind: 'DROP' }));
    }
    if (!plan.hasExternal) {
      shared.externalRejects.push(rule(builder.toPort(plan.refusal.text, ip), plan.refusal.target));
    }
  }
}

const LOOPBACK = '127.0.0.0/8';

function captureNodePort(builder: ServiceRulesBuilder, { hasAny, hasExternal, refusal }: Plan): void {
  const { info, shared, context } = builder;
  const { behaviour, nfacctCounters } = context.node;
  if (info.nodePort === 0) return;
  if (context.nodePorts.ips?.length === 0 && behaviour.withoutNodePortAddress !== 'writeNodePort') return;
  const external = builder.chainName('EXT');
  if (hasAny) {
    const counts = behaviour.nfacctCounters && nfacctCounters.includes('localhost_nps_accepted_pkts');
    if (counts && context.localhostNodePorts) {
      const counter = { kind: 'nfacct', name: 'localhost_nps_accepted_pkts' } as const;
      const toPort = [protocol(info.protocol), destination(LOOPBACK), destinationPort(info.nodePort)];
      shared.nodePorts.push(jump([comment(info.name), ...toPort, counter], external));
    }
    shared.nodePorts.push(jump(builder.toNodePort(info.name), external));
  }
  if (!hasExternal) {
    shared.externalRejects.push(rule(builder.toNodePortOfNode(refusal.text), refusal.target));
  }
}

/** Traffic to the cluster IP that is not from a local pod may leave the node again: its answer must come back here. */
function masqueradeInternal(builder: ServiceRulesBuilder, { hasInternal, internalChain }: Plan): void {
  const { info, context } = builder;
  if (!hasInternal) return;
  const matches = builder.toPort(`${info.name} cluster IP`, info.clusterIP);
  if (context.node.masqueradeAll) builder.declare(internalChain).push(jump(matches, 'KUBE-MARK-MASQ'));
  else if (context.ifNotLocal) {
    builder.declare(internalChain).push(jump([...matches, context.ifNotLocal], 'KUBE-MARK-MASQ'));
  }
}

function addExternalChain(builder: ServiceRulesBuilder, { hasExternal, externalPolicyChain }: Plan): void {
  const { info, context } = builder;
  const rules = builder.declare(builder.chainName('EXT'));
  const toCluster = builder.chainName('SVC');
  const about = (text: string) => comment(`${text} ${info.name} external destinations`);
  if (!info.externalPolicyLocal) {
    rules.push(jump([about('masquerade traffic for')], 'KUBE-MARK-MASQ'));
  } else {
    if (context.ifLocal) rules.push(jump([about('pod traffic for'), context.ifLocal], toCluster));
    rules.push(jump([about('masquerade LOCAL traffic for'), fromLocalAddress], 'KUBE-MARK-MASQ'));
    rules.push(jump([about('route LOCAL traffic for'), fromLocalAddress], toCluster));
  }
  if (hasExternal) rules.push(jump([], externalPolicyChain));
}

function addFirewallChain(builder: ServiceRulesBuilder): void {
  const { info, context } = builder;
  const chain = builder.chainName('FW');
  const nodeIP = context.node.primaryIP;
  const isInRange = nodeIP !== null && info.loadBalancerSourceRanges.some((range) => contains(range, nodeIP));
  builder.addSourceRangeRules(chain, builder.chainName('EXT'), info.loadBalancerVIPs, isInRange);
  if (dropsByMark(builder)) {
    builder.declare(chain).push(jump([comment(`${info.name} loadbalancer IP`)], 'KUBE-MARK-DROP'));
  } else if (context.node.behaviour.firewallChainNote) {
    const note = `other traffic to ${info.name} will be dropped by KUBE-PROXY-FIREWALL`;
    builder.declare(chain).push(rule([comment(note)], null));
  }
}

function addPolicyChains(builder: ServiceRulesBuilder, categorized: CategorizedEndpoints): void {
  const { info } = builder;
  const { clusterEndpoints, localEndpoints } = categorized;
  if (usesClusterEndpoints(info) && clusterEndpoints.length > 0) {
    builder.addAffinityRules(builder.chainName('SVC'), clusterEndpoints);
    builder.addBalancingRules(builder.chainName('SVC'), clusterEndpoints);
  }
  if (!usesLocalEndpoints(info)) return;
  const local = builder.chainName('SVL');
  if (localEndpoints.length > 0) {
    builder.addAffinityRules(local, localEndpoints);
    builder.addBalancingRules(local, localEndpoints);
  } else if (dropsByMark(builder)) {
    builder.declare(local).push(jump([comment(`${info.name} has no local endpoints`)], 'KUBE-MARK-DROP'));
  }
}
