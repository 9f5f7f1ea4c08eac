import { describe, expect, it } from 'vitest';
import { LOAD_BALANCER_FAMILIES, nearestName } from '#sim';
import { durationHint, parseDuration, parseRate } from './duration.js';
import { canonicalJson, parseScenario } from './index.js';

const NODES = ['n1', 'n2'].map((name, i) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { podCIDR: `10.180.${i + 1}.0/24` },
  status: { addresses: [{ type: 'InternalIP', address: `10.240.0.${i + 4}` }] },
}));
const read = (more: Record<string, unknown>) => {
  const { scenario, issues } = parseScenario({ name: 'x', objects: NODES, ...more });
  expect(issues).toEqual([]);
  return scenario!;
};
const OTHERS = ['StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'other' },
  spec: { selector: { matchLabels: { app: 'other' } }, template: { metadata: { labels: { app: 'other' } } } },
}));
const command = (kubectl: unknown) =>
  (
    read({
      objects: [...NODES, ...OTHERS],
      steps: [
        { kubectl: { create: { deployment: 'web', image: 'i' } } },
        { kubectl: { expose: { deployment: 'web', port: 80 } } },
        { kubectl },
      ],
    }).steps[2] as { command: unknown }
  ).command;

describe('a scenario that says little', () => {
  it('has every default', () => {
    const { cluster, ...rest } = read({});
    expect(rest).toMatchObject({
      seed: 1,
      notes: '',
      healthzText: 'real',
      stepPauseNs: 2e9,
      durationNs: 0,
      clients: [],
      steps: [],
    });
    expect(cluster).toMatchObject({
      version: '1.37',
      admission: 'apply',
      serviceCIDRs: ['10.96.0.0/12'],
      nodePortRange: { from: 30000, to: 32767 },
      cni: { type: 'bridge' },
    });
    expect(cluster.nodes.n2!.kubeProxy.iptables).toEqual({
      masqueradeAll: false,
      masqueradeBit: 14,
      localhostNodePorts: true,
      minSyncPeriodNs: 1e9,
      syncPeriodNs: 30e9,
    });
    expect(cluster.timings).toMatchObject({ watchLatencyNs: 20e6, loadBalancerProvisionNs: 30e9, podWorkNs: 1e6 });
  });

  it('lasts as long as its traffic', () => {
    const traffic = [{ from: { node: 'n1' }, to: { ip: '10.240.0.5', port: 80 }, rate: '30/m' }];
    expect(read({ traffic })).toMatchObject({
      durationNs: 60e9,
      traffic: [{ name: 'traffic-1', ratePerSecond: 0.5, arrivals: 'poisson', stopNs: 60e9 }],
    });
  });
});

describe('the cluster', () => {
  it('merges what a node says of kube-proxy into what the cluster says', () => {
    const { nodes } = read({
      cluster: {
        kubeProxy: { clusterCIDR: '10.180.0.0/16', iptables: { masqueradeAll: true } },
        nodes: { n2: { version: '1.22', kernel: '5.10', kubeProxy: { iptables: { syncPeriod: '1m' } } } },
      },
    }).cluster;
    expect(nodes.n1).toMatchObject({
      version: '1.37',
      kernel: '6.1',
      kubeProxy: { iptables: { masqueradeAll: true, syncPeriodNs: 30e9 } },
    });
    expect(nodes.n2).toMatchObject({
      version: '1.22',
      kernel: '5.10',
      kubeProxy: { clusterCIDR: '10.180.0.0/16', iptables: { masqueradeAll: true, syncPeriodNs: 60e9 } },
    });
  });

  it.each(['1.21', 'v1.21.14', '1.21.0-gke.100'])('reads the version %s as 1.21', (version) => {
    expect(read({ cluster: { version } }).cluster.version).toBe('1.21');
  });

  it('hides no mistake behind another one in the same part', () => {
    const { issues } = parseScenario({
      name: 'x',
      objects: [
        ...NODES,
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'web' },
          spec: { clusterIP: '10.0.0.9', ports: [{ port: 80 }] },
        },
      ],
      cluster: { version: 1, serviceCIDRs: ['10.0.0.0/16'], cni: { type: 'x' } },
    });
    expect(issues.map(({ path }) => path)).toEqual(['/cluster/version', '/cluster/cni/type']);
  });
});

describe('kubectl in a scenario', () => {
  it.each([
    [
      { get: { nodes: 'all' } },
      { verb: 'get', resource: 'nodes', name: null, selector: null, output: 'table', grep: null },
    ],
    [
      { get: { svc: 'web', output: 'yaml', grep: 'x' } },
      { verb: 'get', resource: 'services', name: 'default/web', selector: null, output: 'yaml', grep: 'x' },
    ],
    [
      { get: { node: 'n1' } },
      { verb: 'get', resource: 'nodes', name: 'n1', selector: null, output: 'table', grep: null },
    ],
    [
      { get: { pods: 'all', selector: { run: 'x' }, output: 'wide' } },
      { verb: 'get', resource: 'pods', name: null, selector: { run: 'x' }, output: 'wide', grep: null },
    ],
    [
      { delete: { services: 'all', selector: { app: 'x' } } },
      { verb: 'delete', kind: 'Service', name: null, selector: { app: 'x' }, namespace: 'default' },
    ],
    [
      { delete: { deployment: 'web' } },
      { verb: 'delete', kind: 'Deployment', name: 'default/web', selector: null, namespace: 'default' },
    ],
    [
      { patch: { service: 'web', patch: { spec: {} } } },
      { verb: 'patch', kind: 'Service', name: 'default/web', patch: { spec: {} } },
    ],
    [
      { expose: { deployment: 'web', name: 'np', port: 80, targetPort: 8080, type: 'NodePort' } },
      {
        verb: 'expose',
        deployment: 'default/web',
        name: 'default/np',
        port: 80,
        targetPort: 8080,
        type: 'NodePort',
        protocol: 'TCP',
      },
    ],
    [{ run: { pod: 'shop/box', image: 'busybox' } }, { verb: 'run', name: 'shop/box', image: 'busybox', labels: {} }],
    [{ scale: { deployment: 'web', replicas: 0 } }, { verb: 'scale', deployment: 'default/web', replicas: 0 }],
    [
      { scale: { statefulset: 'other', replicas: 2 } },
      { verb: 'scale', kind: 'StatefulSet', name: 'default/other', replicas: 2 },
    ],
    [
      { setImage: { daemonset: 'other', image: 'i:2', container: 'c' } },
      { verb: 'set-image', kind: 'DaemonSet', name: 'default/other', container: 'c', image: 'i:2' },
    ],
    [
      { patch: { replicaset: 'other', patch: { spec: { replicas: 1 } } } },
      { verb: 'patch', kind: 'ReplicaSet', name: 'default/other', patch: { spec: { replicas: 1 } } },
    ],
    [
      { delete: { statefulset: 'other' } },
      { verb: 'delete', kind: 'StatefulSet', name: 'default/other', selector: null, namespace: 'default' },
    ],
    [{ rolloutRestart: { deployment: 'web' } }, { verb: 'rollout-restart', kind: 'Deployment', name: 'default/web' }],
    [
      { rolloutStatus: { deployment: 'web', timeout: '1m' } },
      { verb: 'rollout-status', deployment: 'default/web', timeoutNs: 60e9 },
    ],
    [
      { rolloutStatus: { statefulset: 'other' } },
      { verb: 'rollout-status', kind: 'StatefulSet', name: 'default/other', timeoutNs: null },
    ],
    [
      { setImage: { deployment: 'web', image: 'i:2' } },
      { verb: 'set-image', deployment: 'default/web', container: null, image: 'i:2' },
    ],
    [
      { drain: { node: 'n1', timeout: '1m' } },
      { verb: 'drain', node: 'n1', force: false, ignoreDaemonsets: true, timeoutNs: 60e9 },
    ],
    [{ uncordon: { node: 'n1' } }, { verb: 'uncordon', node: 'n1' }],
    [
      { taint: { node: 'n1', taint: 'gpu=yes:NoSchedule' } },
      { verb: 'taint', node: 'n1', key: 'gpu', value: 'yes', effect: 'NoSchedule', remove: false },
    ],
    [
      { taint: { node: 'n1', taint: 'gpu:NoExecute-' } },
      { verb: 'taint', node: 'n1', key: 'gpu', value: null, effect: 'NoExecute', remove: true },
    ],
    [
      { taint: { node: 'n1', taint: 'example.com/gpu-' } },
      { verb: 'taint', node: 'n1', key: 'example.com/gpu', value: null, effect: null, remove: true },
    ],
    [
      { label: { node: 'n1', labels: { a: 'b', c: null } } },
      { verb: 'label', kind: 'Node', name: 'n1', labels: { a: 'b', c: null } },
    ],
  ])('%j', (kubectl, expected) => {
    expect(command(kubectl)).toEqual(expected);
  });

  it('applies an object like one of the scenario', () => {
    expect(
      command({
        apply: {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'a' },
          spec: { ports: [{ port: 1 }], clusterIP: null },
        },
      }),
    ).toEqual({
      verb: 'apply',
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'a', namespace: 'default' },
        spec: { ports: [{ port: 1 }] },
      },
    });
  });
});

describe('load balancers', () => {
  it.each(LOAD_BALANCER_FAMILIES)('of family %s have sound numbers', (family) => {
    const { loadBalancers } = read({ loadBalancer: { family } });
    for (const check of [loadBalancers.default.clusterHealthCheck, loadBalancers.default.localHealthCheck]) {
      expect(Math.min(...Object.values(check))).toBeGreaterThanOrEqual(1);
    }
    expect(loadBalancers.default.addresses.length > 0).toBe(
      loadBalancers.default.kind === 'proxy' || !loadBalancers.default.preserveClientIP,
    );
  });

  it('differ by service', () => {
    const steps = [
      { kubectl: { create: { deployment: 'web', image: 'i' } } },
      { kubectl: { expose: { deployment: 'web', port: 80 } } },
    ];
    const { byService, default: common } = read({
      steps,
      loadBalancer: { family: 'gce-1.21' },
      loadBalancers: { web: { family: 'aws-clb-1.21', healthCheck: { interval: '7s' } } },
    }).loadBalancers;
    expect(common.clusterHealthCheck.intervalNs).toBe(8e9);
    expect(byService['default/web']).toMatchObject({
      kind: 'proxy',
      localHealthCheck: { intervalNs: 7e9, timeoutNs: 5e9, healthyThreshold: 2, unhealthyThreshold: 6 },
    });
  });
});

describe('traffic', () => {
  const DNS = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'dns' },
    spec: {
      type: 'NodePort',
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53 },
      ],
    },
  };
  const parsed = (more: object) => parseScenario({ name: 'x', objects: [...NODES, DNS], ...more });

  it('goes over any protocol and both IP families, from clients that have one or both', () => {
    const { scenario, issues } = parsed({
      clients: [
        { name: 'six', ip: '2001:db8::1' },
        { name: 'both', ips: ['198.51.100.1', '2001:db8::2'], count: 4 },
      ],
      traffic: [
        { from: { client: 'both' }, to: { service: 'dns', port: 53, ipFamily: 'IPv6' }, protocol: 'UDP', rate: '1/s' },
        { from: { client: 'six' }, to: { ip: 'fd00::1', port: 53 }, protocol: 'SCTP', rate: '1/s' },
        { from: { client: 'both' }, to: { service: 'dns', port: 'dns-tcp' }, rate: '1/s' },
      ],
    });
    expect(issues).toEqual([]);
    expect(scenario!.clients.map(({ ips, count }) => [ips, count])).toEqual([
      [['2001:db8::1'], 1],
      [['198.51.100.1', '2001:db8::2'], 4],
    ]);
    expect(scenario!.traffic.map(({ protocol }) => protocol)).toEqual(['UDP', 'SCTP', 'TCP']);
  });

  it('that asks for a port of another protocol is told which there are', () => {
    const { issues } = parsed({
      clients: [{ name: 'laptop', ip: '198.51.100.1' }],
      traffic: [{ from: { client: 'laptop' }, to: { service: 'dns', port: 'dns' }, rate: '1/s' }],
    });
    expect(issues).toMatchObject([
      {
        code: 'unknown-service-port',
        message: 'Service default/dns has no TCP port "dns"; it has dns 53/UDP, dns-tcp 53/TCP.',
        hint: 'Say protocol: UDP, or ask for another port.',
      },
    ]);
  });

  it('of UDP has no connect timeout', () => {
    const { issues } = parsed({
      clients: [{ name: 'laptop', ip: '198.51.100.1' }],
      traffic: [
        { from: { client: 'laptop' }, to: { service: 'dns' }, protocol: 'UDP', rate: '1/s', connectTimeout: '1s' },
      ],
    });
    expect(issues).toMatchObject([{ code: 'ignored-setting', path: '/traffic/0/connectTimeout', severity: 'warning' }]);
  });

  it.each([
    ['http://[fd00::1]:80/path', []],
    ['[::1]:10256/healthz', []],
    ['http://[::ffff:10.0.0.1]/', []],
    ['http://fd00::1:80/', ['bad-url']],
    ['fd00::1', ['bad-url']],
    ['http://[fd00::g]/', ['bad-address']],
  ])('a step calls %s: %j', (curl, codes) => {
    const { issues } = parsed({
      clients: [{ name: 'six', ip: '2001:db8::1' }],
      steps: [{ on: { client: 'six' }, curl }],
    });
    expect(issues.map(({ code }) => code)).toEqual(codes);
  });
});

describe('texts', () => {
  it.each([
    ['1.5s', 1.5e9],
    ['200ms', 2e8],
    ['1h30m', 5400e9],
    ['0', 0],
    ['5us', 5000],
    ['5', null],
    ['-5s', null],
    ['+5s', null],
    ['1 min', null],
    ['5d', null],
    ['', null],
    ['1e3s', null],
  ])('duration %j', (text, ns) => {
    expect(parseDuration(text as string)).toBe(ns);
  });

  it.each([
    [5, '5s'],
    ['1 min', '1m'],
    ['2 days', '48h'],
    ['10 seconds', '10s'],
  ])('a hint for %j names %s', (written, better) => {
    expect(durationHint(written)).toContain(`"${better}"`);
  });

  it('never suggests nothing where there must be some', () => {
    const timeline = [{ at: '1s', freeze: { kubeProxy: 'all', for: '0s' } }];
    const { issues } = parseScenario({ name: 'x', objects: NODES, timeline });
    expect(issues).toMatchObject([
      { code: 'bad-duration', path: '/timeline/0/freeze/for', hint: 'Write more than 0, with its unit.' },
    ]);
  });

  it.each([
    ['50/s', 50],
    ['3/m', 0.05],
    ['0/s', null],
    ['50', null],
    ['1/d', null],
  ])('rate %j', (text, perSecond) => {
    expect(parseRate(text as string)).toBe(perSecond);
  });

  it.each([
    ['externalTraficPolicy', 'externalTrafficPolicy'],
    ['externaltrafficpolicy', 'externalTrafficPolicy'],
    ['nodeprot', 'nodePort'],
    ['replicas', null],
    ['x'.repeat(10_000), null],
  ])('the nearest name to %.30s', (name, nearest) => {
    expect(nearestName(name, ['externalTrafficPolicy', 'internalTrafficPolicy', 'nodePort', 'type'])).toBe(nearest);
  });

  it('canonical JSON does not depend on the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: undefined, c: null }], a: 'x' })).toBe('{"a":"x","b":[1,{"c":null}]}');
  });
});

describe('the door', () => {
  it('reads JSON, YAML and values alike', () => {
    const value = { name: 'x', objects: NODES };
    const [fromValue, fromJson, fromYaml] = [
      value,
      JSON.stringify(value),
      `name: x\nobjects: ${JSON.stringify(NODES)}\n`,
    ].map((input) => parseScenario(input));
    expect(fromJson).toEqual(fromValue);
    expect(fromYaml!.scenario).toEqual(fromValue!.scenario);
  });

  it('takes no prototype from a document', () => {
    const { scenario, document } = parseScenario(
      '{"name": "x", "__proto__": {"seed": 9}, "objects": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "__proto__": {"polluted": 1}}}]}',
    );
    expect(scenario!.seed).toBe(1);
    expect((scenario!.objects[0]!.metadata as { polluted?: number }).polluted).toBeUndefined();
    expect(JSON.stringify(document)).not.toContain('polluted');
  });

  it('keeps no credential, neither in the document nor in the scenario', () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': 'hunter2',
      'example.com/token': 'hunter2',
      url: 'https://u:hunter2@h/',
      note: 'kept',
    };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', annotations },
      spec: { containers: [{ env: [{ name: 'P', value: 'hunter2' }] }] },
    };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', annotations }, data: { p: 'hunter2' } };
    const { scenario, document } = parseScenario({ name: 'x', objects: [...NODES, secret, pod] });
    const kept = JSON.stringify([scenario, document]);
    expect(kept).not.toContain('hunter2');
    expect(kept).toContain('"note":"kept"');
    expect((document as { objects: unknown[] }).objects).toHaveLength(3);
  });

  describe('a patch of a Service', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
    const patched = (name: string, patch: unknown) =>
      parseScenario({
        name: 'x',
        objects: [...NODES, service],
        timeline: [
          { at: '1s', expose: { deployment: 'nope', port: 80 } },
          { at: '2s', patch: { service: name, patch } },
        ],
      });
    const errorsOf = (issues: { severity: string; path: string; code: string }[]) =>
      issues.filter(({ severity }) => severity === 'error').map(({ path, code }) => `${code} ${path}`);

    it.each([
      ['web', { spec: null }],
      ['web', { metadata: null }],
      ['web', { metadata: { name: null, namespace: null } }],
      ['nope', { spec: null }],
      ['nope', { metadata: null, spec: {} }],
    ])('that an API server would refuse is left to it: %s %j', (name, patch) => {
      const { scenario, issues } = patched(name, patch);
      expect(errorsOf(issues).filter((error) => !error.endsWith('/expose/deployment'))).toEqual([]);
      expect(scenario === null).toBe(errorsOf(issues).length > 0);
    });

    it.each([
      [{ spec: { ports: [null] } }, '/spec/ports/0'],
      [{ spec: 7 }, '/spec'],
      [{ spec: { externalIPs: [null] } }, '/spec/externalIPs/0'],
    ])('of a wrong type is an issue at its place: %j', (patch, at) => {
      const { scenario, issues } = patched('web', patch);
      expect(scenario).toBeNull();
      expect(errorsOf(issues).map((error) => error.split(' ')[1])).toContain(`/timeline/1/patch/patch${at}`);
    });
  });

  it('reports what the model would not admit at the place in the document', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } };
    const services = Array.from({ length: 8 }, (_, i) => ({ ...service, metadata: { name: `s${i}` } }));
    const { issues, scenario } = parseScenario({
      name: 'x',
      cluster: { serviceCIDRs: ['10.0.0.0/30'] },
      objects: { kind: 'List', items: [...NODES, ...services] },
    });
    expect(scenario).toBeNull();
    expect(issues[0]).toMatchObject({ code: 'not-admitted', path: expect.stringMatching(/^\/objects\/items\/\d+$/) });
  });
});
