import { describe, expect, it } from 'vitest';
import type { GetResource, KubeObject } from '#sim';
import { type GetCommand, getText } from './get-text.js';

function get(resource: GetResource, more: Partial<GetCommand> = {}): GetCommand {
  return { verb: 'get', resource, name: null, selector: null, output: 'table', grep: null, ...more };
}

function node(name: string, ready: boolean, labels: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    status: {
      addresses: [{ type: 'InternalIP', address: '10.240.0.4' }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }],
      nodeInfo: { kubeletVersion: 'v1.21.14' },
    },
  };
}

function pod(name: string, more: object, deleted?: number): KubeObject {
  const metadata = { name, namespace: 'default', ...(deleted === undefined ? {} : { deletionTimestampNs: deleted }) };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{}] }, ...more } as KubeObject;
}

function service(name: string, spec: object, ingress?: { ip?: string; hostname?: string }[]): KubeObject {
  const metadata = { name, namespace: 'default', creationTimestampNs: 10e9 };
  const status = ingress === undefined ? {} : { status: { loadBalancer: { ingress } } };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec, ...status } as KubeObject;
}

const NOW = 61e9;

describe('kubectl get', () => {
  it('lists nodes by name with their state and roles', () => {
    const nodes = [
      node('kubernetes-node-cx31', false),
      node('kubernetes-node-6jst', true),
      node('master', true, { 'node-role.kubernetes.io/master': '', 'node-role.kubernetes.io/control-plane': '' }),
    ];
    expect(getText(get('nodes'), nodes, 2 * 3600e9)).toBe(
      [
        'NAME                   STATUS     ROLES                  AGE    VERSION',
        'kubernetes-node-6jst   Ready      <none>                 120m   v1.21.14',
        'kubernetes-node-cx31   NotReady   <none>                 120m   v1.21.14',
        'master                 Ready      control-plane,master   120m   v1.21.14',
      ].join('\n'),
    );
  });

  it('lists services with the addresses and ports that matter from outside', () => {
    const ports = [{ port: 80, nodePort: 31234 }];
    const services = [
      service('clusterip', { clusterIP: '10.0.170.92', ports: [{ port: 80, protocol: 'TCP' }] }),
      service('loadbalancer', { type: 'LoadBalancer', clusterIP: '10.0.65.118', ports }, [{ ip: '203.0.113.140' }]),
      service('pending', { type: 'LoadBalancer', clusterIP: '10.0.65.119', ports, externalIPs: [] }),
      service('long', { type: 'LoadBalancer', clusterIP: '10.0.65.120' }, [{ hostname: 'abc.elb.amazonaws.com' }]),
    ];
    expect(getText(get('services'), services, NOW)).toBe(
      [
        'NAME           TYPE           CLUSTER-IP    EXTERNAL-IP        PORT(S)        AGE',
        'clusterip      ClusterIP      10.0.170.92   <none>             80/TCP         51s',
        'loadbalancer   LoadBalancer   10.0.65.118   203.0.113.140      80:31234/TCP   51s',
        'long           LoadBalancer   10.0.65.120   abc.elb.amazo...   <none>         51s',
        'pending        LoadBalancer   10.0.65.119   <pending>          80:31234/TCP   51s',
      ].join('\n'),
    );
  });

  it('lists pods wide, with what their containers do', () => {
    const pods = [
      pod('a', {
        spec: { nodeName: 'n1', containers: [{}, {}] },
        status: { phase: 'Running', podIP: '10.180.1.136', conditions: [{ type: 'Ready', status: 'True' }] },
      }),
      pod('b', { status: { phase: 'Pending' } }),
      pod('c', { spec: { nodeName: 'n1', containers: [{}] }, status: { phase: 'Pending' } }),
      pod('d', { status: { phase: 'Running' } }, 5e9),
    ];
    expect(getText(get('pods', { output: 'wide' }), pods, NOW)).toBe(
      [
        'NAME   READY   STATUS              RESTARTS   AGE   IP             NODE     NOMINATED NODE   READINESS GATES',
        'a      2/2     Running             0          61s   10.180.1.136   n1       <none>           <none>',
        'b      0/1     Pending             0          61s   <none>         <none>   <none>           <none>',
        'c      0/1     ContainerCreating   0          61s   <none>         n1       <none>           <none>',
        'd      0/1     Terminating         0          61s   <none>         <none>   <none>           <none>',
      ].join('\n'),
    );
  });

  it('lists endpoint slices with three endpoints at most', () => {
    const slice: KubeObject = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'web-abcde', namespace: 'default' },
      addressType: 'IPv4',
      endpoints: ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4'].map((address) => ({ addresses: [address] })),
      ports: [{ port: 8080 }],
    };
    expect(getText(get('endpointslices'), [slice, { ...slice, endpoints: [], ports: [] }], NOW)).toBe(
      [
        'NAME        ADDRESSTYPE   PORTS     ENDPOINTS                                AGE',
        'web-abcde   IPv4          8080      10.1.0.1,10.1.0.2,10.1.0.3 + 1 more...   61s',
        'web-abcde   IPv4          <unset>   <unset>                                  61s',
      ].join('\n'),
    );
  });

  it('shows deployments of all namespaces where one is not the default', () => {
    const deployment: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { replicas: 3 },
      status: { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 },
    };
    expect(getText(get('deployments'), [deployment], NOW)).toBe(
      'NAMESPACE   NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nshop        web    2/3     3            2           61s',
    );
  });

  it('lists the other workloads and budgets with their columns', () => {
    const metadata = { name: 'web', namespace: 'default' };
    const spec = {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { spec: { containers: [{ name: 'app', image: 'i:1' }], nodeSelector: { disk: 'ssd' } } },
    };
    const counts = {
      replicas: 3,
      readyReplicas: 2,
      updatedReplicas: 3,
      availableReplicas: 1,
      desiredNumberScheduled: 4,
    };
    const of = (kind: 'ReplicaSet' | 'StatefulSet' | 'DaemonSet'): KubeObject => ({
      apiVersion: 'apps/v1',
      kind,
      metadata,
      spec,
      status: counts,
    });
    expect(getText(get('replicasets', { output: 'wide' }), [of('ReplicaSet')], NOW)).toBe(
      'NAME   DESIRED   CURRENT   READY   AGE   CONTAINERS   IMAGES   SELECTOR\nweb    3         3         2       61s   app          i:1      app=web',
    );
    expect(getText(get('statefulsets'), [of('StatefulSet')], NOW)).toBe('NAME   READY   AGE\nweb    2/3     61s');
    expect(getText(get('daemonsets'), [of('DaemonSet')], NOW)).toBe(
      'NAME   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE\nweb    4         3         2       3            1           disk=ssd        61s',
    );
    const budget: KubeObject = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { maxUnavailable: 1 },
      status: { disruptionsAllowed: 1 },
    };
    expect(getText(get('poddisruptionbudgets'), [budget], NOW)).toBe(
      'NAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE\nweb    N/A             1                 1                     61s',
    );
    expect(getText(get('replicasets', { output: 'name' }), [of('ReplicaSet')], NOW)).toBe('replicaset.apps/web');
  });

  it('says where it found nothing', () => {
    expect(getText(get('pods', { selector: { run: 'x' } }), [], NOW)).toBe('No resources found in default namespace.');
    expect(getText(get('nodes'), [], NOW)).toBe('No resources found');
  });

  it('prints names with the group of their kind, and only the lines that grep lets through', () => {
    const services = [service('nodeport', {}), service('clusterip', {})];
    expect(getText(get('services', { output: 'name' }), services, NOW)).toBe('service/clusterip\nservice/nodeport');
    expect(getText(get('services', { output: 'name', grep: 'NODE' }), services, NOW)).toBe('service/nodeport');
  });

  it('keeps the indentation of YAML through grep', () => {
    const found = service('loadbalancer', { type: 'LoadBalancer', healthCheckNodePort: 32122 });
    const command = get('services', { name: 'default/loadbalancer', output: 'yaml', grep: 'healthchecknodeport' });
    expect(getText(command, [found], NOW)).toBe('  healthCheckNodePort: 32122');
  });
});
