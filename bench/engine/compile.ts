/**
 * compile SERVICES MODE VERSION: one kube-proxy from objects to rules in force, then one change after the other.
 *
 * Times are of the processor, not of the wall: the work is one thread's, and collecting its garbage is part of it. A figure
 * ends when packets have asked the new rules: what they build at the first question counts.
 */
import { parseScenario } from '#scenario';
import type { Change } from '../../libs/sim/src/cluster/api-server.js';
import type { NodeProxy } from '../../libs/sim/src/kube-proxy/proxy.js';
import { AddressBook } from '../../libs/sim/src/netfilter/address-book.js';
import type { Decision } from '../../libs/sim/src/netfilter/decision.js';
import { type KubeObject, keyOf } from '../../libs/sim/src/objects.js';
import { buildCluster } from '../../libs/sim/src/world.js';
import { addressOf, ENDPOINTS, manyServices, serviceOf, sliceOf } from './many-services.js';

const WARM_UP = 50;
const CHANGES = 200;
const CHANGED = 10;
const CLIENT = '192.168.1.1';

const [servicesText, mode, version] = process.argv.slice(2) as [string, string, string];
const services = Number(servicesText);
const { scenario, issues } = parseScenario(manyServices({ services, mode, version }));
if (scenario === null) throw new Error(JSON.stringify(issues.slice(0, 5)));
const addresses = new AddressBook();
let heard: Change[] = [];
const { api, proxies } = buildCluster(
  scenario,
  addresses,
  (change) => heard.push(change),
  () => {},
  () => {},
);
const proxy = proxies[0] as NodeProxy;
const client = addresses.idOf(CLIENT);
let nowNs = 0;

const firstMs = cpuMs(() => {
  for (const object of [...api.list('Service'), ...api.list('EndpointSlice')] as KubeObject[])
    proxy.deliver({ type: 'added', kind: object.kind, key: keyOf(object), object, previous: null, because: -1 }, nowNs);
  sync();
  ask(0, ENDPOINTS);
});
const endpointMs = perChange((n) => {
  // The same number of services whatever their number, so that all that differs is what is not touched.
  const changed = (n % CHANGED) * (services / CHANGED);
  write(sliceOf(changed, n % ENDPOINTS));
  sync();
  ask(changed, ENDPOINTS - 1);
});
/** It comes, and goes again: two changes. */
const serviceMs =
  perChange((n) => {
    const added = services + n;
    write(serviceOf(added));
    write(sliceOf(added));
    sync();
    ask(added, ENDPOINTS);
    api.delete('Service', `default/service-${added}`);
    api.delete('EndpointSlice', `default/service-${added}-1`);
    sync();
    decide(0);
  }) / 2;
console.log(JSON.stringify({ firstMs, endpointMs, serviceMs, peakMb: process.resourceUsage().maxRSS / 1024 }));

function write(object: Record<string, unknown>): void {
  api.replace(object as unknown as KubeObject);
}

function sync(): void {
  for (const change of heard) proxy.deliver(change, nowNs);
  heard = [];
  proxy.startSync(nowNs);
  nowNs += 1e9;
  proxy.endSync(nowNs);
}

/** A packet to the service finds so many endpoints; one to another service is answered too. */
function ask(n: number, endpoints: number): void {
  const found = endpointsOf(decide(n));
  if (found !== endpoints) throw new Error(`service ${n}: ${found} choices, not ${endpoints}`);
  decide((n + 1) % services);
}

/** In mode userspace the rules lead to a socket, and what is behind it is kube-proxy's own business. */
function endpointsOf({ choices }: Decision): number {
  const [first] = choices;
  const leadsToSocket = first?.verdict === 'local' && choices.length === 1;
  const relay = leadsToSocket ? proxy.relayAt(addresses.at(first.address), first.port, 'TCP') : null;
  return relay?.endpoints.length ?? choices.length;
}

function decide(n: number): Decision {
  const destination = addresses.idOf(addressOf(n));
  return proxy.compiled('IPv4').decide('arriving', client, 'eth0', destination, 80, 'TCP');
}

/** The mean of so many changes, after some that warm up. */
function perChange(change: (n: number) => void): number {
  for (let n = 0; n < WARM_UP; n++) change(n);
  const all = cpuMs(() => {
    for (let n = WARM_UP; n < WARM_UP + CHANGES; n++) change(n);
  });
  return all / CHANGES;
}

function cpuMs(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
