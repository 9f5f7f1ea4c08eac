import { describe, expect, it } from 'vitest';
import type { HttpExchange, KubectlCommand, KubeObject, RunLoss, RunResult, Step, StepOutput, StepRecord } from '#sim';
import { transcriptText } from './transcript.js';

const LOSS: RunLoss = {
  outcome: 'dropped',
  cause: 'no-local-endpoint',
  place: { kind: 'node', name: 'n1' },
  count: 1,
  fromMs: 1,
  toMs: 2,
  first: 0,
  event: null,
  text: '1 lost on node n1: no local endpoint; starts with readiness at 10 s',
};

function transcript(...steps: [atS: number, step: Step, output: StepOutput][]): string {
  const records = steps.map(([atS, step, output], index): StepRecord => {
    return { index, step, fromNs: atS * 1e9, toNs: atS * 1e9, output };
  });
  return transcriptText(resultOf(records));
}

function resultOf(records: StepRecord[], more: Partial<RunResult> = {}): RunResult {
  return {
    modelVersion: 'test',
    fingerprint: '0'.repeat(16),
    summary: {
      requests: 0,
      outcomes: {},
      sourceKinds: {},
      latencyUs: null,
      probes: 0,
      ruleSyncs: 0,
      endpointChanges: 0,
      virtualMs: 0,
      events: 0,
    },
    dictionaries: {
      clients: [],
      targets: [],
      loadBalancers: [],
      nodes: [],
      pods: [],
      sources: [],
      reasons: [],
      causes: [],
      places: [],
      reasonEvents: [],
      events: [],
    },
    healthz: { nodes: [], loadBalancers: [] },
    transcript: records,
    expectations: [],
    ...more,
  };
}

function kubectl(command: KubectlCommand): Step {
  return { do: 'kubectl', command };
}

function text(content: string): StepOutput {
  return { kind: 'text', text: content, failed: false };
}

function http(url: string, body: string, more: Partial<HttpExchange> = {}): HttpExchange {
  const base = {
    node: null,
    method: 'GET',
    request: null,
    outcome: 'ok',
    status: 200,
    headers: {},
    elapsedNs: 1e6,
  } as const;
  return { ...base, url, body, ...more };
}

function curl(more: Partial<Extract<Step, { do: 'curl' }>>): Step {
  const base = {
    do: 'curl',
    tool: 'curl',
    forEachNode: null,
    connectTimeoutNs: null,
    maxTimeNs: null,
    grep: null,
  } as const;
  return { ...base, on: { client: 'laptop' }, url: 'http://203.0.113.140', ...more };
}

const loadBalancer: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'loadbalancer', namespace: 'default', creationTimestampNs: 0 },
  spec: { type: 'LoadBalancer', clusterIP: '10.0.65.118', healthCheckNodePort: 32122 },
};

const SOURCE_BODY = 'CLIENT VALUES:\nclient_address=10.244.3.8\ncommand=GET';
const LOST = { outcome: 'dropped', status: null, elapsedNs: 1e9 } as const;

describe('the transcript', () => {
  it("reads like the tutorial's terminal", () => {
    expect(
      transcript(
        [
          0,
          curl({ on: { node: 'kubernetes-node-6jst' }, url: 'http://localhost:10249/proxyMode' }),
          { kind: 'http', exchanges: [http('http://localhost:10249/proxyMode', 'iptables')] },
        ],
        [
          1,
          kubectl({ verb: 'run', name: 'default/busybox', image: 'busybox', labels: {} }),
          text("If you don't see a command prompt, try pressing enter.\n"),
        ],
        [
          2,
          { do: 'exec', on: { pod: 'default/busybox' }, command: 'ip addr' },
          {
            kind: 'interfaces',
            interfaces: [{ name: 'eth0', addresses: [{ family: 'IPv4', cidr: '10.244.3.8/24' }] }],
          },
        ],
        [
          3,
          curl({ tool: 'wget', on: { pod: 'default/busybox' }, url: 'http://10.0.170.92' }),
          { kind: 'http', exchanges: [http('http://10.0.170.92', SOURCE_BODY)] },
        ],
        [
          4.25,
          curl({
            url: 'http://$node:31234',
            forEachNode: ['kubernetes-node-6jst', 'kubernetes-node-cx31'],
            connectTimeoutNs: 1e9,
            grep: 'client_address',
          }),
          {
            kind: 'http',
            exchanges: [
              http('http://10.240.0.4:31234', SOURCE_BODY, { node: 'kubernetes-node-6jst' }),
              http('http://10.240.0.5:31234', '', { node: 'kubernetes-node-cx31', ...LOST }),
            ],
          },
        ],
        [
          6,
          kubectl({
            verb: 'get',
            resource: 'services',
            name: 'default/loadbalancer',
            selector: null,
            output: 'yaml',
            grep: 'healthCheckNodePort',
          }),
          { kind: 'objects', objects: [loadBalancer], nowNs: 6e9 },
        ],
        [
          7,
          { do: 'waitUntil', condition: { loadBalancer: 'default/loadbalancer', unhealthy: 2 }, timeoutNs: 60e9 },
          { kind: 'waited', fulfilled: true, forNs: 10.24e9 },
        ],
        [18, { do: 'sleep', forNs: 5e8 }, { kind: 'waited', fulfilled: true, forNs: 5e8 }],
      ),
    ).toBe(`# t=0.0s on node kubernetes-node-6jst
$ curl localhost:10249/proxyMode
iptables

# t=1.0s
$ kubectl run busybox -it --image=busybox --restart=Never --rm
If you don't see a command prompt, try pressing enter.

# t=2.0s in pod busybox
$ ip addr
1: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP>
    inet 10.244.3.8/24 scope global eth0
       valid_lft forever preferred_lft forever

# t=3.0s in pod busybox
$ wget -qO - 10.0.170.92
CLIENT VALUES:
client_address=10.244.3.8
command=GET

# t=4.3s on client laptop
$ for node in 10.240.0.4 10.240.0.5; do curl -s --connect-timeout 1 $node:31234 | grep -i client_address; done
client_address=10.244.3.8
# curl: exit 28 after 1.0s (node kubernetes-node-cx31, dropped)

# t=6.0s
$ kubectl get svc loadbalancer -o yaml | grep -i healthCheckNodePort
  healthCheckNodePort: 32122

# t=7.0s
# waited 10.2s until default/loadbalancer has taken out 2 nodes

# t=18.0s
$ sleep 0.5
`);
  });

  it('says so when a wait was in vain', () => {
    const pods: Step = {
      do: 'waitUntil',
      condition: { pods: { app: 'web' }, namespace: 'shop', ready: 1 },
      timeoutNs: 60e9,
    };
    expect(transcript([0, pods, { kind: 'waited', fulfilled: false, forNs: 60e9 }])).toContain(
      '# gave up after 60.0s of waiting until 1 pod with app=web in shop ready',
    );
  });

  it('prints an error of the API server as it is', () => {
    const error = 'Error from server (NotFound): services "x" not found';
    const command: KubectlCommand = { verb: 'patch', kind: 'Service', name: 'default/x', patch: {} };
    expect(transcript([0, kubectl(command), { kind: 'text', text: error, failed: true }])).toContain(`\n${error}\n`);
  });

  it('shows the namespaces where kubectl would otherwise show nothing', () => {
    const elsewhere: KubeObject = { ...loadBalancer, metadata: { name: 'lb', namespace: 'shop' } };
    const command: KubectlCommand = {
      verb: 'get',
      resource: 'services',
      name: null,
      selector: null,
      output: 'table',
      grep: null,
    };
    const printed = transcript([0, kubectl(command), { kind: 'objects', objects: [elsewhere], nowNs: 0 }]);
    expect(printed).toContain('$ kubectl get svc -A\nNAMESPACE   NAME');
  });

  it('names the labels that kubectl create deployment cannot set', () => {
    const command = { verb: 'create-deployment', name: 'default/web', image: 'nginx', replicas: 1 } as const;
    const say = (labels: Record<string, string>) => transcript([0, kubectl({ ...command, labels }), text('created')]);
    expect(say({ app: 'web' })).not.toContain('# with');
    expect(say({ run: 'web' })).toContain('# with labels run=web\n');
  });

  it('says what the timeline did, and what came of it, and ends with the sum', () => {
    const record: StepRecord = {
      index: 0,
      step: { do: 'readiness', pod: 'default/web-1', ready: false },
      fromNs: 10e9,
      toNs: 10e9,
      output: { kind: 'text', text: 'there is no pod default/web-1 now; there are: default/web-2', failed: true },
      by: 'timeline',
    };
    const { summary } = resultOf([]);
    const printed = transcriptText(
      resultOf([record], {
        summary: { ...summary, requests: 3, outcomes: { ok: 2, dropped: 1 }, losses: [LOSS] },
        expectations: [
          { name: 'nothing lost', passed: false, matched: 2, of: 3, share: 2 / 3 },
          {
            name: 'ill',
            passed: true,
            matched: 1,
            of: 1,
            share: null,
            evidence: { text: 'a stretch of proxy-healthz 503: n1 from 1 s to 2 s', requests: [], segment: null },
          },
        ],
      }),
    );
    expect(printed).toBe(`# t=10.0s, by the timeline
# the readiness probe of default/web-1 fails from now on
there is no pod default/web-1 now; there are: default/web-2

# 3 requests: 2 ok, 1 dropped
# 1 lost on node n1: no local endpoint; starts with readiness at 10 s
# expectation nothing lost: FAILED (2 of 3)
# expectation ill: passed (a stretch of proxy-healthz 503: n1 from 1 s to 2 s)
`);
  });

  it('lets no control character reach a terminal and no name start a line', () => {
    const printed = transcript([
      0,
      curl({ on: { node: 'n1\n$ rm -rf /' } }),
      { kind: 'http', exchanges: [http('http://x', 'a\u001b[2Jb\u009b1m')] },
    ]);
    expect(printed).toBe('# t=0.0s on node n1 $ rm -rf /\n$ curl 203.0.113.140\na\ufffd[2Jb\ufffd1m\n');
  });
});
