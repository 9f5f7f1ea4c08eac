/** One case for each code of the registry: the smallest document that produces it. */
import { describe, expect, it } from 'vitest';
import { LOAD_BALANCER_FAMILIES } from '#sim';
import { FAMILIES_OF } from './checks/families.js';
import { ISSUES, type IssueCode, importObjects, type ParsedScenario, parseScenario } from './index.js';

type Fields = Record<string, unknown>;

const node = (name: string, address: string, podCIDR = '10.180.1.0/24'): Fields => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { podCIDR },
  status: { addresses: [{ type: 'InternalIP', address }] },
});
const pod = (name: string, ip: string, more: Fields = {}): Fields => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'web' } },
  spec: { nodeName: 'n1', containers: [{ name: 'web', ports: [{ name: 'http', containerPort: 8080 }] }], ...more },
  status: { podIP: ip },
});
const service = (spec: Fields = {}, name = 'web'): Fields => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
});
const slice = (more: Fields = {}, labels: Fields = { 'kubernetes.io/service-name': 'web' }): Fields => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', labels },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.180.1.5'], nodeName: 'n1' }],
  ports: [{ port: 8080 }],
  ...more,
});

const N1 = node('n1', '10.240.0.4');
const POD = pod('web-1', '10.180.1.5');
const BASE: Fields = {
  name: 'case',
  cluster: { version: '1.33', serviceCIDRs: ['10.0.0.0/16'] },
  objects: [N1, POD, service()],
  clients: [{ name: 'laptop', ip: '198.51.100.79' }],
};
const TRAFFIC = { from: { client: 'laptop' }, to: { service: 'web' }, rate: '1/s' };

const doc = (more: Fields): ParsedScenario => parseScenario({ ...BASE, ...more });
const objects = (...list: unknown[]): ParsedScenario => doc({ objects: list });
const withObjects = (...list: unknown[]): ParsedScenario => objects(N1, POD, ...list);
const cluster = (more: Fields, rest: Fields = {}): ParsedScenario =>
  doc({ cluster: { ...(BASE.cluster as Fields), ...more }, ...rest });
/** In another version than the others. */
const inVersion = (version: string, more: Fields): ParsedScenario => cluster({ version }, more);
/** Timeline entries, a second apart. */
const happening = (...entries: Fields[]): ParsedScenario =>
  doc({ duration: '1h', timeline: entries.map((entry, n) => ({ at: `${n + 1}s`, ...entry })) });
const step = (entry: unknown): ParsedScenario => doc({ steps: [entry] });
const FAR = { type: 'ExternalName', externalName: 'db.example.com', selector: undefined, ports: [] };
/** Traffic to a service of that form. */
const toService = (spec: Fields, from: Fields): ParsedScenario =>
  doc({ objects: [N1, POD, service(spec)], traffic: [{ ...TRAFFIC, from }] });
/** Endpoints with addresses of their own. */
const crowd = (size: number) =>
  Array.from({ length: size }, (_, n) => ({ addresses: [`10.180.${1 + (n >> 8)}.${n & 255}`] }));
const traffic = (more: Fields): ParsedScenario => doc({ traffic: [{ ...TRAFFIC, ...more }] });
const yaml = (text: string): ParsedScenario => parseScenario(text, { format: 'yaml' });

const patch = (body: Fields): ParsedScenario =>
  doc({ timeline: [{ at: '1s', patch: { service: 'web', patch: body } }] });
const PATCHED = '/timeline/0/patch/patch';
const NEAR = { trafficDistribution: 'PreferClose' };
const annotated = (key: string, value: string): Fields => ({
  ...service(),
  metadata: { name: 'web', annotations: { [key]: value } },
});

const deployment = (labels: Fields): Fields => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'db' },
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
});

const hooked = (preStop: Fields, more: Fields = {}): Fields => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', lifecycle: { preStop } }] } },
  },
  ...more,
});

/** More pods than addresses, each with a liveness probe a second, of a program whose answers hang on its load. */
const manyProbed = (concurrency: number | undefined): ParsedScenario => {
  const containers = [{ name: 'db', livenessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 } }];
  const { spec, ...rest } = deployment({ app: 'db' });
  const template = { metadata: { labels: { app: 'db' } }, spec: { containers } };
  const probed = { ...rest, spec: { ...(spec as Fields), template, replicas: 20_000 } };
  return doc({ objects: [N1, POD, probed], duration: '5h', apps: [{ match: { app: 'db' }, concurrency }] });
};

type Case = [code: IssueCode, path: string, result: () => ParsedScenario];

const ownRules = (iptablesSave: string): ParsedScenario => cluster({ nodes: { n1: { rules: { iptablesSave } } } });
const OWN_RULES = '/cluster/nodes/n1/rules/iptablesSave';
const filter = (...lines: string[]): string => ['*filter', ...lines, 'COMMIT', ''].join('\n');

const CASES: Case[] = [
  ['rules-unreadable', OWN_RULES, () => ownRules('table ip nat {}')],
  ['rules-unknown', OWN_RULES, () => ownRules(filter('-A INPUT -m u32 --u32 0=0 -j DROP'))],
  ['rules-no-such-chain', OWN_RULES, () => ownRules(filter('-A INPUT -j GONE'))],
  ['rules-loop', OWN_RULES, () => ownRules(filter(':A - [0:0]', '-A A -j A'))],
  ['rules-misplaced', OWN_RULES, () => ownRules(filter('-A INPUT -j MASQUERADE'))],
  ['rules-truncated', OWN_RULES, () => ownRules('*filter\n:INPUT ACCEPT [0:0]\n')],
  ['rules-too-large', OWN_RULES, () => ownRules('#'.repeat(9_000_000))],
  ['rules-assumed', OWN_RULES, () => ownRules(filter('-A INPUT -m limit --limit 3/min -j ACCEPT'))],
  [
    'rules-assumed',
    '/cluster/nodes/n1/rules',
    () =>
      cluster({
        nodes: { n1: { kubeProxy: { mode: 'ipvs' }, rules: { iptablesSave: filter('-A INPUT -j ACCEPT') } } },
      }),
  ],
  [
    'rules-assumed',
    '/timeline/0/upgrade/set/mode',
    () =>
      cluster(
        { nodes: { n1: { rules: { iptablesSave: filter('-A INPUT -j ACCEPT') } } } },
        { timeline: [{ at: '1s', upgrade: { kubeProxy: 'n1', set: { mode: 'ipvs' } } }] },
      ),
  ],
  [
    'rules-truncated',
    '/cluster/nodes/n1/rules/nftRuleset',
    () => cluster({ nodes: { n1: { rules: { nftRuleset: 'table ip t {' } } } }),
  ],
  [
    'unknown-field',
    '/cluster/nodes/n1/rules/iptables',
    () => cluster({ nodes: { n1: { rules: { iptables: '*filter' } } } }),
  ],
  ['text-too-large', '', () => parseScenario('name: x'.padEnd(200), { limits: { textChars: 100 } })],
  ['invalid-json', '', () => parseScenario('{"name": }', { format: 'json' })],
  ['invalid-yaml', '', () => yaml('name: [a')],
  ['invalid-yaml', '', () => yaml('a: *nobody')],
  ['duplicate-key', '/name', () => yaml('name: a\nname: b')],
  ['duplicate-key', '/a/1/b', () => parseScenario('{"a": ["x", {"b": 1, "c": "b\\": ", "b": 2}]}', { format: 'json' })],
  ['too-deep', '', () => yaml('['.repeat(1000))],
  ['too-deep', '', () => parseScenario('['.repeat(100_000) + ']'.repeat(100_000), { format: 'json' })],
  ['too-many-values', '', () => parseScenario({ list: new Array(50).fill(0) }, { limits: { values: 40 } })],
  ['alias-bomb', '', () => yaml(aliasBomb(9))],
  ['empty-document', '', () => yaml('# nothing\n')],
  ['several-documents', '', () => yaml('name: a\n---\nname: b\n')],
  ['more-issues', '', () => parseScenario({ ...BASE, a1: 1, a2: 1, a3: 1 }, { limits: { issues: 2 } })],
  ['no-scenario', '', () => parseScenario({ name: 'hairpin', version: '0.1.0', scripts: {}, dependencies: {} })],
  ['wrong-type', '/seed', () => doc({ seed: 'seven' })],
  ['wrong-type', '/objects/0', () => objects('pod')],
  ['missing-field', '/name', () => doc({ name: undefined })],
  ['unknown-field', '/sede', () => doc({ sede: 7 })],
  ['unknown-value', '/healthzText', () => doc({ healthzText: 'legcay' })],
  ['unknown-value', '/objects/2/spec/type', () => withObjects(service({ type: 'Nodeport' }))],
  ['out-of-range', '/objects/2/spec/ports/0/port', () => withObjects(service({ ports: [{ port: 70_000 }] }))],
  ['bad-value', '/cluster/nodePortRange', () => cluster({ nodePortRange: '32767-30000' })],
  [
    'bad-value',
    '/timeline/0/scale/daemonset',
    () => doc({ timeline: [{ at: '1s', scale: { daemonset: 'agent', replicas: 2 } }] }),
  ],
  ['bad-value', '/steps/0/on', () => step({ on: {}, curl: '10.0.0.1' })],
  ['wrong-type', '/cluster/nodes', () => cluster({ nodes: [{ name: 'n1' }] })],
  ['bad-duration', '/duration', () => doc({ duration: '5' })],
  ['bad-duration', '/duration', () => doc({ duration: 5 })],
  ['bad-duration', '/duration', () => doc({ duration: '1 min' })],
  ['bad-rate', '/traffic/0/rate', () => traffic({ rate: 50 })],
  ['bad-version', '/cluster/version', () => cluster({ version: 1.3 })],
  ['bad-name', '/objects/2/metadata/name', () => withObjects(service({}, 'Web_1'))],
  ['bad-name', '/objects/2/metadata/name', () => withObjects(service({}, '1web'))],
  ['bad-label', '/objects/2/spec/selector/app', () => withObjects(service({ selector: { app: 'a b' } }))],
  ['bad-address', '/clients/0/ip', () => doc({ clients: [{ name: 'laptop', ip: '198.51.100.300' }] })],
  ['bad-address', '/clients/0/ip', () => doc({ clients: [{ name: 'laptop', ip: '198.51.100.079' }] })],
  ['bad-cidr', '/cluster/serviceCIDRs/0', () => cluster({ serviceCIDRs: ['10.0.0.0'] })],
  [
    'bad-cidr',
    '/objects/2/spec/loadBalancerSourceRanges/0',
    () => withObjects(service({ type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0'] })),
  ],
  ['cidr-host-bits', '/cluster/serviceCIDRs/0', () => cluster({ serviceCIDRs: ['10.0.0.1/16'] })],
  ['bad-url', '/steps/0/curl', () => step({ on: { client: 'laptop' }, curl: 'http://$node:31234' })],
  ['bad-url', '/steps/0/curl', () => step({ on: { client: 'laptop' }, curl: 'http://fd00::1/healthz' })],
  ['bad-address', '/steps/0/curl', () => step({ on: { client: 'laptop' }, curl: 'http://[10.0.0.1]:80' })],
  ['bad-address', '/steps/0/curl', () => step({ on: { client: 'laptop' }, curl: 'http://[fd00::1%eth0]:80' })],
  [
    'bad-value',
    '/apps/0',
    () => doc({ apps: [{ match: { app: 'web' }, shutdown: 'graceful', afterSigterm: 'untilKilled' }] }),
  ],
  ['unknown-value', '/apps/0/shutdown', () => doc({ apps: [{ match: { app: 'web' }, shutdown: 'slow' }] })],
  ['bad-value', '/clients/0', () => doc({ clients: [{ name: 'laptop' }] })],
  ['bad-value', '/clients/0', () => doc({ clients: [{ name: 'laptop', ips: ['198.51.100.1', '198.51.100.2'] }] })],
  ['out-of-range', '/clients/0/ips', () => doc({ clients: [{ name: 'laptop', ips: ['198.51.100.1'] }] })],
  ['unknown-verb', '/steps/0/crul', () => step({ crul: 'x' })],
  ['several-verbs', '/steps/0', () => step({ curl: '10.0.0.1', wget: '10.0.0.1', on: { client: 'laptop' } })],
  ['not-modelled-yet', '/timeline/0/rollout', () => doc({ timeline: [{ at: '1s', rollout: { deployment: 'web' } }] })],
  ['not-modelled-yet', '/steps/0/kubectl/annotate', () => step({ kubectl: { annotate: { node: 'n1' } } })],
  ['unknown-node', '/steps/0/kubectl/drain/node', () => step({ kubectl: { drain: { node: 'n9' } } })],
  ['bad-value', '/steps/0/kubectl/taint/taint', () => step({ kubectl: { taint: { node: 'n1', taint: 'gpu' } } })],
  [
    'unknown-deployment',
    '/timeline/0/setImage/deployment',
    () => doc({ timeline: [{ at: '1s', setImage: { deployment: 'nobody', image: 'a' } }] }),
  ],
  [
    'version-lacks-feature',
    '/objects/1/spec/containers/0/lifecycle/preStop/sleep',
    () =>
      doc({
        cluster: { version: '1.29' },
        objects: [
          node('n1', '10.0.0.1'),
          {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'a' },
            spec: { containers: [{ name: 'a', lifecycle: { preStop: { sleep: { seconds: 5 } } } }] },
          },
        ],
      }),
  ],
  [
    'version-lacks-feature',
    '/timeline/0/apply/spec/updateStrategy/rollingUpdate/maxSurge',
    () =>
      doc({
        cluster: { version: '1.21' },
        timeline: [
          {
            at: '1s',
            apply: {
              apiVersion: 'apps/v1',
              kind: 'DaemonSet',
              metadata: { name: 'a' },
              spec: { updateStrategy: { rollingUpdate: { maxSurge: 1 } } },
            },
          },
        ],
      }),
  ],
  [
    'hook-without-duration',
    '/objects/1/spec/template/spec/containers/0/lifecycle/preStop',
    () => objects(N1, hooked({ exec: { command: ['/drain.sh'] } }), service()),
  ],
  [
    'hook-without-duration',
    '/timeline/0/apply/spec/template/spec/containers/0/lifecycle/preStop',
    () => happening({ apply: hooked({ httpGet: { port: 80 } }) }),
  ],
  ['unused-setting', '/apps/0/match', () => doc({ apps: [{ match: { app: 'nobody' }, startup: '1s' }] })],
  [
    'bad-value',
    '/cluster/kubeProxy/portRange',
    () => cluster({ version: '1.25', kubeProxy: { mode: 'userspace', portRange: '5-4' } }),
  ],
  [
    'bad-value',
    '/cluster/kubeProxy/bindAddress',
    () => cluster({ version: '1.25', kubeProxy: { mode: 'userspace', bindAddress: '127.0.0.1' } }),
  ],
  [
    'bad-address',
    '/cluster/kubeProxy/bindAddress',
    () => cluster({ version: '1.25', kubeProxy: { mode: 'userspace', bindAddress: 'eth0' } }),
  ],
  [
    'bad-duration',
    '/cluster/kubeProxy/udpIdleTimeout',
    () => cluster({ version: '1.25', kubeProxy: { mode: 'userspace', udpIdleTimeout: 'soon' } }),
  ],
  [
    'bad-value',
    '/cluster/kubeProxy/udpIdleTimeout',
    () => cluster({ version: '1.25', kubeProxy: { mode: 'userspace', udpIdleTimeout: '-1s' } }),
  ],
  ['not-modelled-yet', '/loadBalancer/family', () => doc({ loadBalancer: { family: 'cilium' } })],
  ['not-modelled-yet', '/steps/0/curl', () => step({ on: { client: 'laptop' }, curl: 'https://10.0.0.1' })],
  ['not-modelled-yet', '/steps/0', () => step({ on: { pod: 'web-1' }, curl: 'http://www.example.com' })],
  ['unknown-service', '/steps/0', () => step({ on: { pod: 'web-1' }, curl: 'http://wep' })],
  ['unknown-service', '/steps/0', () => step({ on: { pod: 'web-1' }, curl: 'http://web.shop.svc.cluster.local/' })],
  ['bad-url', '/steps/0/curl', () => step({ on: { pod: 'web-1' }, curl: 'http://web_1' })],
  ['not-modelled-yet', '/steps/0/run', () => step({ on: { pod: 'web-1' }, run: 'ps aux' })],
  [
    'not-modelled-yet',
    '/cluster/kubeProxy/featureGates/EndpointSliceProxying',
    () => cluster({ version: '1.21', kubeProxy: { featureGates: { EndpointSliceProxying: false } } }),
  ],
  [
    'ignored-setting',
    '/cluster/kubeProxy/healthzBindAddress',
    () => cluster({ kubeProxy: { healthzBindAddress: '0.0.0.0:10999' } }),
  ],
  ['unknown-kind', '/objects/2/kind', () => withObjects({ ...service(), kind: 'Servce' })],
  [
    'ignored-kind',
    '/objects/3',
    () => withObjects(service(), { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'x' } }),
  ],
  ['wrong-api-version', '/objects/2/apiVersion', () => withObjects({ ...service(), apiVersion: 'apps/v1' })],
  ['duplicate-name', '/objects/3/metadata/name', () => withObjects(service(), service())],
  [
    'duplicate-name',
    '/clients/1/name',
    () =>
      doc({
        clients: [
          { name: 'a', ip: '198.51.100.1' },
          { name: 'a', ip: '198.51.100.2' },
        ],
      }),
  ],
  ['unknown-node', '/objects/1/spec/nodeName', () => objects(N1, pod('web-1', '10.180.1.5', { nodeName: 'n2' }))],
  [
    'unknown-node',
    '/steps/0/forEach/node/1',
    () => step({ on: { client: 'laptop' }, curl: 'http://$node:80', forEach: { node: ['n1', 'n2'] } }),
  ],
  [
    'node-not-given',
    '/objects/1/spec/nodeName',
    () => cluster({ admission: 'asStored' }, { objects: [N1, pod('web-1', '10.180.1.5', { nodeName: 'n2' })] }),
  ],
  ['unknown-client', '/traffic/0/from/client', () => traffic({ from: { client: 'latpop' } })],
  ['unknown-service', '/traffic/0/to/service', () => traffic({ to: { service: 'shop/web' } })],
  [
    'unknown-service',
    '/timeline/0/patch/service',
    () => doc({ timeline: [{ at: '1s', patch: { service: 'wbe', patch: {} } }] }),
  ],
  [
    'unknown-pod',
    '/timeline/0/readiness/pod',
    () => doc({ timeline: [{ at: '1s', readiness: { pod: 'db-0', ready: false } }] }),
  ],
  [
    'unknown-deployment',
    '/timeline/0/scale/deployment',
    () => doc({ timeline: [{ at: '1s', scale: { deployment: 'web', replicas: 2 } }] }),
  ],
  [
    'unknown-object',
    '/timeline/0/delete/endpointslice',
    () => doc({ timeline: [{ at: '1s', delete: { endpointslice: 'web-9' } }] }),
  ],
  ['selector-matches-nothing', '/objects/2/spec/selector', () => withObjects(service({ selector: { app: 'wbe' } }))],
  [
    'selector-misses-template',
    '/objects/2/spec/selector',
    () =>
      withObjects({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: { selector: { matchLabels: { app: 'a' } }, template: { metadata: { labels: { app: 'b' } } } },
      }),
  ],
  ['slice-without-service', '/objects/2/metadata/labels', () => withObjects(slice({}, {}))],
  ['no-nodes', '/objects', () => objects(service())],
  ['no-nodes', '/loadBalancer/zones', () => doc({ loadBalancer: { family: 'aws-lbc-nlb', zones: ['a'] } })],
  ['duplicate-address', '/objects/2/status/podIP', () => withObjects(pod('web-2', '10.180.1.5'))],
  [
    'duplicate-address',
    '/clients/0/ips/1',
    () => doc({ clients: [{ name: 'laptop', ips: ['fd00::5', '10.240.0.4'] }] }),
  ],
  ['ip-family-mismatch', '/traffic/0/to/ipFamily', () => traffic({ to: { service: 'web', ipFamily: 'IPv6' } })],
  ['ip-family-mismatch', '/traffic/0/to/ip', () => traffic({ to: { ip: 'fd00::1', port: 80 } })],
  [
    'duplicate-address',
    '/objects/1/status/addresses/0/address',
    () => objects(N1, node('n2', '10.240.0.4', '10.180.2.0/24')),
  ],
  [
    'duplicate-address',
    '/objects/3/spec/clusterIP',
    () => withObjects(service({ clusterIP: '10.0.0.9' }), service({ clusterIP: '10.0.0.9' }, 'other')),
  ],
  [
    'duplicate-node-port',
    '/objects/3/spec/ports/0/nodePort',
    () =>
      withObjects(
        ...['a', 'b'].map((name) => service({ type: 'NodePort', ports: [{ port: 80, nodePort: 31234 }] }, name)),
      ),
  ],
  ['address-outside-range', '/objects/2/spec/clusterIP', () => withObjects(service({ clusterIP: '10.9.0.1' }))],
  [
    'address-outside-range',
    '/cluster/allocations/clusterIP/web',
    () => cluster({ allocations: { clusterIP: { web: '10.9.0.1' } } }),
  ],
  [
    'pod-addresses-assumed',
    '/objects/0/spec/podCIDR',
    () => objects({ ...N1, spec: {} }, { ...pod('web-1', ''), status: {} }),
  ],
  ['pod-address-outside-range', '/objects/1/status/podIP', () => objects(N1, pod('web-1', '10.99.1.5'))],
  [
    'node-port-outside-range',
    '/objects/2/spec/ports/0/nodePort',
    () => withObjects(service({ type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })),
  ],
  ['ip-family-mismatch', '/objects/2/endpoints/0/addresses/0', () => withObjects(slice({ addressType: 'IPv6' }))],
  [
    'ip-family-mismatch',
    '/objects/2/spec/clusterIPs/0',
    () => withObjects(service({ clusterIPs: ['fd00::1'], ipFamilies: ['IPv4'] })),
  ],
  [
    'duplicate-ip-family',
    '/objects/0/spec/podCIDRs',
    () => objects({ ...N1, spec: { podCIDRs: ['10.180.1.0/24', '10.180.2.0/24'] } }, POD, service()),
  ],
  ['duplicate-ip-family', '/cluster/serviceCIDRs', () => cluster({ serviceCIDRs: ['10.0.0.0/16', '10.1.0.0/16'] })],
  ['duplicate-ip-family', '/objects/2/spec/ipFamilies', () => withObjects(service({ ipFamilies: ['IPv4', 'IPv4'] }))],
  [
    'duplicate-ip-family',
    '/objects/2/spec/clusterIPs',
    () => withObjects(service({ clusterIPs: ['10.0.0.7', '10.0.0.8'] })),
  ],
  [
    'bad-value',
    '/objects/0/spec/podCIDR',
    () => objects({ ...N1, spec: { podCIDR: '10.180.2.0/24', podCIDRs: ['10.180.1.0/24'] } }, POD),
  ],
  [
    'cidr-host-bits',
    '/objects/0/spec/podCIDRs/0',
    () => objects({ ...N1, spec: { podCIDRs: ['10.180.1.1/24'] } }, POD),
  ],
  [
    'cidr-host-bits',
    '/cluster/kubeProxy/nodePortAddresses/0',
    () => cluster({ kubeProxy: { nodePortAddresses: ['10.240.0.4/16'] } }),
  ],
  ['special-address', '/objects/2/spec/externalIPs/0', () => withObjects(service({ externalIPs: ['127.0.0.1'] }))],
  [
    'special-address',
    '/objects/3/endpoints/0/addresses/0',
    () => withObjects(service(), slice({ endpoints: [{ addresses: ['169.254.1.1'] }] })),
  ],
  [
    'ip-family-mismatch',
    '/objects/3/endpoints/0/addresses/0',
    () => withObjects(service(), slice({ addressType: 'FQDN' })),
  ],
  [
    'ignored-setting',
    '/objects/3/addressType',
    () => withObjects(service(), slice({ addressType: 'FQDN', endpoints: [{ addresses: ['db.example.com'] }] })),
  ],
  ['unknown-value', '/objects/3/addressType', () => withObjects(service(), slice({ addressType: 'IP' }))],
  [
    'duplicate-endpoint',
    '/objects/3/endpoints/1/addresses/0',
    () => withObjects(service(), slice({ endpoints: [{ addresses: ['10.180.1.5'] }, { addresses: ['10.180.1.5'] }] })),
  ],
  ['too-many', '/objects/3/endpoints', () => withObjects(service(), slice({ endpoints: crowd(1001) }))],
  [
    'too-many',
    '/objects/3/endpoints/0/addresses',
    () =>
      withObjects(service(), slice({ endpoints: [{ addresses: crowd(101).flatMap(({ addresses }) => addresses) }] })),
  ],
  ['bad-name', '/objects/2/spec/externalName', () => withObjects(service({ ...FAR, externalName: 'not a name' }))],
  ['node-without-address', '/objects/0', () => objects({ ...N1, status: {} })],
  ['overlapping-ranges', '/cluster/serviceCIDRs/0', () => cluster({ serviceCIDRs: ['10.180.0.0/16'] })],
  [
    'policy-on-wrong-type',
    '/objects/2/spec/externalTrafficPolicy',
    () => withObjects(service({ externalTrafficPolicy: 'Local' })),
  ],
  [
    'health-check-node-port-without-local',
    '/objects/2/spec/healthCheckNodePort',
    () => withObjects(service({ type: 'LoadBalancer', healthCheckNodePort: 32122 })),
  ],
  [
    'field-on-wrong-type',
    '/objects/2/spec/ports/0/nodePort',
    () => withObjects(service({ ports: [{ port: 80, nodePort: 31234 }] })),
  ],
  ['service-without-ports', '/objects/2/spec/ports', () => withObjects(service({ ports: [] }))],
  [
    'service-port-names',
    '/objects/2/spec/ports/0',
    () => withObjects(service({ ports: [{ port: 80 }, { port: 81, name: 'b' }] })),
  ],
  [
    'duplicate-service-port',
    '/objects/2/spec/ports/1/port',
    () =>
      withObjects(
        service({
          ports: [
            { port: 80, name: 'a' },
            { port: 80, name: 'b' },
          ],
        }),
      ),
  ],
  ['unknown-service-port', '/traffic/0/to/port', () => traffic({ to: { service: 'web', port: 443 } })],
  ['unknown-service-port', '/traffic/0/to/port', () => traffic({ protocol: 'UDP', to: { service: 'web', port: 80 } })],
  ['unknown-service-port', '/traffic/0/to', () => traffic({ protocol: 'SCTP' })],
  [
    'unknown-target-port',
    '/objects/2/spec/ports/0/targetPort',
    () => withObjects(service({ ports: [{ port: 80, targetPort: 'htpp' }] })),
  ],
  ['external-name-missing', '/objects/2/spec', () => withObjects(service({ type: 'ExternalName' }))],
  [
    'affinity-config-without-affinity',
    '/objects/2/spec/sessionAffinityConfig',
    () => withObjects(service({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } })),
  ],
  ['version-unknown', '/cluster/version', () => cluster({ version: '1.20' })],
  [
    'version-lacks-feature',
    '/cluster/kubeProxy/detectLocalMode',
    () =>
      cluster({
        version: '1.23',
        kubeProxy: { detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cni0' } },
      }),
  ],
  [
    'unknown-feature-gate',
    '/cluster/kubeProxy/featureGates/TopologyAwareHint',
    () => cluster({ kubeProxy: { featureGates: { TopologyAwareHint: true } } }),
  ],
  ['unknown-family', '/loadBalancer/family', () => doc({ loadBalancer: { family: 'gce' } })],
  [
    'unknown-scheduler',
    '/cluster/kubeProxy/ipvs/scheduler',
    () => cluster({ kubeProxy: { mode: 'ipvs', ipvs: { scheduler: 'roundrobin' } } }),
  ],
  [
    'detector-without-argument',
    '/cluster/kubeProxy/detectLocalMode',
    () => cluster({ kubeProxy: { detectLocalMode: 'InterfaceNamePrefix' } }),
  ],
  [
    'health-check-timeout',
    '/loadBalancer/healthCheck',
    () => doc({ loadBalancer: { healthCheck: { interval: '1s', timeout: '3s' } } }),
  ],
  ['unused-setting', '/cluster/nodes/n9', () => cluster({ nodes: { n9: { kernel: '5.10' } } })],
  [
    'not-admitted',
    '/objects/1',
    () => {
      const { spec, ...rest } = deployment({ app: 'web' });
      const strategy = { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } };
      return objects(N1, { ...rest, spec: { ...(spec as Fields), strategy } }, service());
    },
  ],
  [
    'not-admitted',
    '/objects/2',
    () => parseScenario(BASE, { checkWorld: () => [{ code: 'of-the-model', path: '/objects/2', message: 'full' }] }),
  ],
  [
    'after-the-end',
    '/timeline/0/at',
    () => doc({ duration: '10s', timeline: [{ at: '11s', readiness: { pod: 'web-1', ready: false } }] }),
  ],
  [
    'after-the-end',
    '/expect/0/window',
    () => doc({ duration: '10s', expect: [{ window: { from: '10s', to: '20s' }, count: { max: 0 } }] }),
  ],
  ['unknown-pod', '/timeline/0/crash/pod', () => happening({ crash: { pod: 'web-9' } })],
  ['bad-value', '/timeline/0/crash', () => happening({ crash: { pod: 'web-1', for: '1s' } })],
  ['bad-value', '/timeline/0/crash', () => happening({ crash: { node: 'n1', vmDeleted: true, for: '1s' } })],
  ['unknown-node', '/timeline/0/crash/node', () => happening({ crash: { node: 'n9' } })],
  [
    'unknown-node',
    '/timeline/0/partition/kubelets/1',
    () => happening({ partition: { kubelets: ['n1', 'n9'], for: '1s' } }),
  ],
  ['missing-field', '/timeline/0/partition/for', () => happening({ partition: { kubelets: 'all' } })],
  [
    'out-of-range',
    '/cluster/nodeLifecycle/nodeMonitorPeriod',
    () => cluster({ nodeLifecycle: { nodeMonitorPeriod: '1ms' } }),
  ],
  [
    'overlapping-faults',
    '/timeline/1/crash',
    () => happening({ crash: { node: 'n1' } }, { crash: { node: 'n1', for: '1s' } }),
  ],
  [
    'overlapping-faults',
    '/timeline/1/partition',
    () => happening({ partition: { kubelets: 'all', for: '5s' } }, { partition: { kubelets: ['n1'], for: '1s' } }),
  ],
  ['unknown-node', '/timeline/0/freeze/kubeProxy', () => happening({ freeze: { kubeProxy: 'n9', for: '1s' } })],
  ['unknown-node', '/timeline/0/restart/kubeProxy/1', () => happening({ restart: { kubeProxy: ['n1', 'n9'] } })],
  ['unknown-node', '/timeline/0/upgrade/node', () => happening({ upgrade: { node: 'n9', version: '1.31' } })],
  ['version-unknown', '/timeline/0/upgrade/version', () => happening({ upgrade: { node: 'n1', version: '1.99' } })],
  ['bad-value', '/timeline/0/upgrade', () => happening({ upgrade: { node: 'n1', set: { mode: 'ipvs' } } })],
  ['unknown-node', '/timeline/0/scaleDown/node', () => happening({ scaleDown: { node: 'n9' } })],
  [
    'overlapping-faults',
    '/timeline/1/freeze',
    () => happening({ freeze: { kubeProxy: 'all', for: '5s' } }, { freeze: { kubeProxy: 'n1', for: '1s' } }),
  ],
  [
    'version-lacks-feature',
    '/timeline/1/upgrade/set/mode',
    () =>
      happening(
        { upgrade: { node: 'n1', version: '1.25' } },
        { upgrade: { kubeProxy: 'n1', set: { mode: 'nftables' } } },
      ),
  ],
  [
    'more-pods-than-room',
    '/timeline/0/scale/replicas',
    () => {
      const timeline = [{ at: '1s', scale: { deployment: 'db', replicas: 111 } }];
      return doc({ objects: [N1, POD, deployment({ app: 'db' })], timeline });
    },
  ],
  ['ignored-setting', '/timeline/0/lose/zone', () => happening({ lose: { zone: 'z9' } })],
  [
    'unknown-family',
    '/timeline/0/upgrade/cloudProvider/family',
    () => happening({ upgrade: { cloudProvider: 'gce' } }),
  ],
  ['unknown-node', '/timeline/0/cut/between/1', () => happening({ cut: { between: ['laptop', 'n9'] } })],
  ['bad-value', '/timeline/0/slow/between', () => happening({ slow: { between: ['n1', 'n1'], by: '5ms' } })],
  ['missing-field', '/timeline/0/lose/share', () => happening({ lose: { between: ['clients', 'n1'] } })],
  [
    'overlapping-faults',
    '/timeline/1/cut',
    () => happening({ cut: { between: ['clients', 'n1'] } }, { cut: { between: ['n1', 'clients'], for: '1s' } }),
  ],
  ['bad-value', '/traffic/0/reuseSocket', () => traffic({ reuseSocket: true })],
  ['stops-before-start', '/traffic/0/stop', () => traffic({ start: '10s', stop: '5s' })],
  ['empty-range', '/expect/0/share', () => doc({ expect: [{ share: { min: 0.9, max: 0.1 } }] })],
  ['empty-range', '/expect/0/latency', () => doc({ expect: [{ latency: { quantile: 0.5, min: '2s', max: '1s' } }] })],
  ['empty-range', '/expect/0/window', () => doc({ expect: [{ window: { from: '2s', to: '2s' }, count: { max: 0 } }] })],
  [
    'empty-range',
    '/expect/0/healthz/begins',
    () => doc({ expect: [{ healthz: { status: 503, begins: { min: '2s', max: '1s' } } }] }),
  ],
  ['bad-value', '/expect/0/healthz', () => doc({ expect: [{ healthz: { loadBalancer: 'web' } }] })],
  ['bad-value', '/expect/0/healthz', () => doc({ expect: [{ healthz: { status: 503 }, count: { max: 0 } }] })],
  ['unknown-value', '/expect/0/cause', () => doc({ expect: [{ cause: 'bad luck', count: { max: 0 } }] })],
  ['out-of-range', '/expect/0/latency/quantile', () => doc({ expect: [{ latency: { quantile: 99, max: '1s' } }] })],
  ['destination-not-offered', '/traffic/0/to/via', () => traffic({ to: { service: 'web', via: 'loadBalancer' } })],
  ['never-met', '/steps/0/waitUntil/unhealthy', () => step({ waitUntil: { loadBalancer: 'web', unhealthy: 2 } })],
  [
    'argument-dropped',
    '/objects/1/spec/containers/0/args',
    () => objects(N1, pod('web-1', '10.180.1.5', { containers: [{ args: ['--token=hunter2'] }] })),
  ],
  ['out-of-range', '/duration', () => doc({ duration: '5000h' })],
  ['unknown-verb', '/timeline/0/kubectl', () => doc({ timeline: [{ at: '1s', kubectl: { get: { nodes: 'all' } } }] })],
  [
    'version-lacks-feature',
    '/cluster/nodes/n1/kubeProxy/nodePortAddresses/0',
    () => cluster({ nodes: { n1: { version: '1.30', kubeProxy: { nodePortAddresses: ['primary'] } } } }),
  ],
  ['unknown-value', `${PATCHED}/spec/externalTrafficPolicy`, () => patch({ spec: { externalTrafficPolicy: 'Lokal' } })],
  ['wrong-type', `${PATCHED}/spec/ports/0/nodePort`, () => patch({ spec: { ports: [{ port: 80, nodePort: 'abc' }] } })],
  ['out-of-range', `${PATCHED}/spec/ports/0/port`, () => patch({ spec: { ports: [{ port: 70_000 }] } })],
  ['unknown-value', `${PATCHED}/kind`, () => patch({ kind: 'Pod' })],
  [
    'wrong-type',
    '/timeline/0/patch/patch/spec/unschedulable',
    () => doc({ timeline: [{ at: '1s', patch: { node: 'n1', patch: { spec: { unschedulable: 'yes' } } } }] }),
  ],
  [
    'policy-on-wrong-type',
    `${PATCHED}/spec/externalTrafficPolicy`,
    () => patch({ spec: { externalTrafficPolicy: 'Local' } }),
  ],
  [
    'policy-on-wrong-type',
    '/steps/1/kubectl/patch/patch/spec/externalTrafficPolicy',
    () =>
      doc({
        steps: [
          { kubectl: { apply: service({}, 'other') } },
          { kubectl: { patch: { svc: 'other', patch: { spec: { externalTrafficPolicy: 'Local' } } } } },
        ],
      }),
  ],
  [
    'version-lacks-feature',
    '/objects/2/spec/trafficDistribution',
    () => withObjects(service({ trafficDistribution: 'PreferSameNode' })),
  ],
  [
    'ignored-setting',
    '/objects/2/spec/trafficDistribution',
    () => withStored(service({ clusterIP: '10.0.0.7', trafficDistribution: 'PreferSameNode' })),
  ],
  [
    'ignored-setting',
    `${PATCHED}/spec/trafficDistribution`,
    () => inVersion('1.30', { timeline: [{ at: '1s', patch: { service: 'web', patch: { spec: NEAR } } }] }),
  ],
  [
    'ignored-setting',
    '/steps/0/kubectl/apply/spec/trafficDistribution',
    () => inVersion('1.30', { steps: [{ kubectl: { apply: service(NEAR) } }] }),
  ],
  [
    'ignored-setting',
    '/objects/2/metadata/annotations/service.kubernetes.io~1topology-aware-hints',
    () => inVersion('1.23', { objects: [N1, POD, annotated('service.kubernetes.io/topology-aware-hints', 'auto')] }),
  ],
  [
    'ignored-setting',
    '/objects/2/metadata/annotations/service.kubernetes.io~1topology-mode',
    () => inVersion('1.26', { objects: [N1, POD, annotated('service.kubernetes.io/topology-mode', 'Auto')] }),
  ],
  ['hints-not-given', '/objects/2', () => withObjects(annotated('service.kubernetes.io/topology-mode', 'Auto'))],
  ['hints-not-given', '/objects/2', () => withObjects(service(NEAR))],
  [
    'bad-value',
    '/objects/0/status/allocatable/cpu',
    () => objects({ ...N1, status: { ...(N1.status as Fields), allocatable: { cpu: '4 cores' } } }),
  ],
  [
    'ignored-setting',
    '/objects/2/spec/loadBalancerClass',
    () => withObjects(service({ type: 'LoadBalancer', loadBalancerClass: 'example.com/lb' })),
  ],
  ['ignored-setting', '/objects/2/spec/topologyKeys', () => withObjects(service({ topologyKeys: ['*'] }))],
  ['family-assumed', '/objects/2/spec/type', () => onCloud('gce://project/zone/n1', {})],
  ['destination-not-offered', '/traffic/0/to', () => toService({ clusterIP: 'None' }, { client: 'laptop' })],
  ['destination-not-offered', '/traffic/0/to', () => toService(FAR, { client: 'laptop' })],
  ['not-modelled-yet', '/traffic/0/to', () => toService(FAR, { pod: 'web-1' })],
  ['expectation-without-bound', '/expect/0', () => doc({ expect: [{ outcome: 'ok' }] })],
  ['too-many', '/traffic', () => traffic({ rate: '999999999/s' })],
  ['too-many', '/expect', () => doc({ expect: Array(501).fill({ outcome: 'ok', count: { min: 0 } }) })],
  [
    'too-many',
    '/traffic/0/connections',
    () =>
      doc({
        clients: [{ name: 'laptop', ip: '198.51.100.79', count: 200 }],
        traffic: [{ ...TRAFFIC, keepAlive: true, connections: 1000 }],
      }),
  ],
  ['too-many', '/duration', () => traffic({ rate: '100000/s', stop: '60s', retries: { attempts: 100 } })],
  ['out-of-range', '/traffic/0/retries/attempts', () => traffic({ retries: { attempts: 101 } })],
  ['out-of-range', '/traffic/0/connections', () => traffic({ keepAlive: true, connections: 20_000 })],
  ['bad-value', '/traffic/0/connections', () => traffic({ connections: 2 })],
  ['bad-value', '/traffic/0/atOnce', () => traffic({ atOnce: 2 })],
  ['bad-value', '/traffic/0/ports', () => traffic({ ports: 100, protocol: 'UDP' })],
  ['out-of-range', '/traffic/0/ports', () => traffic({ ports: 70_000 })],
  ['bad-value', '/traffic/0/outOfWindow', () => traffic({ outOfWindow: 0.1, protocol: 'SCTP' })],
  ['out-of-range', '/traffic/0/outOfWindow', () => traffic({ outOfWindow: 1.5 })],
  ['bad-value', '/cluster/conntrack/sourcePorts', () => cluster({ conntrack: { sourcePorts: '9-1' } })],
  ['out-of-range', '/cluster/conntrack/insertRace', () => cluster({ conntrack: { insertRace: 2 } })],
  ['bad-value', '/traffic/0/keepAlive', () => traffic({ keepAlive: true, protocol: 'UDP' })],
  ['unknown-value', '/traffic/0/retries/on/0', () => traffic({ retries: { attempts: 2, on: ['refuse'] } })],
  ['too-many', '/duration', () => doc({ duration: '2000h' })],
  ['too-many', '/duration', () => manyProbed(1)],
  ['too-many', '/traffic/0/retries', () => traffic({ retries: { attempts: 100, backoff: '1h' } })],
  ['too-many', '/traffic/0/retries', () => traffic({ retries: { attempts: 100 }, requestTimeout: '100h' })],
  ['out-of-range', '/traffic/0/retries/backoff', () => traffic({ retries: { attempts: 2, backoff: '2000h' } })],
  ['out-of-range', '/traffic/0/requestTimeout', () => traffic({ requestTimeout: '169h' })],
  ['out-of-range', '/traffic/0/connectTimeout', () => traffic({ connectTimeout: '169h' })],
  ['out-of-range', '/traffic/0/keepAlive/idle', () => traffic({ keepAlive: { idle: '2000h' } })],
  ['out-of-range', '/apps/0/preStop', () => doc({ apps: [{ match: { app: 'web' }, preStop: '169h' }] })],
  ['out-of-range', '/cluster/timings/podWork', () => cluster({ timings: { podWork: '169h' } })],
  [
    'too-many',
    '/apps/0',
    () => doc({ apps: [{ match: { app: 'web' }, serviceTime: '1h', concurrency: 1, queue: 1000 }] }),
  ],
  ['too-many', '/steps/0/sleep', () => step({ sleep: '2000h' })],
  ['too-many', '/steps', () => doc({ steps: Array.from({ length: 3 }, () => ({ sleep: '60h' })) })],
  ['out-of-range', '/traffic/0/rate', () => traffic({ rate: '1000000000/s' })],
  ['out-of-range', '/traffic/0/rate', () => traffic({ rate: '0/s' })],
  ['out-of-range', '/traffic/0/rate', () => traffic({ rate: '-5/s' })],
  ['cluster-ip-missing', '/objects/2/spec', () => withStored(service())],
  [
    'workload-without-pods',
    '/objects/3',
    () => withStored(service({ clusterIP: '10.0.0.7' }), deployment({ app: 'db' })),
  ],
  [
    'workload-differs-from-its-pods',
    '/objects/3/spec/template',
    () => {
      const { spec, ...rest } = deployment({ app: 'web' });
      const template = { metadata: { labels: { app: 'web' } }, spec: { terminationGracePeriodSeconds: 60 } };
      return withStored(service({ clusterIP: '10.0.0.7' }), { ...rest, spec: { ...(spec as Fields), template } });
    },
  ],
  ['objects-no-scenario', '', () => parseScenario({ apiVersion: 'v1', kind: 'List', items: [N1, POD] })],
  ['objects-no-scenario', '', () => yaml('apiVersion: v1\nkind: Node\n---\napiVersion: v1\nkind: Pod\n')],
  ['scenario-no-objects', '', () => importObjects(BASE)],
  ['kube-proxy-assumed', '', () => importObjects({ kind: 'List', items: [N1] })],
  [
    'secret-dropped',
    '/objects/2',
    () =>
      withObjects({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, data: { password: 'aHVudGVyMg==' } }),
  ],
  [
    'environment-dropped',
    '/objects/2/spec/containers/0/env/0',
    () => withObjects(pod('web-2', '10.180.1.6', { containers: [{ env: [{ name: 'PASSWORD', value: 'hunter2' }] }] })),
  ],
  [
    'annotation-dropped',
    '/objects/0/metadata/annotations/example.com~1api-token',
    () => objects({ ...N1, metadata: { name: 'n1', annotations: { 'example.com/api-token': 'hunter2' } } }),
  ],
  ['version-guessed', '', () => importObjects({ kind: 'List', items: [N1] })],
  ['nothing-to-import', '', () => importObjects('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n')],
];

/** A load balancer on nodes that tell their cloud. */
function onCloud(providerID: string, more: Fields, second = providerID): ParsedScenario {
  const of = (fields: Fields, id: string): Fields => ({
    ...fields,
    spec: { ...(fields.spec as Fields), providerID: id },
  });
  const list = [
    of(N1, providerID),
    POD,
    service({ type: 'LoadBalancer' }),
    of(node('n2', '10.240.0.5', '10.180.2.0/24'), second),
  ];
  return doc({ objects: list, ...more });
}

function aliasBomb(levels: number): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < levels; i++) lines.push(`a${i}: &a${i} [${new Array(9).fill(`*a${i - 1}`).join(', ')}]`);
  return lines.join('\n');
}

describe('the cloud of the nodes', () => {
  const assumed = (result: ParsedScenario) => result.issues.filter(({ code }) => code === 'family-assumed');

  it.each([
    ['gce://p/z/n1', 'gke-l4, gce-1.21'],
    ['aws:///eu-central-1a/i-0123456789', 'aws-lbc-nlb'],
    ['azure:///subscriptions/s/resourceGroups/g', 'azure-shared'],
    ['digitalocean://1234', 'digitalocean-regional'],
    ['hcloud://1234', 'family to hetzner.'],
    ['openstack:///3f2a', 'octavia-ovn'],
    ['k3s://n1', 'servicelb'],
  ])('%s names the families that fit, and none is chosen', (providerID, families) => {
    const result = onCloud(providerID, {});
    expect(assumed(result)).toMatchObject([{ severity: 'warning', hint: expect.stringContaining(families) }]);
    expect(result.scenario!.loadBalancers.default.family).toBe('generic');
  });

  it('is no matter where a family is said, or the nodes do not agree on a cloud that is known', () => {
    expect(assumed(onCloud('gce://p/z/n1', { loadBalancer: { family: 'metallb-l2' } }))).toEqual([]);
    expect(assumed(onCloud('gce://p/z/n1', { loadBalancers: { web: { family: 'gke-l4' } } }))).toEqual([]);
    expect(assumed(onCloud('gce://p/z/n1', { loadBalancers: { web: { probers: 3 } } }))).toHaveLength(1);
    expect(assumed(onCloud('kind://docker/kind/n1', {}))).toEqual([]);
    expect(assumed(onCloud('gce://p/z/n1', {}, 'aws:///z/i-1'))).toEqual([]);
    expect(assumed(withObjects(service({ type: 'LoadBalancer' })))).toEqual([]);
  });

  it('has every family but those that run anywhere', () => {
    const anywhere = ['generic', 'generic-proxy', 'metallb-l2', 'metallb-bgp', 'kube-vip', 'kube-vip-services'];
    expect([...Object.values(FAMILIES_OF).flat(), ...anywhere].sort()).toEqual([...LOAD_BALANCER_FAMILIES].sort());
  });

  it('is told of an import too, in what was sent', () => {
    const { spec, ...web } = service({ type: 'LoadBalancer', clusterIP: '10.96.0.7' });
    const cloudy = { ...N1, spec: { podCIDR: '10.180.1.0/24', providerID: 'azure:///subscriptions/s' } };
    const result = importObjects({ kind: 'List', items: [{ ...web, spec }, cloudy] });
    expect(assumed(result)).toMatchObject([{ path: '/items/0/spec/type' }]);
  });
});

describe('every code', () => {
  it('has a case', () => {
    const covered = new Set(CASES.map(([code]) => code));
    expect(Object.keys(ISSUES).filter((code) => !covered.has(code as IssueCode))).toEqual([]);
  });

  it.each(CASES)('%s at %j', (code, path, result) => {
    const { issues, scenario } = result();
    const found = issues.find((issue) => issue.code === code && issue.path === path);
    expect(found, JSON.stringify(issues, null, 1)).toBeDefined();
    expect(found!.severity).toBe(ISSUES[code].severity);
    expect(found!.hint).not.toBe('');
    if (found!.severity === 'error') expect(scenario).toBeNull();
  });
});

describe('the document that the cases start from', () => {
  it('has no issue', () => {
    const { issues, scenario } = parseScenario({ ...BASE, traffic: [TRAFFIC] });
    expect(issues).toEqual([]);
    expect(scenario).not.toBeNull();
  });
});

describe('issues', () => {
  it('of a scenario that is wrapped as for a request are one, which says how to unwrap it', () => {
    const { issues } = yaml('scenario:\n  name: x\nseed: 3\n');
    expect(issues).toMatchObject([
      { code: 'unknown-field', path: '/scenario', hint: expect.stringContaining('belongs at the top') },
    ]);
  });

  it('of a map of other things are one, which names some of them', () => {
    const { scripts, dependencies, ...others } = Object.fromEntries(
      ['name', 'version', 'private', 'type', 'scripts', 'dependencies', 'engines'].map((key) => [key, {}]),
    );
    const { issues, scenario } = parseScenario({ ...others, scripts, dependencies });
    expect(scenario).toBeNull();
    expect(issues).toMatchObject([
      { code: 'no-scenario', path: '', message: expect.stringContaining('"version", "private", "type"') },
    ]);
    // One of the parts is nearly there: that is what was meant.
    expect(parseScenario({ name: 'x', trafic: [] }).issues[0]).toMatchObject({ path: '/trafic' });
  });

  it('of objects where a scenario is taken, and the other way round, are one', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [N1, POD] };
    const { issues } = parseScenario(list);
    expect(issues).toMatchObject([
      { code: 'objects-no-scenario', hint: expect.stringContaining('/v1/scenarios/import') },
    ]);
    expect(parseScenario([N1, POD]).issues).toEqual(issues);
    expect(importObjects(BASE).issues).toMatchObject([{ code: 'scenario-no-objects' }]);
    expect(importObjects(list).issues.map(({ code }) => code)).not.toContain('scenario-no-objects');
  });

  it('of an app whose pods are in another namespace name that one', () => {
    const shop = {
      ...pod('web-2', '10.180.1.6'),
      metadata: { name: 'web-2', namespace: 'shop', labels: { app: 'shop' } },
    };
    const { issues } = doc({ objects: [N1, POD, service(), shop], apps: [{ match: { app: 'shop' } }] });
    expect(issues).toMatchObject([
      { code: 'unused-setting', hint: 'There are such pods in shop: set namespace beside match.' },
    ]);
  });

  it('of a hook without duration are one for the pods of a workload, and none where apps says it', () => {
    const containers = [{ name: 'web', lifecycle: { preStop: { httpGet: { port: 80 } } } }];
    const owned = (kind: string, name: string, object: Fields): Fields => ({
      ...object,
      metadata: { ...(object.metadata as Fields), ownerReferences: [{ kind, name }] },
    });
    const pods = ['10.180.1.6', '10.180.1.7'].map((ip, n) =>
      owned('ReplicaSet', 'web-1', pod(`web-1-${n}`, ip, { containers })),
    );
    const set = { ...hooked({ httpGet: {} }), kind: 'ReplicaSet', metadata: { name: 'web-1' } };
    const parts = [hooked({ httpGet: {} }), owned('Deployment', 'web', set), ...pods];
    const found = (more: Fields) => {
      const { issues } = cluster({ admission: 'asStored' }, { objects: [N1, ...parts], ...more });
      return issues.filter(({ code }) => code === 'hook-without-duration');
    };
    expect(found({})).toMatchObject([
      { path: expect.stringMatching('^/objects/1/'), hint: 'Set apps[].preStop of an entry with match: {app: web}.' },
    ]);
    expect(found({ apps: [{ match: { app: 'web' }, preStop: '0s' }] })).toEqual([]);
    expect(found({ apps: [{ match: { app: 'web' }, startup: '1s' }] })).toHaveLength(1);
  });

  it('of a latency without its quantile show how to write it', () => {
    const { issues } = doc({ expect: [{ latency: { p99: '50ms' } }] });
    expect(issues[0]).toMatchObject({
      code: 'wrong-type',
      path: '/expect/0/latency',
      hint: 'Write latency: [{quantile: 0.99, max: 50ms}].',
    });
    const missing = doc({ expect: [{ latency: { max: '50ms' } }] });
    expect(missing.issues[0]).toMatchObject({ code: 'missing-field', path: '/expect/0/latency/quantile' });
  });

  it.each(['1000000000/s', '0/s', '-5/s'])('of the rate %s say the range', (rate) => {
    const [issue] = traffic({ rate }).issues;
    expect(issue!.message).not.toContain('is not a number');
    expect(issue!.hint).toContain('"999999999/s"');
  });

  it('come all at once, from every part of the document', () => {
    const { issues } = doc({
      seed: 'x',
      cluster: { version: '1.20', serviceCIDRs: ['10.0.0.0/16'], kubeProxy: { iptables: { syncPeriod: 30 } } },
      objects: [N1, POD, service({ clusterIP: '10.9.0.1' })],
      steps: [{ crul: 'x' }],
      traffic: [{ ...TRAFFIC, from: { client: 'nobody' } }],
      expect: [{ outcome: 'okay' }],
    });
    expect(issues.map(({ code }) => code).sort()).toEqual(
      [
        'address-outside-range',
        'bad-duration',
        'unknown-client',
        'unknown-value',
        'unknown-verb',
        'version-unknown',
        'wrong-type',
      ].sort(),
    );
  });

  it('tell line and column of YAML', () => {
    const { issues } = yaml(
      'name: x\nobjects:\n  - apiVersion: v1\n    kind: Node\n    metadata:\n      name: n1\n    status:\n      addresses: [{type: InternalIP, address: 10.0.0}]\n',
    );
    expect(issues).toMatchObject([
      { code: 'bad-address', path: '/objects/0/status/addresses/0/address', line: 8, column: 38 },
    ]);
  });

  it('tell the place behind an alias and a merge key', () => {
    const { issues } = yaml(
      'name: x\nclients:\n  - &one {name: a, ip: 198.51.100.1}\n  - {<<: *one, name: b, ip: 1.2.3}\n  - {<<: *one, nam: c}\n',
    );
    expect(issues.filter(({ code }) => code === 'bad-address')).toMatchObject([{ path: '/clients/1/ip', line: 4 }]);
    expect(issues.filter(({ code }) => code === 'unknown-field')).toMatchObject([
      { path: '/clients/2/nam', line: 5, column: 16 },
    ]);
  });

  it('are warnings only where nothing is refused with admission asStored', () => {
    const stored = withStored(
      service({ externalTrafficPolicy: 'Local', clusterIP: '10.9.0.1' }),
      service({ clusterIP: '10.9.0.1' }, 'other'),
    );
    expect(stored.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(stored.scenario).not.toBeNull();
  });
});

describe('a field that is not known', () => {
  const CRASH = { crash: { node: 'n1', fro: '1s' } };

  it.each<[string, string, () => ParsedScenario]>([
    ['/expects', 'expect', () => doc({ expects: [] })],
    ['/trafic', 'traffic', () => doc({ trafic: [] })],
    ['/cluster/versoin', 'version', () => cluster({ versoin: '1.30' })],
    ['/cluster/kubeProxy/mod', 'mode', () => cluster({ kubeProxy: { mod: 'ipvs' } })],
    ['/cluster/kubeProxy/ipvs/sheduler', 'scheduler', () => cluster({ kubeProxy: { ipvs: { sheduler: 'rr' } } })],
    ['/cluster/nodes/n1/kernl', 'kernel', () => cluster({ nodes: { n1: { kernl: '6.1' } } })],
    ['/cluster/timings/podStrtup', 'podStartup', () => cluster({ timings: { podStrtup: '1s' } })],
    ['/clients/0/cuont', 'count', () => doc({ clients: [{ name: 'laptop', ip: '198.51.100.79', cuont: 2 }] })],
    ['/loadBalancer/familly', 'family', () => doc({ loadBalancer: { familly: 'gke-l4' } })],
    [
      '/loadBalancers/web/healthCheck/intervall',
      'interval',
      () => doc({ loadBalancers: { web: { healthCheck: { intervall: '2s' } } } }),
    ],
    ['/apps/0/strtup', 'startup', () => doc({ apps: [{ match: { app: 'web' }, strtup: '1s' }] })],
    [
      '/steps/0/conectTimeout',
      'connectTimeout',
      () => step({ on: { node: 'n1' }, curl: 'http://web', conectTimeout: '1s' }),
    ],
    ['/steps/0/kubectl/get/outptu', 'output', () => step({ kubectl: { get: { service: 'web', outptu: 'yaml' } } })],
    ['/steps/0/kubectl/gett', 'get', () => step({ kubectl: { get: { service: 'web' }, gett: 'yaml' } })],
    ['/timeline/0/crash/fro', 'for', () => happening(CRASH)],
    ['/timeline/0/att', 'at', () => happening({ att: '1s', cordon: { node: 'n1' } })],
    ['/timeline/0/att', 'at', () => happening({ att: '1s', upgrade: { cloudProvider: 'gke-l4' } })],
    [
      '/timeline/0/upgrade/set/iptables/masqueradAll',
      'masqueradeAll',
      () => happening({ upgrade: { kubeProxy: 'n1', set: { iptables: { masqueradAll: true } } } }),
    ],
    ['/traffic/0/connectTimout', 'connectTimeout', () => traffic({ connectTimout: '1s' })],
    ['/traffic/0/to/prot', 'port', () => traffic({ to: { service: 'web', prot: 80 } })],
    ['/traffic/0/retries/backof', 'backoff', () => traffic({ retries: { attempts: 2, backof: '1s' } })],
    ['/expect/0/outcom', 'outcome', () => doc({ expect: [{ outcom: 'ok', share: { min: 1 } }] })],
    ['/expect/0/share/mn', 'min', () => doc({ expect: [{ outcome: 'ok', share: { mn: 1 } }] })],
  ])('%s is an error, with the nearest name: %s', (path, nearest, result) => {
    const { issues, scenario } = result();
    const found = issues.find((issue) => issue.code === 'unknown-field');
    expect(found, JSON.stringify(issues, null, 1)).toMatchObject({ path, severity: 'error' });
    expect(found!.message).toContain(`did you mean "${nearest}"?`);
    expect(found!.hint).toBe(`Rename it to "${nearest}", or remove it.`);
    expect(scenario).toBeNull();
  });

  it('and like no other is told with those that there are', () => {
    const { issues } = step({ kubectl: { get: { service: 'web' } }, quietly: true });
    expect(issues).toMatchObject([{ path: '/steps/0/quietly', hint: 'Remove it; known are kubectl.' }]);
  });

  const misspelt = { externalTraficPolicy: 'Local' };
  it.each<[string, () => ParsedScenario]>([
    ['/objects/2/spec', () => withObjects(service({ type: 'NodePort', ...misspelt }))],
    [
      '/steps/0/kubectl/patch/patch/spec',
      () => step({ kubectl: { patch: { service: 'web', patch: { spec: misspelt } } } }),
    ],
    ['/timeline/0/patch/patch/spec', () => patch({ spec: misspelt })],
    ['/timeline/0/apply/spec', () => happening({ apply: service(misspelt, 'other') })],
  ])('of a Kubernetes object is a warning, as an API server has it: %s', (at, result) => {
    const { issues, scenario } = result();
    expect(issues).toMatchObject([
      {
        code: 'unknown-field',
        severity: 'warning',
        path: `${at}/externalTraficPolicy`,
        hint: 'Rename it to "externalTrafficPolicy", or remove it.',
      },
    ]);
    expect(scenario).not.toBeNull();
  });
});

describe('what is not refused', () => {
  it.each<[string, () => ParsedScenario]>([
    [
      'a name of a service or node in a URL',
      () =>
        doc({
          steps: ['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local.', 'n1'].map((host) => ({
            on: { pod: 'web-1' },
            curl: `http://${host}/`,
          })),
        }),
    ],
    [
      'traffic of a pod to a headless service, at whatever port',
      () =>
        doc({
          objects: [N1, POD, service({ clusterIP: 'None' })],
          traffic: [{ ...TRAFFIC, from: { pod: 'web-1' }, to: { service: 'web', port: 8080 } }],
        }),
    ],
    [
      'a source range with blanks and leading zeros',
      () => withObjects(service({ type: 'LoadBalancer', loadBalancerSourceRanges: [' 203.0.113.000/024 '] })),
    ],
    ['a distribution of a Service whose slices are given', () => withObjects(service(NEAR), slice())],
    [
      'a load balancer class that the document describes',
      () =>
        doc({
          objects: [N1, POD, service({ type: 'LoadBalancer', loadBalancerClass: 'example.com/lb' })],
          loadBalancers: { web: { family: 'gke-l4' } },
        }),
    ],
    ['a patch that takes a field away', () => patch({ spec: { externalTrafficPolicy: null } })],
    ['a policy with the type that has it', () => patch({ spec: { type: 'NodePort', externalTrafficPolicy: 'Local' } })],
    ['the word primary since 1.31', () => cluster({ version: '1.31', kubeProxy: { nodePortAddresses: ['primary'] } })],
    ['a pod without declared ports', () => objects(N1, pod('web-1', '10.180.1.5', { containers: [{}] }), service())],
    ['a duration of four days', () => doc({ duration: '100h' })],
    [
      'a hundred tries with waits that double from 100 ms',
      () => traffic({ retries: { attempts: 100 }, requestTimeout: '60s' }),
    ],
  ])('%s', (_, result) => {
    expect(result().issues).toEqual([]);
  });

  it('of two clocks that change one Service, neither knows what the other leaves', () => {
    const { issues } = doc({
      steps: [{ kubectl: { patch: { service: 'web', patch: { spec: { type: 'NodePort' } } } } }],
      timeline: [{ at: '1s', patch: { service: 'web', patch: { spec: { externalTrafficPolicy: 'Local' } } } }],
    });
    expect(issues).toEqual([]);
  });
});

describe('too many ports', () => {
  it('of a client are told with what helps', () => {
    expect(traffic({ ports: 64_512 }).issues).toEqual([]);
    expect(traffic({ ports: 64_513 }).issues).toMatchObject([
      { code: 'out-of-range', path: '/traffic/0/ports', hint: expect.stringContaining('add client addresses') },
    ]);
  });

  it('of nodes are told with the setting that widens the range', () => {
    const ports = [1, 2, 3].map((port) => ({ name: `p${port}`, port }));
    const { issues } = cluster(
      { nodePortRange: '30000-30001' },
      { objects: [N1, POD, service({ type: 'NodePort', ports })] },
    );
    expect(issues).toMatchObject([
      { code: 'not-admitted', hint: expect.stringContaining('widen cluster.nodePortRange') },
    ]);
  });
});

describe('a duration and a verb', () => {
  it.each([
    ['5000h', '604800s'],
    ['2000h', '604800s'],
    ['5000hours', '5000h'],
  ])('%s is told apart: "%s"', (duration, hint) => {
    expect(doc({ duration }).issues[0]!.hint).toContain(`"${hint}"`);
  });

  it('the timeline takes the verb itself', () => {
    const { issues } = doc({ timeline: [{ at: '10s', kubectl: { patch: {} } }] });
    expect(issues[0]!.hint).toContain('{at: 10s, patch: …}');
  });
});

const withStored = (...list: unknown[]) => cluster({ admission: 'asStored' }, { objects: [N1, POD, ...list] });

it('probes whose answers are known before are no events', () => {
  expect(manyProbed(undefined).issues.filter(({ code }) => code === 'too-many')).toEqual([]);
});
