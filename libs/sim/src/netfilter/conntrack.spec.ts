import { describe, expect, it } from 'vitest';
import { NS_PER_SECOND } from '../kernel/time.js';
import { type Ip, parseIp } from './address.js';
import {
  ConnectionTable,
  chooseSourcePort,
  SNAT_PORT_MAX,
  SNAT_PORT_MIN,
  type Tuple,
  timeoutNs,
  touch,
  touchByDatagram,
} from './conntrack.js';

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === null) throw new Error(`${text} is no address`);
  return parsed;
}

const vip = ip('10.0.170.92');
const pod = ip('10.180.1.136');
const node = ip('10.240.0.5');
const client = (sourcePort: number, source = '198.51.100.79', protocol: Tuple['protocol'] = 'TCP'): Tuple => ({
  protocol,
  source: ip(source),
  sourcePort,
  destination: vip,
  destinationPort: 80,
});
const masqueraded = { destination: pod, destinationPort: 8080, masqueradeAs: node };
const kept = { destination: pod, destinationPort: 8080, masqueradeAs: null };

describe('the connection table', () => {
  it('finds a connection by either direction, with what the endpoint saw', () => {
    const table = new ConnectionTable();
    const connection = table.add(client(4000), masqueraded, 0);
    expect(connection?.reply).toMatchObject({
      source: pod,
      sourcePort: 8080,
      destination: node,
      destinationPort: 4000,
    });
    expect(table.find(client(4000), 1)).toBe(connection);
    expect(connection && table.find(connection.reply, 1)).toBe(connection);
    expect(table.find(client(4001), 1)).toBeNull();
  });

  it('keeps an established connection for a day of silence, and one that never answered for two minutes', () => {
    const table = new ConnectionTable();
    const connection = table.add(client(4000), kept, 0);
    if (connection === null) throw new Error('no entry');
    touch(connection, 'established', 0);
    table.add(client(4001), kept, 0);
    expect(table.find(client(4001), 120 * NS_PER_SECOND)).toBeNull();
    expect(table.find(client(4000), 86_399 * NS_PER_SECOND)).toBe(connection);
    expect(table.find(client(4000), 86_400 * NS_PER_SECOND)).toBeNull();
    expect(table.size).toBe(0);
  });

  it('gives two clients with the same port different ports behind one masquerade', () => {
    const table = new ConnectionTable();
    table.add(client(4000, '198.51.100.1'), masqueraded, 0);
    const second = table.add(client(4000, '198.51.100.2'), masqueraded, 0);
    expect(second?.reply.destinationPort).toBe(4001);
  });

  it('gives a port back when its connection has expired', () => {
    const table = new ConnectionTable();
    table.add(client(4000, '198.51.100.1'), masqueraded, 0);
    const later = timeoutNs('synSent');
    expect(table.add(client(4000, '198.51.100.2'), masqueraded, later)?.reply.destinationPort).toBe(4000);
    expect(table.expire(later)).toBe(0);
  });

  it('has no entry for a connection that finds no free port', () => {
    const table = new ConnectionTable();
    for (let port = SNAT_PORT_MIN; port <= SNAT_PORT_MAX; port++)
      table.add(client(port, '198.51.100.1'), masqueraded, 0);
    expect(table.size).toBe(64_512);
    expect(table.add(client(4000, '198.51.100.2'), masqueraded, 0)).toBeNull();
    expect(table.find(client(4000, '198.51.100.2'), 0)).toBeNull();
  });

  it('forgets what it is asked to, both directions of it, and nothing else', () => {
    const table = new ConnectionTable();
    const datagrams = table.add(client(4000, '198.51.100.1', 'UDP'), kept, 0);
    table.add(client(4000, '198.51.100.1', 'TCP'), kept, 0);
    expect(table.removeWhere(({ original }) => original.protocol === 'SCTP')).toBe(0);
    expect(table.removeWhere(({ original }) => original.protocol === 'UDP')).toBe(1);
    expect(datagrams && table.find(datagrams.reply, 0)).toBeNull();
    expect(table.find(client(4000, '198.51.100.1', 'TCP'), 0)).not.toBeNull();
    expect(table.isEmpty).toBe(false);
  });

  it('keeps a UDP flow for 30 s of silence, and one that is a stream for 120 s', () => {
    const table = new ConnectionTable();
    const flow = table.add(client(4000, '198.51.100.1', 'UDP'), kept, 0);
    if (flow === null) throw new Error('no entry');
    const at = (seconds: number, isAnswer: boolean) => {
      touchByDatagram(flow, isAnswer, seconds * NS_PER_SECOND);
      return [flow.state, flow.expiresAtNs / NS_PER_SECOND - seconds];
    };
    // One-way: never more than 30 s, but each datagram counts anew.
    expect([at(1, false), at(25, false)]).toEqual([
      ['unreplied', 30],
      ['unreplied', 30],
    ]);
    // The first answer of an old flow makes it no stream yet; the next datagram does.
    expect([at(26, true), at(27, false), at(100, true)]).toEqual([
      ['replied', 30],
      ['assured', 120],
      ['assured', 120],
    ]);
  });

  it('takes a question and its answer within two seconds for no stream', () => {
    const table = new ConnectionTable();
    const flow = table.add(client(4000, '198.51.100.1', 'UDP'), kept, 0);
    if (flow === null) throw new Error('no entry');
    touchByDatagram(flow, true, 0.001 * NS_PER_SECOND);
    touchByDatagram(flow, false, 2 * NS_PER_SECOND);
    expect(flow.state).toBe('replied');
    expect(table.find(flow.original, 32 * NS_PER_SECOND)).toBeNull();
  });
});

describe('the choice of a source port', () => {
  it('keeps a free port, even below the range', () => expect(chooseSourcePort(80, () => true)).toBe(80));
  it('searches the range from the wanted port on and around', () => {
    expect(chooseSourcePort(65535, (port) => port === 1030)).toBe(1030);
    expect(chooseSourcePort(80, (port) => port > 80)).toBe(SNAT_PORT_MIN);
    expect(chooseSourcePort(80, () => false)).toBeNull();
  });
});
