import { describe, expect, it } from 'vitest';
import type { ServiceObject, WorkloadObject } from '../objects.js';
import type { KubectlCommand } from '../scenario.js';
import { type LoneCluster, loneCluster } from '../testing/lone-cluster.js';
import { node, pod, SECOND, service, workload } from '../testing/small-scenario.js';

const createWeb: KubectlCommand = {
  verb: 'create-deployment',
  name: 'default/web',
  image: 'registry.example/team/echoserver:1.4@sha256:00',
  replicas: 2,
  labels: { tier: 'front' },
};
const expose = (over: Partial<Extract<KubectlCommand, { verb: 'expose' }>> = {}): KubectlCommand => ({
  verb: 'expose',
  deployment: 'default/web',
  name: 'default/web-svc',
  port: 80,
  targetPort: null,
  type: 'NodePort',
  protocol: 'TCP',
  ...over,
});
const get = (resource: 'pods' | 'services', over = {}): KubectlCommand => ({
  verb: 'get',
  resource,
  name: null,
  selector: null,
  output: 'table',
  grep: null,
  ...over,
});
const remove = (kind: 'Service' | 'Pod' | 'Deployment' | 'Node', over: object): KubectlCommand => ({
  verb: 'delete',
  kind,
  name: null,
  selector: null,
  namespace: 'default',
  ...over,
});
const say = (cluster: LoneCluster, command: KubectlCommand, nowNs = 0) => cluster.kubectlAt(nowNs, command);

describe('kubectl create deployment', () => {
  it('makes a deployment of that image, and its pods', () => {
    const cluster = loneCluster();
    expect(say(cluster, createWeb)).toBe('deployment.apps/web created');
    const deployment = cluster.api.get<WorkloadObject>('Deployment', 'default/web');
    expect(deployment?.spec?.selector?.matchLabels).toEqual({ app: 'web' });
    expect(deployment?.spec?.template?.metadata?.labels).toEqual({ app: 'web', tier: 'front' });
    expect(deployment?.spec?.template?.spec?.containers?.[0]?.name).toBe('echoserver');
    cluster.until(1 * SECOND);
    expect(cluster.podNames()).toHaveLength(2);
  });

  it('says so where there is one already', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 1)] });
    expect(say(cluster, createWeb)).toBe('Error from server (AlreadyExists): deployments.apps "web" already exists');
    expect(cluster.podNames()).toHaveLength(1);
  });
});

describe('kubectl expose', () => {
  it('makes a service with the deployment’s labels and selector', () => {
    const cluster = loneCluster();
    say(cluster, createWeb);
    expect(say(cluster, expose({ targetPort: 'http' }))).toBe('service/web-svc exposed');
    const made = cluster.api.get<ServiceObject>('Service', 'default/web-svc');
    expect(made?.metadata.labels).toEqual({ app: 'web', tier: 'front' });
    expect(made?.spec).toMatchObject({
      type: 'NodePort',
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 'http', nodePort: 30086 }],
    });
    say(cluster, expose({ name: 'default/plain', type: 'ClusterIP' }));
    expect(cluster.api.get<ServiceObject>('Service', 'default/plain')?.spec.ports?.[0]?.targetPort).toBe(80);
  });

  it('finds no deployment that is not there, and no room for a second service of that name', () => {
    const cluster = loneCluster();
    expect(say(cluster, expose())).toBe('Error from server (NotFound): deployments.apps "web" not found');
    say(cluster, createWeb);
    say(cluster, expose());
    expect(say(cluster, expose())).toBe('Error from server (AlreadyExists): services "web-svc" already exists');
  });
});

it('kubectl run starts a pod with its name as a label, and waits for it', () => {
  const cluster = loneCluster();
  const run: KubectlCommand = { verb: 'run', name: 'default/busybox', image: 'busybox', labels: {} };
  expect(say(cluster, run)).toContain('Waiting for pod default/busybox to be running, status is Pending');
  expect(cluster.api.get('Pod', 'default/busybox')?.metadata.labels).toEqual({ run: 'busybox' });
  expect(say(cluster, run)).toBe('Error from server (AlreadyExists): pods "busybox" already exists');
});

describe('kubectl get', () => {
  it('finds by name, by label, or everything', () => {
    const objects = [pod('a', '10.1.1.2'), pod('b', '10.1.1.3', { labels: { app: 'db' } }), service('web')];
    const cluster = loneCluster({ objects });
    expect(say(cluster, get('pods'))).toBe('a b');
    expect(say(cluster, get('pods', { selector: { app: 'db' } }))).toBe('b');
    expect(say(cluster, get('pods', { selector: { app: 'none' } }))).toBe('');
    expect(say(cluster, get('services', { name: 'default/web' }))).toBe('web');
    expect(say(cluster, get('services', { name: 'default/db' }))).toBe(
      'Error from server (NotFound): services "db" not found',
    );
  });

  it('shows what a deployment’s pods have come to', () => {
    const cluster = loneCluster();
    say(cluster, createWeb);
    const command: KubectlCommand = {
      verb: 'get',
      resource: 'deployments',
      name: null,
      selector: null,
      output: 'table',
      grep: null,
    };
    const shown = (nowNs: number) => {
      cluster.until(nowNs);
      const output = cluster.kubectl.run(command, nowNs);
      return output.kind === 'objects' ? (output.objects[0] as WorkloadObject).status?.readyReplicas : null;
    };
    expect([shown(0), shown(3 * SECOND)]).toEqual([0, 2]);
  });
});

describe('kubectl patch', () => {
  const patch = (spec: object): KubectlCommand => ({
    verb: 'patch',
    kind: 'Service',
    name: 'default/web',
    patch: { spec },
  });

  it('says whether it changed anything', () => {
    const cluster = loneCluster({ objects: [service('web', { type: 'NodePort' })] });
    expect(say(cluster, patch({ externalTrafficPolicy: 'Local' }))).toBe('service/web patched');
    expect(say(cluster, patch({ externalTrafficPolicy: 'Local' }))).toBe('service/web patched (no change)');
  });

  it('says why it was refused', () => {
    const cluster = loneCluster({ objects: [service('web')] });
    expect(say(cluster, patch({ type: 'Nodeport' }))).toContain('The Service "web" is invalid: spec.type');
    expect(say(cluster, patch({ type: 7 }))).toBe('Error from server (BadRequest): spec.type: expected a string');
    expect(say(loneCluster(), patch({}))).toBe('Error from server (NotFound): services "web" not found');
  });

  it('of a deployment’s replicas scales it', () => {
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 1)] });
    say(cluster, { verb: 'patch', kind: 'Deployment', name: 'default/web', patch: { spec: { replicas: 3 } } });
    cluster.until(1 * SECOND);
    expect(cluster.podNames()).toHaveLength(3);
  });
});

it('kubectl apply creates, configures, or leaves unchanged', () => {
  const cluster = loneCluster();
  const apply = (object: Parameters<typeof cluster.api.replace>[0]) => say(cluster, { verb: 'apply', object });
  expect([apply(service('web')), apply(service('web'))]).toEqual(['service/web created', 'service/web unchanged']);
  expect(apply(service('web', { sessionAffinity: 'ClientIP' }))).toBe('service/web configured');
  expect(apply(pod('a', null))).toBe('pod/a created');
  expect(apply(workload('StatefulSet', 'db', 2))).toBe('statefulset.apps/db created');
  cluster.until(4 * SECOND);
  expect(cluster.podNames()).toEqual(['a', 'db-0', 'db-1']);
  expect(apply(node(7))).toBe('node/n7 created');
});

it('kubectl apply takes no node into a cluster of which nothing says how its nodes are set up', () => {
  const cluster = loneCluster({ nodes: [], cluster: { nodes: {} } });
  expect(say(cluster, { verb: 'apply', object: node(1) })).toContain('nodes "n1" is forbidden');
});

describe('kubectl delete', () => {
  it('takes one by name, those of a label, or all of the namespace', () => {
    const far = service('far');
    far.metadata.namespace = 'other';
    const labelled = service('labelled');
    labelled.metadata.labels = { app: 'web' };
    const cluster = loneCluster({ objects: [service('a'), labelled, service('b'), far] });
    expect(say(cluster, remove('Service', { name: 'default/a' }))).toBe('service "a" deleted');
    expect(say(cluster, remove('Service', { selector: { app: 'web' } }))).toBe('service "labelled" deleted');
    expect(say(cluster, remove('Service', {}))).toBe('service "b" deleted');
    expect(say(cluster, remove('Service', {}))).toBe('No resources found');
    expect(say(cluster, remove('Service', { name: 'default/a' }))).toBe(
      'Error from server (NotFound): services "a" not found',
    );
    expect(cluster.api.count('Service')).toBe(1);
  });

  it('of a node takes its pods at once', () => {
    const cluster = loneCluster({ objects: [pod('a', '10.1.1.2'), pod('b', '10.1.2.2')] });
    expect(say(cluster, remove('Node', { name: 'n1' }))).toBe('node "n1" deleted');
    expect(cluster.podNames()).toEqual(['b']);
  });
});

it('kubectl scale says so where there is no such deployment', () => {
  expect(say(loneCluster(), { verb: 'scale', deployment: 'default/web', replicas: 2 })).toBe(
    'Error from server (NotFound): deployments.apps "web" not found',
  );
});
