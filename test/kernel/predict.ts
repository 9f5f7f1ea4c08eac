/**
 * What Hairpin says of a cluster: the rules of each node, as the API serves them, and what a trace makes of each flow.
 * Everything goes through the doors: the cluster is written down as a scenario document, as a user would.
 */
import { parseScenario } from '#scenario';
import { rulesText, type Scenario, type TraceFrom, type TraceOutcome, tracerAt } from '#sim';
import type { Attempted, CaseMode, ClusterCase } from './cluster-case.js';
import { objectsOf } from './cluster-objects.js';
import { type Family, familyOf, inFamily } from './links.js';
import { addressesOf, type LoadedRules } from './network.js';

export interface Prediction {
  rules: LoadedRules[];
  trace(flow: Attempted): TraceOutcome[];
}

const TOOLS: Record<CaseMode, LoadedRules['tool']> = { iptables: 'iptables', nftables: 'nft', userspace: 'iptables' };

/** What kubelet writes on every node, in whatever mode kube-proxy runs; mode iptables writes it as well. */
const KUBELETS_RULES = `*filter
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FIREWALL - [0:0]
-A INPUT -j KUBE-FIREWALL
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
COMMIT
`;

export function predict(cluster: ClusterCase): Prediction {
  const scenario = scenarioOf(cluster);
  const mode = cluster.mode ?? 'iptables';
  const trace = tracerAt(scenario, 0);
  const rulesOf = (node: string, family: Family): LoadedRules[] => {
    const text = rulesText(scenario, { node, ipFamily: family, atNs: 0, format: TOOLS[mode] });
    const kubelets = { tool: 'iptables', node, family, text: KUBELETS_RULES } as const;
    const own = { tool: TOOLS[mode], node, family, text };
    return mode === 'nftables' && family === 'IPv4' ? [kubelets, own] : [own];
  };
  return {
    rules: cluster.nodes.flatMap(({ name, ips }) =>
      [...new Set(ips.map(familyOf))].flatMap((family) => rulesOf(name, family)),
    ),
    trace(flow) {
      const to = { kind: 'address', ip: flow.ip, port: flow.port } as const;
      const protocol = flow.transport === 'udp' ? 'UDP' : 'TCP';
      return trace({ from: originOf(cluster, flow), to, protocol }).outcomes;
    },
  };
}

/** The end of a traced packet, in a table's words. */
export function endOf(cluster: ClusterCase, flow: Attempted, outcome: TraceOutcome): string {
  const nobodyListens = flow.transport === 'udp' ? 'rejected' : 'refused';
  const last = outcome.steps.at(-1);
  // A rule that refuses a packet in OUTPUT fails the system call: a sender over UDP hears of nothing else.
  const failsToSend = flow.transport === 'udp' && last?.hook === 'OUTPUT';
  switch (outcome.verdict) {
    case 'dropped':
      if (failsToSend && last.action === 'DROP') return 'unreachable EPERM';
      return isRefusedByRouting(cluster, flow, outcome) ? 'unreachable EINVAL' : 'timeout';
    case 'rejected':
      if (outcome.path.at(-1)?.kind === 'proxy') return 'unreachable EOF';
      // Without a rule it was the endpoint that said no.
      if (last?.action !== 'REJECT') return nobodyListens;
      return failsToSend ? 'unreachable EPERM' : 'rejected';
    case 'passthrough':
      return cluster.nodes.some((node) => addressesOf(cluster, node).includes(flow.ip)) || flow.ip.startsWith('127.')
        ? nobodyListens
        : 'timeout';
    case 'delivered': {
      const { pod, port } = outcome.endpoint!;
      const listener = cluster.pods.find(
        ({ name, listens }) =>
          pod === `default/${name}` && listens.some((at) => at.port === port && at.transport === flow.transport),
      );
      // A known source and yet a reason: the answer does not reach the client, or what the client says then is dropped. A
      // refusal in the second case is all that there is to say.
      if (listener === undefined && (outcome.reason === undefined || /INVALID/.test(outcome.reason)))
        return nobodyListens;
      return outcome.reason === undefined ? `${listener!.name} sees ${outcome.sourceIp}` : 'timeout';
    }
  }
}

/**
 * A loopback source does not leave without route_localnet. In IPv4 routing says so at once to a process that asks for
 * another machine, and to one that sends UDP where a rule leads away from the node. Everything else is lost in silence.
 */
function isRefusedByRouting(cluster: ClusterCase, flow: Attempted, { reason }: TraceOutcome): boolean {
  if (!/^a loopback source does not leave/.test(reason ?? '') || familyOf(flow.ip) === 'IPv6') return false;
  const host = cluster.pods.find(({ name }) => name === flow.from)?.node ?? flow.from;
  const node = cluster.nodes.find(({ name }) => name === host)!;
  return flow.transport === 'udp' || !addressesOf(cluster, node).includes(flow.ip);
}

function originOf(cluster: ClusterCase, flow: Attempted): TraceFrom {
  if (cluster.pods.some(({ name }) => name === flow.from)) return { kind: 'pod', pod: `default/${flow.from}` };
  if (cluster.nodes.some(({ name }) => name === flow.from)) return { kind: 'node', node: flow.from, ip: flow.source };
  const family = familyOf(flow.ip);
  if (flow.via === null) return { kind: 'client', client: clientName(flow.from, family) };
  const { ips } = cluster.clients.find(({ name }) => name === flow.from)!;
  return { kind: 'packet', ip: flow.source ?? inFamily(ips, family)[0]!, enters: flow.via, interface: 'eth0' };
}

/** A scenario's client has one address, so a machine with both families is two clients. */
function clientName(name: string, family: Family): string {
  return family === 'IPv4' ? name : `${name}-ipv6`;
}

function scenarioOf(cluster: ClusterCase): Scenario {
  const { masqueradeAll, masqueradeBit, localhostNodePorts, ...kubeProxy } = cluster.kubeProxy;
  const mode = cluster.mode ?? 'iptables';
  const ofMode = {
    ...(masqueradeAll === undefined ? {} : { masqueradeAll }),
    ...(masqueradeBit === undefined ? {} : { masqueradeBit }),
    ...(localhostNodePorts === undefined ? {} : { localhostNodePorts }),
  };
  const { scenario, issues } = parseScenario({
    name: cluster.name,
    cluster: {
      version: cluster.version,
      admission: 'asStored',
      kubeProxy: { mode, ...kubeProxy, [mode === 'userspace' ? 'iptables' : mode]: ofMode },
      cni: { type: cluster.cni },
      nodes: Object.fromEntries(cluster.nodes.map(({ name, localAddresses }) => [name, { localAddresses }])),
    },
    objects: objectsOf(cluster),
    loadBalancer: {
      family: 'generic',
      ...(cluster.healthChecks === false ? { clusterCheck: 'none', localCheck: 'none' } : {}),
    },
    clients: cluster.clients.flatMap(({ name, ips }) =>
      (['IPv4', 'IPv6'] as const).flatMap((family) =>
        inFamily(ips, family)
          .slice(0, 1)
          .map((ip) => ({ name: clientName(name, family), ip })),
      ),
    ),
  });
  // A setting that is not read would be compared with nothing.
  if (scenario === null || issues.some(({ code }) => code === 'unknown-field'))
    throw new Error(`${cluster.name}: ${JSON.stringify(issues, null, 2)}`);
  return scenario;
}
