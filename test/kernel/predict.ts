/**
 * What Hairpin says of a cluster: the rules of each node, as the API serves them, and what a trace makes of each flow.
 * Everything goes through the doors: the cluster is written down as a scenario document, as a user would.
 */
import { parseScenario } from '#scenario';
import { rulesText, type Scenario, type TraceFrom, type TraceOutcome, traceScenario } from '#sim';
import { type Attempted, addressesOf, type ClusterCase, objectsOf } from './cluster-case.js';

export interface Prediction {
  /** By node: the text for iptables-restore. */
  rules: Map<string, string>;
  trace(flow: Attempted): TraceOutcome[];
}

export function predict(cluster: ClusterCase): Prediction {
  const scenario = scenarioOf(cluster);
  const question = { ipFamily: 'IPv4', atNs: 0, format: 'iptables' } as const;
  return {
    rules: new Map(cluster.nodes.map(({ name }) => [name, rulesText(scenario, { ...question, node: name })])),
    trace(flow) {
      const to = { kind: 'address', ip: flow.ip, port: flow.port } as const;
      const protocol = flow.transport === 'udp' ? 'UDP' : 'TCP';
      return traceScenario(scenario, { from: originOf(cluster, flow), to, protocol }, 0).outcomes;
    },
  };
}

/** The ends of a traced packet, in a table's words; sorted, each once. */
export function endsOf(cluster: ClusterCase, flow: Attempted, outcomes: TraceOutcome[]): string[] {
  return [...new Set(outcomes.map((outcome) => endOf(cluster, flow, outcome)))].sort();
}

function endOf(cluster: ClusterCase, flow: Attempted, outcome: TraceOutcome): string {
  const nobodyListens = flow.transport === 'udp' ? 'rejected' : 'refused';
  switch (outcome.verdict) {
    case 'dropped':
      return 'timeout';
    case 'rejected':
      // Without a rule it was the endpoint that said no.
      return outcome.steps.at(-1)?.action === 'REJECT' ? 'rejected' : nobodyListens;
    case 'passthrough':
      return cluster.nodes.some((node) => addressesOf(cluster, node).includes(flow.ip)) || flow.ip.startsWith('127.')
        ? nobodyListens
        : 'timeout';
    case 'delivered': {
      const { ip, port } = outcome.endpoint!;
      const listener = cluster.pods.find(
        (pod) => pod.ip === ip && pod.listens.some((at) => at.port === port && at.transport === flow.transport),
      );
      if (listener === undefined) return nobodyListens;
      // A known source and yet a reason: the answer goes past the node that would have to translate it back.
      return outcome.reason === undefined ? `${listener.name} sees ${outcome.sourceIp}` : 'timeout';
    }
  }
}

function originOf(cluster: ClusterCase, flow: Attempted): TraceFrom {
  if (cluster.pods.some(({ name }) => name === flow.from)) return { kind: 'pod', pod: `default/${flow.from}` };
  if (cluster.nodes.some(({ name }) => name === flow.from)) return { kind: 'node', node: flow.from, ip: flow.source };
  if (flow.via === null) return { kind: 'client', client: flow.from };
  const ip = flow.source ?? cluster.clients.find(({ name }) => name === flow.from)!.ips[0]!;
  return { kind: 'packet', ip, enters: flow.via, interface: 'eth0' };
}

function scenarioOf(cluster: ClusterCase): Scenario {
  const { masqueradeAll, localhostNodePorts, ...kubeProxy } = cluster.kubeProxy;
  const iptables = {
    ...(masqueradeAll === undefined ? {} : { masqueradeAll }),
    ...(localhostNodePorts === undefined ? {} : { localhostNodePorts }),
  };
  const { scenario, issues } = parseScenario({
    name: cluster.name,
    cluster: {
      version: cluster.version,
      admission: 'asStored',
      kubeProxy: { mode: 'iptables', ...kubeProxy, iptables },
      cni: { type: cluster.cni },
      nodes: Object.fromEntries(cluster.nodes.map(({ name, localAddresses }) => [name, { localAddresses }])),
    },
    objects: objectsOf(cluster),
    loadBalancer: {
      family: 'generic',
      ...(cluster.healthChecks === false ? { clusterCheck: 'none', localCheck: 'none' } : {}),
    },
    clients: cluster.clients.map(({ name, ips }) => ({ name, ip: ips[0] })),
  });
  if (scenario === null) throw new Error(`${cluster.name}: ${JSON.stringify(issues, null, 2)}`);
  return scenario;
}
