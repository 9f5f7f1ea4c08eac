import type { PathHop, TraceOutcome, TracePacket, TraceResult } from '#sim';

export const packet: TracePacket = {
  from: { kind: 'client', client: 'laptop' },
  to: { kind: 'service', service: 'default/web', port: null, via: 'nodePort', node: null, ipFamily: null, ip: null },
  protocol: 'TCP',
};

export function hop(kind: PathHop['kind'], name: string, ...rewrites: PathHop['rewrites']): PathHop {
  return { kind, name, source: '', destination: '', rewrites };
}

export function delivered(node: string, path: PathHop[], returnPath: PathHop[]): TraceOutcome {
  const endpoint = { ip: '10.180.1.136', port: 8080, pod: 'default/web-1', node };
  return { ...refused('delivered', path), endpoint, sourceIp: '10.240.0.5', sourceKind: 'node', returnPath };
}

export function refused(verdict: TraceOutcome['verdict'], path: PathHop[]): TraceOutcome {
  const node = path.findLast((station) => station.kind === 'node')?.name ?? null;
  return {
    verdict,
    probability: 1,
    endpoint: null,
    sourceIp: null,
    sourceKind: null,
    masquerade: false,
    node,
    path,
    steps: [],
    returnPath: [],
  };
}

export function trace(...outcomes: TraceOutcome[]): TraceResult {
  return { atMs: 0, outcomes };
}

export const node1 = hop('node', 'node-a');
