import { describe, expect, it } from 'vitest';
import { parseIp } from '../netfilter/address.js';
import { ConnectionTable } from '../netfilter/conntrack.js';
import type { EndpointObject, Protocol, ServiceObject } from '../objects.js';
import { service, slice } from '../testing/small-scenario.js';
import { ChangeTracker } from './change-tracker.js';
import { featureGatesOf } from './feature-gates.js';
import type { ProxyNode, ProxyView } from './proxy-node.js';
import { deleteStaleUdpEntries } from './stale-udp-entries.js';
import { behaviourOf } from './versions.js';

const ip = (text: string) => parseIp(text)!;
const DNS = service(
  'dns',
  {
    type: 'LoadBalancer',
    clusterIP: '10.96.0.10',
    externalIPs: ['192.0.2.7'],
    ports: [{ name: 'dns', port: 53, targetPort: 5353, protocol: 'UDP', nodePort: 30053 }],
  },
  { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } },
);
type Condition = 'ready' | 'unready' | 'terminating' | 'stopped';
const CONDITIONS: Record<Condition, NonNullable<EndpointObject['conditions']>> = {
  ready: { ready: true, serving: true, terminating: false },
  unready: { ready: false, serving: false, terminating: false },
  terminating: { ready: false, serving: true, terminating: true },
  stopped: { ready: false, serving: false, terminating: true },
};
/** Endpoints by the last part of their address, at a port. */
type Endpoints = Record<number, Condition>;

/** Each state with the next one's sync in between; null: the service is not there. */
class Synced {
  private readonly tracker: ChangeTracker;
  private readonly node: ProxyNode;
  private view: ProxyView | null = null;
  readonly table = new ConnectionTable();

  constructor(version: string) {
    const behaviour = behaviourOf(version);
    const gates = featureGatesOf(version, {});
    this.tracker = new ChangeTracker('n1', { ipFamily: 'IPv4', behaviour, gates });
    this.node = { name: 'n1', ipFamily: 'IPv4', behaviour, gates } as ProxyNode;
  }

  sync(endpoints: Endpoints | null, dns: ServiceObject = DNS, port = 5353): this {
    if (endpoints === null) this.tracker.serviceDeleted('default/dns');
    else this.tracker.serviceChanged(dns);
    const objects = Object.entries(endpoints ?? {}).map(
      ([last, condition]): EndpointObject => ({
        addresses: [`10.1.1.${last}`],
        conditions: CONDITIONS[condition],
        nodeName: 'n1',
      }),
    );
    this.tracker.endpointSliceChanged(slice('dns', objects, { ports: [{ name: 'dns', protocol: 'UDP', port }] }));
    const { services, endpoints: known } = this.tracker.checkout();
    const next: ProxyView = { node: this.node, nodeLabels: {}, services, endpoints: known };
    deleteStaleUdpEntries(this.table, this.view, next);
    this.view = next;
    return this;
  }

  /** A flow from its own port to an address, translated to an endpoint by its last part, or not at all. */
  flow(to: string, last: number | null, protocol: Protocol = 'UDP'): this {
    const [address = '', port = ''] = to.split(':');
    const original = {
      protocol,
      source: ip('10.1.2.9'),
      sourcePort: 40_000 + this.table.size,
      destination: ip(address),
      destinationPort: Number(port),
    };
    const destination = last === null ? ip(address) : ip(`10.1.1.${last}`);
    const destinationPort = last === null ? Number(port) : 5353;
    this.table.add(original, { destination, destinationPort, masqueradeAs: null }, 0);
    return this;
  }

  /** Where the flows go that are left, in the order in which they began. */
  get left(): string[] {
    const seen: string[] = [];
    this.table.removeWhere(({ original, reply }) => {
      seen.push(`${original.destination.text}:${original.destinationPort} > ${reply.source.text.split('.')[3]}`);
      return false;
    });
    return seen;
  }
}

const VERSIONS = ['1.21', '1.22', '1.23', '1.28', '1.29', '1.31', '1.32', '1.34', '1.36', '1.37'];
const VIP = '10.96.0.10:53';
/** The versions that leave no flow of those. */
const cleaning = (run: (proxy: Synced) => Synced) =>
  VERSIONS.filter((version) => run(new Synced(version)).left.length === 0);
const since = (version: string) => VERSIONS.slice(VERSIONS.indexOf(version));
const but = (...versions: string[]) => VERSIONS.filter((version) => !versions.includes(version));

describe('a flow to an endpoint', () => {
  it('that stays ready is kept in every version', () => {
    expect(cleaning((proxy) => proxy.sync({ 2: 'ready' }).flow(VIP, 2).sync({ 2: 'ready', 3: 'ready' }))).toEqual([]);
  });

  it('that went from ready to gone is deleted in every version', () => {
    expect(cleaning((proxy) => proxy.sync({ 2: 'ready', 3: 'ready' }).flow(VIP, 2).sync({ 3: 'ready' }))).toEqual(
      VERSIONS,
    );
  });

  it('that is not ready any more is deleted from 1.23 on, but not in 1.29 to 1.31', () => {
    const run = (proxy: Synced) =>
      proxy.sync({ 2: 'ready', 3: 'ready' }).flow(VIP, 2).sync({ 2: 'unready', 3: 'ready' });
    expect(cleaning(run)).toEqual(but('1.21', '1.22', '1.29', '1.31'));
  });

  it('that was not serving when it went is never deleted in 1.29 to 1.31', () => {
    const run = (proxy: Synced) =>
      proxy
        .sync({ 2: 'ready', 3: 'ready' })
        .flow(VIP, 2)
        .sync({ 2: 'stopped', 3: 'ready' })
        .sync({ 3: 'ready' })
        .sync({ 3: 'ready', 4: 'ready' });
    expect(cleaning(run)).toEqual(but('1.29', '1.31'));
  });

  it('that is serving while it terminates is kept from 1.29 on', () => {
    const run = (proxy: Synced) =>
      proxy.sync({ 2: 'ready', 3: 'ready' }).flow(VIP, 2).sync({ 2: 'terminating', 3: 'ready' });
    expect(cleaning(run)).toEqual(['1.23', '1.28']);
  });

  it('that was the last one is deleted, but not from 1.32 to 1.36', () => {
    const run = (proxy: Synced) => proxy.sync({ 2: 'ready' }).flow(VIP, 2).sync({});
    expect(cleaning(run)).toEqual(but('1.32', '1.34', '1.36'));
    // When there is one again, all of them do.
    expect(cleaning((proxy) => run(proxy).sync({ 5: 'ready' }))).toEqual(VERSIONS);
  });

  it('at a node port is not deleted without another endpoint, since any flow to such a port would be meant', () => {
    const run = (proxy: Synced) => proxy.sync({ 2: 'ready' }).flow('10.0.0.1:30053', 2).sync({});
    expect(cleaning(run)).toEqual(['1.21', '1.22', '1.23', '1.28', '1.29', '1.31']);
  });

  it('is deleted whichever way the service was met', () => {
    const ways = [VIP, '192.0.2.7:53', '203.0.113.1:53', '10.0.0.1:30053', '127.0.0.1:30053'];
    const run = (proxy: Synced) => {
      proxy.sync({ 2: 'ready', 3: 'ready' });
      for (const to of ways) proxy.flow(to, 2);
      return proxy.sync({ 3: 'ready' });
    };
    expect(cleaning(run)).toEqual(VERSIONS);
  });

  it('at another port of the endpoint is stale from 1.34 on', () => {
    const run = (proxy: Synced) => proxy.sync({ 2: 'ready' }).flow(VIP, 2).sync({ 2: 'ready' }, DNS, 5454);
    expect(cleaning(run)).toEqual(but('1.32'));
    const others = (proxy: Synced) => run(proxy.sync({ 2: 'ready' }, DNS, 5454));
    expect(since('1.34').every((version) => others(new Synced(version)).left.length === 0)).toBe(true);
  });

  it('of TCP or SCTP, of another service or to the endpoint itself is left alone', () => {
    const run = (proxy: Synced) =>
      proxy
        .sync({ 2: 'ready', 3: 'ready' })
        .flow(VIP, 2, 'TCP')
        .flow(VIP, 2, 'SCTP')
        .flow('10.96.0.99:53', 2)
        .flow('10.1.1.2:5353', 2)
        .sync({ 3: 'ready' });
    for (const version of VERSIONS) expect(run(new Synced(version)).left).toHaveLength(4);
  });
});

describe('a flow that nothing translated', () => {
  const blackHole = (to: string) => (proxy: Synced) => proxy.sync({}).flow(to, null).sync({ 2: 'ready' });

  it('is deleted when its service gets an endpoint; at a load balancer’s address from 1.22 on', () => {
    expect(cleaning(blackHole(VIP))).toEqual(VERSIONS);
    expect(cleaning(blackHole('192.0.2.7:53'))).toEqual(VERSIONS);
    expect(cleaning(blackHole('10.0.0.1:30053'))).toEqual(VERSIONS);
    expect(cleaning(blackHole('203.0.113.1:53'))).toEqual(since('1.22'));
  });

  it('to 1.22 too early, when the endpoint is not ready yet', () => {
    const run = (proxy: Synced) => proxy.sync({}).sync({ 2: 'unready' }).flow(VIP, null).sync({ 2: 'ready' });
    expect(cleaning(run)).toEqual(since('1.23'));
  });

  it('is deleted with the first rules that a new service has', () => {
    expect(cleaning((proxy) => proxy.sync(null).flow(VIP, null).sync({ 2: 'ready' }))).toEqual(VERSIONS);
  });
});

describe('flows to a service that goes', () => {
  it('are deleted to 1.31 where they went to its cluster IP, at any port, and not at all since', () => {
    const left = (version: string) =>
      new Synced(version)
        .sync({ 2: 'ready' })
        .flow(VIP, 2)
        .flow('10.96.0.10:54', null)
        .flow('192.0.2.7:53', 2)
        .flow('10.0.0.1:30053', 2)
        .sync(null).left;
    const external = ['192.0.2.7:53 > 2', '10.0.0.1:30053 > 2'];
    for (const version of ['1.21', '1.28', '1.31']) expect(left(version)).toEqual(external);
    for (const version of since('1.32')) expect(left(version)).toHaveLength(4);
  });
});
