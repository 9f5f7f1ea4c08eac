import { describe, expect, it } from 'vitest';
import { parseIp } from '../../netfilter/address.js';
import type { EndpointSliceObject, IpFamily, Protocol, ServiceObject } from '../../objects.js';
import { ChangeTracker } from '../change-tracker.js';
import { featureGatesOf } from '../feature-gates.js';
import type { ProxyNode, ProxyView } from '../proxy-node.js';
import { behaviourOf } from '../versions.js';
import { type UserspaceProgram, userspaceMode } from './userspace.js';

const NODE: Record<IpFamily, string> = { IPv4: '192.168.0.2', IPv6: 'fd00::2' };

function nodeOf(over: Partial<ProxyNode> = {}): ProxyNode {
  const { ipFamily = 'IPv4' } = over;
  const ip = parseIp(NODE[ipFamily])!;
  return {
    name: 'n1',
    ipFamily,
    behaviour: behaviourOf('1.25'),
    gates: featureGatesOf('1.25'),
    ips: [ip],
    bridgeIPs: [],
    primaryIP: ip,
    localDetector: null,
    masqueradeAll: false,
    masqueradeBit: 14,
    nodePortAddresses: [],
    serviceCIDRs: [],
    localhostNodePorts: true,
    ipvsScheduler: 'rr',
    tcpBeLiberal: false,
    nfacctCounters: [],
    randomFully: true,
    ...over,
  };
}

interface Given {
  spec?: Partial<ServiceObject['spec']>;
  vips?: string[];
  ports?: { name?: string; port: number; nodePort?: number; protocol?: Protocol }[];
}

function serviceOf(name: string, { spec = {}, vips = [], ports = [{ port: 80 }] }: Given = {}): ServiceObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'ns', name },
    spec: { clusterIP: '172.30.0.1', ...spec, ports },
    status: { loadBalancer: { ingress: vips.map((ip) => ({ ip })) } },
  };
}

function slice(service: string, ...ips: string[]): EndpointSliceObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'ns', name: `${service}-1`, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: ips.map((ip) => ({ addresses: [ip] })),
    ports: [{ name: '', port: 8080 }],
  };
}

/** A kube-proxy that hears of objects and syncs. */
class LoneProxy {
  private readonly tracker: ChangeTracker;
  program: UserspaceProgram | undefined;

  constructor(private readonly node: ProxyNode) {
    this.tracker = new ChangeTracker(node.name, { ...node, singleFamily: true });
  }

  sync(...objects: (ServiceObject | EndpointSliceObject | string)[]): UserspaceProgram {
    for (const object of objects) {
      if (typeof object === 'string') this.tracker.serviceDeleted(object);
      else if (object.kind === 'Service') this.tracker.serviceChanged(object);
      else this.tracker.endpointSliceChanged(object);
    }
    const { services, endpoints } = this.tracker.checkout();
    const view: ProxyView = { node: this.node, nodeLabels: {}, services, endpoints };
    this.program = userspaceMode.program(view, this.program);
    return this.program;
  }
}

/** The rules of kube-proxy's own chains, with the port of the proxy as PORT where there is one service port. */
function rulesOf(program: UserspaceProgram): string[] {
  const [port] = program.sockets.values();
  const lines = userspaceMode.rulesText(program, 'restore')!.split('\n');
  return lines
    .filter((line) => /^-A KUBE-(PORTALS|NODEPORT)/.test(line))
    .map((line) => line.replaceAll(String(port?.port ?? ''), 'PORT').replace('-A KUBE-', ''));
}

const synced = (node: ProxyNode, ...objects: ServiceObject[]): UserspaceProgram => new LoneProxy(node).sync(...objects);

describe('the rules of mode userspace', () => {
  it('redirect containers to the proxy, and send the node to its own address', () => {
    const service = serviceOf('web', { ports: [{ name: 'http', port: 80, nodePort: 30080 }] });
    const web = '-m comment --comment ns/web:http -m tcp -p tcp';
    expect(rulesOf(synced(nodeOf(), service))).toEqual([
      `PORTALS-CONTAINER ${web} --dport 80 -d 172.30.0.1/32 -j REDIRECT --to-ports PORT`,
      `PORTALS-HOST ${web} --dport 80 -d 172.30.0.1/32 -j DNAT --to-destination 192.168.0.2:PORT`,
      `NODEPORT-CONTAINER ${web} --dport 30080 -j REDIRECT --to-ports PORT`,
      `NODEPORT-HOST ${web} --dport 30080 -j DNAT --to-destination 192.168.0.2:PORT`,
      `NODEPORT-NON-LOCAL ${web} --dport PORT -m state --state NEW -j ACCEPT`,
    ]);
  });

  it('take an external address from outside, and from the node only where it is the node’s', () => {
    const service = serviceOf('dns', {
      spec: { externalIPs: ['5.6.7.8'] },
      vips: ['5.6.7.9'],
      ports: [{ port: 53, protocol: 'UDP' }],
    });
    const dns = '-m comment --comment ns/dns -m udp -p udp --dport 53';
    expect(rulesOf(synced(nodeOf(), service))).toEqual([
      `PORTALS-CONTAINER ${dns} -d 172.30.0.1/32 -j REDIRECT --to-ports PORT`,
      `PORTALS-CONTAINER ${dns} -d 5.6.7.8/32 -m physdev ! --physdev-is-in -j REDIRECT --to-ports PORT`,
      `PORTALS-CONTAINER ${dns} -d 5.6.7.8/32 -m addrtype --dst-type LOCAL -j REDIRECT --to-ports PORT`,
      `PORTALS-CONTAINER ${dns} -d 5.6.7.9/32 -j REDIRECT --to-ports PORT`,
      `PORTALS-HOST ${dns} -d 172.30.0.1/32 -j DNAT --to-destination 192.168.0.2:PORT`,
      `PORTALS-HOST ${dns} -d 5.6.7.8/32 -m addrtype --dst-type LOCAL -j DNAT --to-destination 192.168.0.2:PORT`,
      `PORTALS-HOST ${dns} -d 5.6.7.9/32 -j DNAT --to-destination 192.168.0.2:PORT`,
    ]);
  });

  it('know nothing of policies, source ranges and node port addresses', () => {
    const plain: Given = { vips: ['5.6.7.9'], ports: [{ port: 80, nodePort: 30080 }] };
    const spec: Partial<ServiceObject['spec']> = {
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'Local',
      healthCheckNodePort: 32000,
      loadBalancerSourceRanges: ['10.0.0.0/8'],
    };
    const node = nodeOf({ nodePortAddresses: ['10.0.0.0/8'], masqueradeAll: true });
    expect(rulesOf(synced(node, serviceOf('web', { ...plain, spec })))).toEqual(
      rulesOf(synced(nodeOf(), serviceOf('web', plain))),
    );
  });

  it('send everything to the address that kube-proxy is bound to, if it is one of the node', () => {
    const service = serviceOf('web', { ports: [{ port: 80, nodePort: 30080 }] });
    const boundTo = (address: string) =>
      rulesOf(synced(nodeOf({ userspace: { bindAddress: parseIp(address), portRange: null } }), service));
    expect(boundTo('192.168.0.2').join('\n')).not.toContain('REDIRECT');
    expect(boundTo('192.168.0.2')).toContain(
      'NODEPORT-CONTAINER -m comment --comment ns/web -m tcp -p tcp --dport 30080 -j DNAT --to-destination 192.168.0.2:PORT',
    );
    expect(boundTo('192.168.0.3')).toEqual([]);
  });

  it('are written in the family of the node, in brackets where it is IPv6', () => {
    const service = serviceOf('web', { spec: { clusterIP: 'fd00:10::1' } });
    expect(rulesOf(synced(nodeOf({ ipFamily: 'IPv6' }), service))).toEqual([
      'PORTALS-CONTAINER -m comment --comment ns/web -m tcp -p tcp --dport 80 -d fd00:10::1/128 -j REDIRECT --to-ports PORT',
      'PORTALS-HOST -m comment --comment ns/web -m tcp -p tcp --dport 80 -d fd00:10::1/128 -j DNAT --to-destination [fd00::2]:PORT',
    ]);
  });

  it('end at the first address of the other family, as iptables refuses it', () => {
    const rules = (spec: Given['spec'], vips: string[] = []) =>
      rulesOf(synced(nodeOf(), serviceOf('web', { spec: spec!, vips, ports: [{ port: 80, nodePort: 30080 }] })))
        .filter((line) => line.startsWith('PORTALS-CONTAINER') && !line.includes('addrtype'))
        .map((line) => /-d (\S+)/.exec(line)?.[1]);
    expect(rules({ clusterIP: 'fd00:10::1', clusterIPs: ['fd00:10::1', '172.30.0.1'] })).toEqual([]);
    const foreign = { externalIPs: ['5.6.7.8', 'fd00::9', '5.6.7.9'] };
    expect(rules(foreign, ['5.6.7.1'])).toEqual(['172.30.0.1/32', '5.6.7.8/32']);
    expect(rules({}, ['5.6.7.1', 'fd00::1'])).toEqual(['172.30.0.1/32', '5.6.7.1/32']);
    const all = synced(nodeOf(), serviceOf('web', { spec: foreign, ports: [{ port: 80, nodePort: 30080 }] }));
    expect(rulesOf(all).join('\n')).not.toContain('30080');
  });

  it('leave out SCTP, and Services that no proxy serves', () => {
    const sctp = serviceOf('sctp', { ports: [{ port: 80, protocol: 'SCTP' }] });
    const headless = serviceOf('headless', { spec: { clusterIP: 'None' } });
    const name = serviceOf('name', { spec: { type: 'ExternalName', externalName: 'example.com' } });
    const program = synced(nodeOf(), sctp, headless, name);
    expect([rulesOf(program), program.sockets.size]).toEqual([[], 0]);
  });

  it('give a local address and port to one Service, and to the next one when that has gone', () => {
    const own = (name: string): ServiceObject =>
      serviceOf(name, { spec: { clusterIP: `172.30.0.${name.length}`, externalIPs: ['192.168.0.2', '5.6.7.8'] } });
    const proxy = new LoneProxy(nodeOf());
    const external = () =>
      userspaceMode
        .rulesText(proxy.program!, 'restore')!
        .split('\n')
        .filter((line) => line.startsWith('-A KUBE-PORTALS-HOST') && line.includes('addrtype'))
        .map((line) => /ns\/\S+/.exec(line)?.[0]);
    proxy.sync(own('a'), own('bb'));
    expect(external()).toEqual(['ns/a', 'ns/a']);
    proxy.sync('ns/a');
    expect(external()).toEqual(['ns/bb', 'ns/bb']);
  });
});

describe('the sockets of mode userspace', () => {
  const portsOf = ({ sockets }: UserspaceProgram) => [...sockets].map(([key, { port }]) => [key, port]);

  it('stay as long as the Service says the same, whatever becomes of its endpoints', () => {
    const proxy = new LoneProxy(nodeOf());
    const first = proxy.sync(serviceOf('web'), slice('web', '10.1.0.1'));
    const second = proxy.sync(slice('web', '10.1.0.2'), serviceOf('api', { spec: { clusterIP: '172.30.0.2' } }));
    expect(portsOf(second)).toContainEqual(portsOf(first)[0]);
    const third = proxy.sync(serviceOf('web', { spec: { externalTrafficPolicy: 'Local' } }));
    expect(portsOf(third)).toEqual(portsOf(second));
    const fourth = proxy.sync(serviceOf('web', { spec: { sessionAffinity: 'ClientIP' } }));
    expect(portsOf(fourth)).not.toContainEqual(portsOf(first)[0]);
    expect(fourth.sockets.size).toBe(2);
  });

  it('lie where the kernel gives ports, or within portRange as long as there are any', () => {
    const services = Array.from({ length: 50 }, (_, n) =>
      serviceOf(`s${n}`, { spec: { clusterIP: `172.30.1.${n}` }, ports: [{ port: 80 }] }),
    );
    const all = [...synced(nodeOf(), ...services).sockets.values()].map(({ port }) => port);
    expect(new Set(all).size).toBe(50);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(32_768);
    expect(Math.max(...all)).toBeLessThanOrEqual(60_999);
    const narrow = nodeOf({ userspace: { bindAddress: null, portRange: { first: 40_000, last: 40_009 } } });
    const program = synced(narrow, ...services);
    expect([...program.sockets.values()].map(({ port }) => port).sort()).toEqual(
      Array.from({ length: 10 }, (_, n) => 40_000 + n),
    );
    expect(rulesOf(program)).toHaveLength(20);
  });

  it('are the same on every node', () => {
    const [a, b] = ['n1', 'n2'].map((name) => portsOf(synced(nodeOf({ name }), serviceOf('web'))));
    expect(a).toEqual(b);
  });
});
