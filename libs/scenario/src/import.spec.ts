import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type PodObject, preStopHookOf } from '#sim';
import { importObjects as importAll, parseScenario } from './index.js';

/** Most texts here have no configuration of kube-proxy; that they are told so is shown below. */
const importObjects: typeof importAll = (input, options) => {
  const { issues, ...result } = importAll(input, options);
  return { ...result, issues: issues.filter(({ code }) => code !== 'kube-proxy-assumed') };
};

const kubectlOutput = readFileSync(new URL('fixtures/kubectl-get-1.33.yaml', import.meta.url), 'utf8');

const NODE =
  'apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nspec: {podCIDR: 10.244.1.0/24}\nstatus:\n  addresses: [{type: InternalIP, address: 172.18.0.3}]\n  nodeInfo: {kubeletVersion: v1.27.4, kernelVersion: 5.10.0-8-amd64}\n';
const document = (...objects: string[]) => [NODE, ...objects].join('---\n');
const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.96.3.4, ports: [{port: 80}]}\n';

describe('what kubectl 1.33 prints with -o yaml', () => {
  const { scenario, document: stored, issues } = importObjects(kubectlOutput, { name: 'kind' });

  it('is imported without a warning, but for the defaults of kube-proxy', () => {
    expect(importAll(kubectlOutput, { name: 'kind' }).issues.map(({ code }) => code)).toEqual(['kube-proxy-assumed']);
    expect(issues).toEqual([]);
    expect(scenario).not.toBeNull();
  });

  it('is taken as it is stored', () => {
    expect(scenario!.cluster.admission).toBe('asStored');
    expect(
      scenario!.objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? '-'}/${metadata.name}`),
    ).toEqual([
      'Node -/kind-control-plane',
      'Node -/kind-worker',
      'Node -/kind-worker2',
      'Service shop/web',
      'Service default/kubernetes',
      'EndpointSlice shop/web-l9zsn',
      'EndpointSlice default/kubernetes',
      'EndpointSlice shop/idle-x7bz2',
      'Pod shop/web-7c5ddbdf54-4t9xk',
    ]);
    expect(scenario!.objects[3]).toMatchObject({ spec: { healthCheckNodePort: 31407, ports: [{ nodePort: 31817 }] } });
    expect(scenario!.objects[7]).toMatchObject({ endpoints: [] });
  });

  it('tells version and kernel of the nodes', () => {
    expect(scenario!.cluster.version).toBe('1.33');
    expect(Object.values(scenario!.cluster.nodes).map(({ version, kernel }) => [version, kernel])).toEqual(
      new Array(3).fill(['1.33', '6.8']),
    );
  });

  it('gives a document that is itself a scenario, without the copy that kubectl keeps of what was applied', () => {
    expect(JSON.stringify(stored)).not.toContain('last-applied-configuration');
    expect(parseScenario(stored)).toMatchObject({ issues: [], document: stored });
  });

  it('is read the same as JSON', () => {
    const { scenario: again, issues: none } = importObjects(
      JSON.stringify({ kind: 'List', apiVersion: 'v1', items: (stored as { objects: unknown[] }).objects }),
      { name: 'kind' },
    );
    expect(none).toEqual([]);
    expect(again!.objects).toEqual(scenario!.objects);
  });
});

describe('an import', () => {
  it('counts what does not matter by kind, and drops Secrets', () => {
    const { issues, document: stored } = importObjects(
      document(
        'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {password: aHVudGVyMg==}\n',
        'apiVersion: v1\nkind: Event\nmetadata: {name: a}\n',
        'apiVersion: v1\nkind: Event\nmetadata: {name: b}\n',
        'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\n',
      ),
    );
    expect(issues.map(({ code, severity, message }) => [code, severity, message])).toEqual([
      ['secret-dropped', 'warning', '1 Secret was dropped; this is the first place.'],
      ['ignored-kind', 'warning', '2 objects of kind Event left out.'],
      ['ignored-kind', 'warning', '1 object of kind Widget left out.'],
    ]);
    expect(JSON.stringify(stored)).not.toMatch(/Secret|aHVudGVyMg/);
  });

  it('drops values of environment variables, also in templates', () => {
    const { document: stored, issues } = importObjects(
      document(
        'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      initContainers: [{name: a, env: [{name: P, value: hunter2}]}]\n      containers: [{name: a, env: [{name: P, value: hunter3}, {name: N, valueFrom: {fieldRef: {fieldPath: x}}}]}]\n',
      ),
    );
    expect(JSON.stringify(stored)).not.toContain('hunter');
    expect(issues.filter(({ code }) => code !== 'workload-without-pods')).toMatchObject([
      {
        code: 'environment-dropped',
        path: '/spec/template/spec/initContainers/0/env/0',
        line: 15,
        message: '2 values of environment variables were dropped; this is the first place.',
      },
    ]);
  });

  it('points into what was sent, inside lists too', () => {
    const pod =
      'apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec: {containers: [{env: [{name: P, value: x}]}]}\n';
    const { issues } = importObjects(
      `kind: List\nitems:\n- kind: Event\n  apiVersion: v1\n- ${pod}- ${NODE.trimEnd().replaceAll('\n', '\n  ')}\n`,
    );
    expect(issues.find(({ code }) => code === 'environment-dropped')).toMatchObject({
      path: '/items/1/spec/containers/0/env/0',
      line: 8,
    });
  });

  it('points into what was sent whatever is wrong, and wherever the document has it', () => {
    const node = (name: string, address: string, more: object) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      status: { addresses: [{ type: 'InternalIP', address }], ...more },
    });
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports: [{ port: 80_000 }] },
    };
    const list = {
      kind: 'List',
      items: [
        { kind: 'Event', apiVersion: 'v1', metadata: { name: 'e' } },
        node('n1', '172.18.0.3', { nodeInfo: { kubeletVersion: 'v1.9.1' } }),
        { kind: 'List', items: [service, { ...service, spec: { ports: [{ port: 80 }] } }] },
        node('n2', '172.18.0.4', { nodeInfo: { kubeletVersion: 'v1.8.0' } }),
        {
          ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-proxy' } },
          data: { x: '', 'config.conf': 'kind: KubeProxyConfiguration\nmode: ipsv\n' },
        },
        { ...node('n3', '172.18.0.5', {}), spec: { podCIDRR: '10.244.1.0/24' } },
      ],
    };
    const { issues } = importObjects(list);
    expect(issues.map(({ code, path }) => [code, path]).sort()).toEqual(
      [
        ['ignored-kind', '/items/0'],
        ['version-guessed', '/items/1/status/nodeInfo/kubeletVersion'],
        ['out-of-range', '/items/2/items/0/spec/ports/0/port'],
        ['cluster-ip-missing', '/items/2/items/1/spec'],
        ['unknown-value', '/items/4/data/config.conf'],
        ['unknown-field', '/items/5/spec/podCIDRR'],
        ['version-unknown', '/items/1/status/nodeInfo/kubeletVersion'],
        ['version-unknown', '/items/3/status/nodeInfo/kubeletVersion'],
      ].sort(),
    );
    const other = { ...service, spec: { clusterIP: '10.96.3.4', ports: [{ port: 80 }] } };
    const twice = importObjects([node('n1', '172.18.0.3', {}), other, other]).issues;
    expect(twice.find(({ code }) => code === 'duplicate-name')).toMatchObject({
      path: '/2/metadata/name',
      message: 'There are two of Service default/web; the first is at /1/metadata/name.',
    });
  });

  it("leaves out what is not known of kube-proxy's configuration, so that the document is a scenario", () => {
    const config = 'kind: KubeProxyConfiguration\nmode: ipvs\nipvs: {strictARP: true, later: 1}\nnewer: {a: 1}\n';
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-proxy' }, data: { conf: config } };
    const { issues, scenario, document: stored } = importObjects([parse(NODE), configMap]);
    expect(issues.map(({ code, severity, path, message }) => [code, severity, path, message])).toEqual([
      ['unknown-field', 'warning', '/1/data/conf', expect.stringContaining('"ipvs.later"')],
      ['unknown-field', 'warning', '/1/data/conf', expect.stringContaining('"newer"')],
    ]);
    expect(scenario!.cluster.nodes.n1!.kubeProxy).toMatchObject({ mode: 'ipvs', ipvs: { strictARP: true } });
    expect(parseScenario(stored)).toMatchObject({ issues: [], document: stored });
  });

  it.each([
    ['prose', 'Dear all,\n\nthe cluster: is down: again.\n - see you\n\tBob\n', 'invalid-yaml'],
    ['a picture', '\ufffdPNG\r\n\u001a\n\0\0\0\rIHDR\0\0 %@&:\ufffd{[\n\t*"\ufffd\n: - ]}', 'invalid-yaml'],
    [
      'YAML of something else',
      'services: {web: {image: nginx}}\nvolumes: [a, 7]\n---\n- 1\n- 2\n',
      'nothing-to-import',
    ],
    ['JSON of something else', '[{"name": "a"}, 1, 2, {"name": "b"}]', 'nothing-to-import'],
  ])('of %s is one issue, which says what is wanted', (_, text, code) => {
    const { issues, scenario, document: stored } = importAll(text);
    expect(issues).toMatchObject([
      { code, path: '', message: expect.stringMatching(/^This is not what kubectl prints: it says no kind anywhere/) },
    ]);
    expect(issues[0]!.hint).toContain('kubectl get nodes,pods,services');
    expect([scenario, stored]).toEqual([null, null]);
  });

  it('stores nothing of a pod template that the model does not read, whatever it holds', () => {
    const secret = 'hunter2';
    const headers = [{ name: 'Authorization', value: `Bearer ${secret}` }];
    const httpGet = {
      scheme: 'HTTPS',
      port: 8443,
      host: secret,
      path: `/healthz?token=${secret}`,
      httpHeaders: headers,
    };
    const exec = {
      command: ['sh', '-c', `curl -H 'X-Api-Key: ${secret}' localhost; sleep 5; PASSWORD=${secret} stop`],
    };
    const volume = { name: 'v', csi: { volumeAttributes: { password: secret } }, configMap: { name: secret } };
    const container = {
      name: 'web',
      image: 'web:1',
      command: ['serve', `-p${secret}`],
      args: [secret],
      workingDir: secret,
      env: [{ name: 'P', value: secret, more: secret }],
      envFrom: [{ prefix: secret }],
      ports: [{ containerPort: 8443, name: 'https', hostIP: secret }],
      resources: { claims: [{ name: secret }] },
      volumeMounts: [{ name: secret, mountPath: secret, subPathExpr: secret }],
      livenessProbe: { httpGet, periodSeconds: 7, note: secret },
      readinessProbe: { exec: { command: ['check', secret] } },
      startupProbe: { grpc: { port: 8443, service: secret } },
      lifecycle: {
        preStop: { exec },
        postStart: { exec, httpGet },
      },
      securityContext: { seLinuxOptions: { user: secret } },
      terminationMessagePath: secret,
      made: { up: secret },
    };
    const spec = {
      containers: [
        container,
        { name: 'b', livenessProbe: { tcpSocket: { port: 1, host: secret } }, lifecycle: { preStop: { httpGet } } },
      ],
      initContainers: [container],
      ephemeralContainers: [container],
      volumes: [volume],
      hostAliases: [{ ip: '10.0.0.1', hostnames: [secret] }],
      imagePullSecrets: [{ name: secret }],
      hostname: secret,
      securityContext: { sysctls: [{ name: 'a', value: secret }] },
      dnsConfig: { options: [{ name: 'a', value: secret }] },
      schedulerName: secret,
      madeUp: secret,
      terminationGracePeriodSeconds: 20,
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ operator: 'Exists', more: secret }],
    };
    const template = { metadata: { labels: { app: 'web' }, annotations: { 'example.com/token': secret } }, spec };
    const selector = { matchLabels: { app: 'web' } };
    const ended = { name: 'web', restartCount: 3, lastState: { terminated: { message: secret } } };
    const { document: stored, issues } = importObjects([
      parse(NODE),
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { selector, template } },
      {
        kind: 'PodList',
        apiVersion: 'v1',
        items: [{ metadata: { name: 'a' }, spec, status: { containerStatuses: [ended] } }],
      },
    ]);
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(JSON.stringify(stored)).not.toContain(secret);
    const { objects } = stored as { objects: [unknown, { spec: { template: { spec: unknown } } }, { spec: unknown }] };
    expect(objects[2]).toMatchObject({ status: { containerStatuses: [{ restartCount: 3 }] } });
    expect(objects[1].spec.template.spec).toEqual(objects[2].spec);
    expect(objects[2].spec).toEqual({
      containers: [
        {
          name: 'web',
          image: 'web:1',
          ports: [{ containerPort: 8443, name: 'https' }],
          livenessProbe: { httpGet: { scheme: 'HTTPS', port: 8443, path: '/healthz' }, periodSeconds: 7, note: null },
          readinessProbe: { exec: { command: ['check'] } },
          startupProbe: { grpc: { port: 8443 } },
          lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 5'] } } },
          made: null,
        },
        { name: 'b', livenessProbe: { tcpSocket: { port: 1 } }, lifecycle: { preStop: { httpGet: {} } } },
      ],
      madeUp: null,
      terminationGracePeriodSeconds: 20,
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ operator: 'Exists', more: null }],
    });
    const names = issues.filter(({ code }) => code === 'unknown-field').map(({ path }) => path);
    expect(names).toContain('/1/spec/template/spec/containers/0/livenessProbe/note');
    expect(issues.find(({ code }) => code === 'argument-dropped')).toMatchObject({
      path: '/1/spec/template/spec/containers/0/command',
    });
    const again = parseScenario(stored);
    expect(again.document).toEqual(stored);
    expect(again.issues.filter(({ code }) => code.endsWith('-dropped'))).toEqual([]);
  });

  it.each([
    [['sleep', '15']],
    [['/bin/sleep', '15s']],
    [['sh', '-c', 'sleep 15']],
    [['/bin/bash', '-lc', 'sleep 5 && sleep 10']],
    [['sh', '-c', 'exec sleep 15']],
  ])('keeps the command of a hook that only sleeps: %j', (command) => {
    const spec = { containers: [{ lifecycle: { preStop: { exec: { command } } } }] };
    const { document: stored, issues } = importObjects([
      parse(NODE),
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec },
    ]);
    expect(stored).toMatchObject({ objects: [{}, { spec }] });
    expect(issues.map(({ code }) => code)).not.toContain('argument-dropped');
  });

  it.each([
    [['/busybox/sleep', '15']],
    [['sh', '-ec', 'nginx -s quit; exec sleep 9']],
    [['bash', '-x', '-c', 'sleep 3; sleep 1m; stop']],
    [['sh', '-c', 'trap "" TERM; sleep 30']],
    [['sh', '-c', 'if true; then stop; fi; sleep 10']],
    [['sh', '-c', 'stop & sleep 5']],
    [['/drain.sh', '--wait=5']],
  ])('leaves a hook that takes as long as it took: %j', (command) => {
    const spec = { containers: [{ lifecycle: { preStop: { exec: { command } } } }] };
    const { scenario } = importObjects([parse(NODE), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec }]);
    const stored = scenario!.objects.find(({ kind }) => kind === 'Pod') as PodObject;
    expect(preStopHookOf(stored.spec)).toEqual(preStopHookOf(spec));
  });

  it('drops managedFields', () => {
    const managed = NODE.replace('{name: n1}', '{name: n1, managedFields: [{manager: kubelet}]}');
    const { scenario, document: stored } = importObjects(managed);
    expect(JSON.stringify([scenario, stored])).not.toMatch(/managedFields|kubelet"/);
  });

  it('reads ten thousand lines of kubectl in good time, and knows their places', () => {
    const pod = (i: number) =>
      [
        '- apiVersion: v1',
        '  kind: Pod',
        '  metadata:',
        '    managedFields:',
        ...Array.from({ length: 40 }, (_, j) => `    - k:{"uid":"${j}"}: {}`),
        `    name: web-${i}`,
        `  status: {}`,
      ].join('\n');
    const text = `kind: List\nitems:\n${Array.from({ length: 1000 }, (_, i) => pod(i)).join('\n')}\n- kind: Servce\n`;
    const before = process.cpuUsage();
    const { issues } = importObjects(text);
    const { user, system } = process.cpuUsage(before);
    expect(issues.find(({ code }) => code === 'unknown-kind')).toMatchObject({ line: text.split('\n').length - 1 });
    expect((user + system) / 1e6).toBeLessThan(2);
  });

  it("takes kube-proxy's configuration from its ConfigMap, with nulls and zeros for defaults", () => {
    const config = [
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
      'bindAddress: 0.0.0.0',
      'clientConnection: {acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0}',
      'clusterCIDR: 10.244.0.0/16',
      'configSyncPeriod: 0s',
      'conntrack: {maxPerCore: null, min: null, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null}',
      'detectLocal: {bridgeInterface: "", interfaceNamePrefix: ""}',
      'detectLocalMode: ""',
      'enableProfiling: false',
      'healthzBindAddress: ""',
      'hostnameOverride: ""',
      'iptables: {localhostNodePorts: null, masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 45s}',
      'ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 0s, tcpFinTimeout: 0s, tcpTimeout: 0s, udpTimeout: 0s}',
      'kind: KubeProxyConfiguration',
      'logging: {flushFrequency: 0, options: {json: {infoBufferSize: "0"}}, verbosity: 0}',
      'metricsBindAddress: ""',
      'mode: ""',
      'nodePortAddresses: null',
      'oomScoreAdj: null',
      'portRange: ""',
      'showHiddenMetricsForVersion: ""',
      'winkernel: {enableDSR: false, forwardHealthCheckVip: false, networkName: "", rootHnsEndpointName: "", sourceVip: ""}',
    ];
    const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy, namespace: kube-system}\ndata:\n  config.conf: |-\n${config.map((line) => `    ${line}\n`).join('')}`;
    const { scenario, issues } = importObjects(document(map));
    expect(issues).toEqual([]);
    expect(scenario!.cluster.nodes.n1!.kubeProxy).toEqual({
      mode: 'iptables',
      clusterCIDR: '10.244.0.0/16',
      detectLocalMode: 'ClusterCIDR',
      detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
      nodePortAddresses: [],
      iptables: {
        masqueradeAll: false,
        masqueradeBit: 14,
        localhostNodePorts: true,
        minSyncPeriodNs: 1e9,
        syncPeriodNs: 45e9,
      },
      nftables: { masqueradeAll: false, masqueradeBit: 14, minSyncPeriodNs: 1e9, syncPeriodNs: 30e9 },
      ipvs: { scheduler: 'rr', strictARP: false, excludeCIDRs: [], minSyncPeriodNs: 0, syncPeriodNs: 30e9 },
      conntrack: { tcpBeLiberal: false },
      featureGates: {},
    });
  });

  it('tells which defaults of kube-proxy it assumes where there is no configuration', () => {
    const issue = (text: string) => importAll(text).issues.find(({ code }) => code === 'kube-proxy-assumed');
    expect(issue(document(SERVICE))).toMatchObject({
      path: '',
      message: expect.stringContaining('mode iptables, no clusterCIDR'),
      hint: expect.stringContaining('kubectl get configmap kube-proxy'),
    });
    const config =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy, namespace: kube-system}\ndata:\n  config.conf: "kind: KubeProxyConfiguration"\n';
    expect(issue(document(SERVICE, config))).toBeUndefined();
  });

  it('tells what manifests that nobody has stored do not have', () => {
    const manifest =
      'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n';
    const deployment =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}\n';
    const { scenario, issues } = importObjects(document(manifest, deployment));
    expect(scenario).not.toBeNull();
    expect(issues.map(({ code, path }) => [code, path])).toEqual([
      ['cluster-ip-missing', '/spec'],
      ['workload-without-pods', ''],
    ]);
  });

  it('refuses a mode that the nodes’ version does not have, wherever it comes from', () => {
    const map =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy}\ndata:\n  config.conf: |\n    kind: KubeProxyConfiguration\n    mode: userspace\n';
    const { scenario, issues } = importObjects(document(map));
    expect(scenario).toBeNull();
    expect(issues).toContainEqual(
      expect.objectContaining({ code: 'version-lacks-feature', path: '/data/config.conf', line: 13 }),
    );
  });

  it("reads the range of cluster IPs from the API server's command line", () => {
    const apiServer =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver-n1, namespace: kube-system}\nspec: {hostNetwork: true, nodeName: n1, containers: [{command: [kube-apiserver, --service-cluster-ip-range=10.96.0.0/16]}]}\n';
    expect(importObjects(document(apiServer)).scenario!.cluster.serviceCIDRs).toEqual(['10.96.0.0/16']);
  });

  it('makes slices of Endpoints where a service has none', () => {
    const endpoints =
      'apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\nsubsets:\n- addresses: [{ip: 10.244.1.5, nodeName: n1}]\n  notReadyAddresses: [{ip: 10.244.1.6, nodeName: n1}]\n  ports: [{port: 8080, protocol: TCP}]\n';
    const slices = (text: string) =>
      importObjects(text).scenario!.objects.filter(({ kind }) => kind === 'EndpointSlice');
    expect(slices(document(SERVICE, endpoints))).toMatchObject([
      {
        metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['10.244.1.5'], conditions: { ready: true }, nodeName: 'n1' },
          { addresses: ['10.244.1.6'], conditions: { ready: false } },
        ],
        ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      },
    ]);
    const slice =
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nendpoints: []\n';
    expect(slices(document(SERVICE, endpoints, slice)).map(({ metadata }) => metadata.name)).toEqual(['web-1']);
  });

  it('takes the node from the topology of a v1beta1 slice', () => {
    const slice =
      'apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nendpoints: [{addresses: [10.244.1.5], topology: {kubernetes.io/hostname: n1, topology.kubernetes.io/zone: a}}]\n';
    const { scenario, issues } = importObjects(document(SERVICE, slice));
    expect(issues).toEqual([]);
    expect(scenario!.objects[2]).toMatchObject({
      apiVersion: 'discovery.k8s.io/v1',
      endpoints: [{ nodeName: 'n1', zone: 'a' }],
    });
  });

  it('opens typed lists, whose items have no kind', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'ServiceList',
      items: [{ metadata: { name: 'web' }, spec: { clusterIP: '10.96.3.4', ports: [{ port: 80 }] } }],
    };
    const { scenario } = importObjects(list);
    expect(scenario!.objects).toMatchObject([
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' } },
    ]);
  });

  it('takes the commonest version and keeps that of the other nodes', () => {
    const other = (name: string, address: string, version: string) =>
      NODE.replace('n1', name)
        .replace('172.18.0.3', address)
        .replace('v1.27.4', version)
        .replace('10.244.1.', `10.244.${address.at(-1)}.`);
    const { scenario, issues } = importObjects(
      document(other('n2', '172.18.0.4', 'v1.26.0-gke.100'), other('n3', '172.18.0.5', 'v1.27.1')),
    );
    expect(scenario!.cluster.version).toBe('1.27');
    expect(Object.values(scenario!.cluster.nodes).map(({ version }) => version)).toEqual(['1.27', '1.26', '1.27']);
    expect(issues).toMatchObject([{ code: 'version-guessed', severity: 'warning' }]);
  });

  it('tells lines of the text that came in', () => {
    const { issues } = importObjects(document(SERVICE.replace('80', '80000')));
    expect(issues).toMatchObject([{ code: 'out-of-range', path: '/spec/ports/0/port', line: 12 }]);
  });

  it('keeps what is terminating as terminating', () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, deletionTimestamp: "2026-03-02T10:00:00Z"}\nspec: {nodeName: n1}\n';
    expect(importObjects(document(pod)).scenario!.objects[1]!.metadata).toEqual({
      name: 'a',
      namespace: 'default',
      deletionTimestampNs: 0,
    });
  });
});
