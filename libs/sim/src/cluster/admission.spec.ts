import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceObject } from '../objects.js';
import { pod, service, smallCluster, workload } from '../testing/small-scenario.js';
import { ApiServer } from './api-server.js';

type Spec = Partial<ServiceObject['spec']>;

function server(over: Parameters<typeof smallCluster>[0] = {}): ApiServer {
  return new ApiServer(smallCluster(over), () => {});
}

function created(api: ApiServer, name: string, spec: Spec = {}): ServiceObject['spec'] {
  const written = api.create(service(name, spec), 0);
  if ('error' in written) throw new Error(written.error);
  return (written.object as ServiceObject).spec;
}

function patched(api: ApiServer, name: string, spec: Record<string, unknown>): ServiceObject['spec'] {
  const written = api.patch('Service', `default/${name}`, { spec });
  if ('error' in written) throw new Error(written.error);
  return (written.object as ServiceObject).spec;
}

function refusal(api: ApiServer, spec: Spec): string {
  const written = api.create(service('bad', spec), 0);
  return 'error' in written ? written.error : 'taken';
}

/** How many values are free: takes them all. */
function free(api: ApiServer): { ips: number; ports: number } {
  const { allocators } = api;
  const count = (next: () => unknown) => {
    let n = 0;
    while (next() !== null) n++;
    return n;
  };
  return {
    ips: count(() => allocators.clusterIP('none', 'IPv4')) + count(() => allocators.clusterIP('none', 'IPv6')),
    ports: count(() => allocators.nodePort([], 'TCP')) + count(() => allocators.nodePort([], 'UDP')),
  };
}

describe('a Service that is created', () => {
  it('gets a cluster IP, and the defaults of the API', () => {
    expect(created(server(), 'web')).toMatchObject({
      type: 'ClusterIP',
      clusterIP: '10.96.1.1',
      clusterIPs: ['10.96.1.1'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 8080 }],
    });
  });

  it('gets both families where it asks for them and the cluster has them', () => {
    const api = server({ serviceCIDRs: ['10.96.0.0/16', 'fd00:96::/112'] });
    expect(created(api, 'both', { ipFamilyPolicy: 'PreferDualStack' })).toMatchObject({
      clusterIPs: ['10.96.1.1', 'fd00:96::101'],
      ipFamilies: ['IPv4', 'IPv6'],
    });
    expect(created(api, 'six', { ipFamilies: ['IPv6'] }).clusterIPs).toEqual(['fd00:96::102']);
    expect(created(server(), 'prefers', { ipFamilyPolicy: 'PreferDualStack' }).clusterIPs).toHaveLength(1);
    expect(refusal(server(), { ipFamilyPolicy: 'RequireDualStack' })).toContain(
      'this cluster is not configured for dual-stack services',
    );
  });

  it('takes what it asks for before anything is handed out beside it', () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: 'https', port: 443, nodePort: 30086 },
    ];
    expect(created(server(), 'web', { type: 'NodePort', ports }).ports?.map(({ nodePort }) => nodePort)).toEqual([
      30087, 30086,
    ]);
    const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30086 } as const;
    expect(created(server(), 'web', local).ports?.[0]?.nodePort).toBe(30087);
  });

  it('needs no node ports where it switches them off, and no address where it is headless or a mere name', () => {
    const noPorts = created(server(), 'web', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false });
    expect(noPorts.ports?.[0]?.nodePort).toBeUndefined();
    expect(created(server(), 'none', { clusterIP: 'None' })).toMatchObject({ clusterIP: 'None', ipFamilies: ['IPv4'] });
    const name = created(server(), 'name', { type: 'ExternalName', externalName: 'example.com', ports: [] });
    expect(name.clusterIP).toBeUndefined();
  });
});

describe('a Service is refused', () => {
  const two = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81 },
  ];
  it.each<[string, Spec, string]>([
    ['without ports', { ports: [] }, 'spec.ports: Required value'],
    ['with a type that nobody knows', { type: 'Nodeport' as 'NodePort' }, 'spec.type: Unsupported value: "Nodeport"'],
    ['with a policy that nobody knows', { externalTrafficPolicy: 'local' as 'Local' }, 'Unsupported value: "local"'],
    ['with port 0', { ports: [{ port: 0 }] }, 'spec.ports[0].port: Invalid value: 0'],
    ['with nameless ports beside others', { ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports[0].name: Required'],
    [
      'with one name twice',
      { ports: [two[0]!, { ...two[1]!, name: 'a' }] },
      'spec.ports[1].name: Duplicate value: "a"',
    ],
    ['with one port twice', { ports: [two[0]!, { ...two[1]!, port: 80 }] }, 'spec.ports[1]: Duplicate value'],
    ['with a protocol that nobody knows', { ports: [{ port: 80, protocol: 'tcp' as 'TCP' }] }, '"tcp"'],
    ['with a node port on ClusterIP', { ports: [{ port: 80, nodePort: 30080 }] }, '.nodePort: Forbidden'],
    ['with an external policy on ClusterIP', { externalTrafficPolicy: 'Cluster' }, 'externally-accessible services'],
    ['headless with a node port', { type: 'NodePort', clusterIP: 'None' }, "may not be set to 'None' for NodePort"],
    ['as a name without one', { type: 'ExternalName' }, 'spec.externalName: Required value'],
    ['with an address outside the range', { clusterIP: '10.97.0.1' }, "not in the cluster's service ranges"],
    ['with an address that is none', { clusterIP: 'ten' }, 'must be a valid IP address'],
    ['with a taken address', { clusterIP: '10.96.0.10' }, 'provided IP is already allocated'],
    ['with a node port outside the range', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }, '30000-32767'],
    ['with a taken node port', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }, 'already allocated'],
    [
      'with a health check port that nothing needs',
      { type: 'LoadBalancer', healthCheckNodePort: 32000 },
      'spec.healthCheckNodePort: Invalid value: 32000: may only be set when',
    ],
    [
      'with a health check port that is taken',
      { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30080 },
      'spec.healthCheckNodePort: Invalid value: 30080: provided port is already allocated',
    ],
    ['with source ranges on NodePort', { type: 'NodePort', loadBalancerSourceRanges: ['10.0.0.0/8'] }, 'Forbidden'],
    ['with a source range that is none', { type: 'LoadBalancer', loadBalancerSourceRanges: ['ten'] }, 'valid CIDR'],
    ['with an external IP that is none', { externalIPs: ['ten'] }, 'spec.externalIPs[0]: Invalid value: "ten"'],
  ])('%s', (_, spec, text) => {
    const api = server();
    created(api, 'there', { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, nodePort: 30080 }] });
    expect(refusal(api, spec)).toContain('The Service "bad" is invalid: ');
    expect(refusal(api, spec)).toContain(text);
    expect(api.get('Service', 'default/bad')).toBeUndefined();
  });
});

describe('a Service that is changed', () => {
  it('keeps its addresses and ports, by the names of the ports', () => {
    const api = server();
    const before = created(api, 'web', { type: 'NodePort' });
    const after = patched(api, 'web', { ports: [{ port: 80, targetPort: 9090 }] });
    expect(after.clusterIP).toBe(before.clusterIP);
    expect(after.ports).toEqual([{ ...before.ports?.[0], targetPort: 9090 }]);
    const moved = api.apply(service('web', { type: 'NodePort', ports: [{ port: 81, targetPort: 8080 }] }), 0);
    expect(moved).toMatchObject({
      object: { spec: { ports: [{ port: 81, nodePort: before.ports?.[0]?.nodePort, protocol: 'TCP' }] } },
    });
    expect(() => patched(api, 'web', { ports: [{ port: 82 }] })).toThrow('spec.ports[0].name: Required value');
  });

  it('gets a health check port with policy Local on a LoadBalancer, keeps it, and gives it back', () => {
    const api = server();
    created(api, 'web', { type: 'LoadBalancer' });
    const { healthCheckNodePort } = patched(api, 'web', { externalTrafficPolicy: 'Local' });
    expect(healthCheckNodePort).toBe(30087);
    expect(patched(api, 'web', { sessionAffinity: 'ClientIP' })).toMatchObject({
      healthCheckNodePort,
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
    });
    expect(patched(api, 'web', { externalTrafficPolicy: 'Cluster' }).healthCheckNodePort).toBeUndefined();
    expect(created(api, 'next', { type: 'NodePort' }).ports?.[0]?.nodePort).toBe(healthCheckNodePort);
  });

  it('loses what its new type has no place for, and gets it again on the way back', () => {
    const api = server();
    created(api, 'web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    const inside = patched(api, 'web', { type: 'ClusterIP' });
    expect(inside.externalTrafficPolicy).toBeUndefined();
    expect(inside.healthCheckNodePort).toBeUndefined();
    expect(inside.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 8080 }]);
    expect(patched(api, 'web', { type: 'NodePort' }).ports?.[0]?.nodePort).toBe(30086);
    const name = patched(api, 'web', { type: 'ExternalName', externalName: 'example.com' });
    expect([name.clusterIP, name.clusterIPs, name.ports?.[0]?.nodePort]).toEqual([undefined, undefined, undefined]);
    expect(patched(api, 'web', { type: 'ClusterIP' }).clusterIP).toBe('10.96.1.1');
  });

  it('becomes dual-stack beside the address that it has', () => {
    const api = server({ serviceCIDRs: ['10.96.0.0/16', 'fd00:96::/112'] });
    created(api, 'web', { clusterIP: '10.96.0.5' });
    expect(patched(api, 'web', { ipFamilyPolicy: 'PreferDualStack' }).clusterIPs).toEqual([
      '10.96.0.5',
      'fd00:96::101',
    ]);
  });

  it.each([
    ['another cluster IP', { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'] }, 'may not change once set'],
    ['another health check port', { healthCheckNodePort: 32100 }, 'field is immutable'],
    ['a node port with type ClusterIP', { type: 'ClusterIP', ports: [{ port: 80, nodePort: 31000 }] }, 'Forbidden'],
    ['ports of another form', { ports: 'all' }, 'spec.ports: expected a list'],
    ['a port of another form', { ports: [{ port: '80' }] }, 'spec.ports[1].port: expected a whole number'],
    ['a selector of another form', { selector: { app: 1 } }, 'spec.selector.app: expected a string'],
  ])('is refused %s, and stays what it was', (_, spec, text) => {
    const api = server();
    created(api, 'web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
    const before = api.get('Service', 'default/web');
    expect(() => patched(api, 'web', spec)).toThrow(text);
    expect(api.get('Service', 'default/web')).toBe(before);
    expect(created(api, 'next', { type: 'NodePort' }).ports?.[0]?.nodePort).toBe(30088);
  });
});

it('other kinds are taken as they are, but for a number of pods that would end every run', () => {
  const api = server();
  expect(api.create(pod('a', null), 0)).toHaveProperty('object');
  expect(api.create(workload('Deployment', 'web', 3), 0)).toHaveProperty('object');
  expect(api.patch('Deployment', 'default/web', { spec: { replicas: 1e9 } })).toEqual({
    error: 'The Deployment "web" is invalid: spec.replicas: Invalid value: 1000000000: must be between 0 and 100000',
  });
  expect(api.patch('Deployment', 'default/web', { spec: { replicas: -1 } })).toHaveProperty('error');
});

it('whatever is created, changed, refused and deleted, in the end nothing stays allocated', () => {
  const range = { serviceCIDRs: ['10.96.0.0/28', 'fd00::/125'], nodePortRange: { from: 30000, to: 30005 } };
  const spec = fc.record(
    {
      type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
      externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
      healthCheckNodePort: fc.constantFrom(30000, 30003, 40000),
      clusterIPs: fc.constantFrom(['10.96.0.3'], ['10.96.0.4', 'fd00::3'], ['10.96.0.5', 'fd01::'], ['None']),
      ipFamilyPolicy: fc.constantFrom('PreferDualStack', 'RequireDualStack', 'SingleStack'),
      externalName: fc.constant('example.com'),
      ports: fc.uniqueArray(
        fc.record(
          {
            name: fc.constantFrom('a', 'b', 'c'),
            port: fc.constantFrom(80, 81, 82),
            nodePort: fc.constantFrom(30000, 30001, 30002, 99),
            protocol: fc.constantFrom('TCP', 'UDP'),
          },
          { requiredKeys: ['name', 'port'] },
        ),
        { selector: ({ name }) => name, maxLength: 3 },
      ),
    },
    { requiredKeys: ['ports'] },
  );
  const step = fc.record({
    verb: fc.constantFrom('create', 'patch', 'delete'),
    name: fc.constantFrom('a', 'b', 'c'),
    spec,
  });
  let refused = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 25, size: 'max' }), (steps) => {
      const api = server(range);
      for (const { verb, name, spec } of steps) {
        const key = `default/${name}`;
        const written =
          verb === 'create'
            ? api.create(service(name, spec as unknown as Spec), 0)
            : verb === 'patch'
              ? api.patch('Service', key, { spec })
              : api.delete('Service', key);
        if ('error' in written) refused++;
        const held = api
          .list<ServiceObject>('Service')
          .flatMap(({ spec: { ports = [], healthCheckNodePort } }) => [
            ...ports.flatMap(({ nodePort, protocol }) => (nodePort ? [`${nodePort}/${protocol}`] : [])),
            ...(healthCheckNodePort ? [`${healthCheckNodePort}/TCP`] : []),
          ]);
        expect(new Set(held).size).toBe(held.length);
      }
      for (const { metadata } of api.list<ServiceObject>('Service')) api.delete('Service', `default/${metadata.name}`);
      expect(free(api)).toEqual(free(server(range)));
    }),
    { numRuns: 150, seed: 11 },
  );
  expect(refused).toBeGreaterThan(150);
});
