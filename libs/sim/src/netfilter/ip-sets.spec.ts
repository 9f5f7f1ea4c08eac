import { describe, expect, it } from 'vitest';
import type { Protocol } from '../objects.js';
import { type Cidr, type Ip, parseIp } from './address.js';
import { type IpSet, type IpSetType, isInSet, type SetDirections } from './ip-sets.js';

function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (parsed === null) throw new Error(`${text} is no address`);
  return parsed;
}

const OWN = new Set(['10.0.0.1', '10.0.0.2']);
const node = {
  name: 'n1',
  routeLocalnet: false,
  addressesOf: () => [],
  isLocalAddress: ({ text }: Ip) => OWN.has(text),
  egress: () => ({ interface: 'eth0', address: null, local: false }),
};

function ask(
  type: IpSetType,
  entries: string[],
  directions: SetDirections,
  from: string,
  to = '10.0.0.1',
  port = 80,
  protocol: Protocol = 'TCP',
) {
  const set: IpSet = { name: 'S', type, ipFamily: 'IPv4', entries };
  const told: string[] = [];
  const held = isInSet(set, directions, {
    node,
    sourceIp: ip(from),
    destinationIp: ip(to),
    destinationPort: port,
    protocol,
    sourceTested: (cidr: Cidr) => told.push(cidr.text),
    askedSet: () => {},
  });
  return { held, told };
}

const isIn = (...question: Parameters<typeof ask>): boolean => ask(...question).held;

describe('a set', () => {
  it('of addresses holds them', () => {
    expect(isIn('hash:ip', ['10.0.0.1'], ['dst'], '10.180.0.2')).toBe(true);
    expect(isIn('hash:ip', ['10.0.0.1'], ['dst'], '10.180.0.2', '10.0.0.2')).toBe(false);
    expect(isIn('hash:ip', ['10.180.0.2'], ['src'], '10.180.0.2')).toBe(true);
  });

  it('of addresses and ports holds the pair, in one protocol', () => {
    expect(isIn('hash:ip,port', ['10.0.0.1,tcp:80'], ['dst', 'dst'], '10.180.0.2')).toBe(true);
    expect(isIn('hash:ip,port', ['10.0.0.1,udp:80'], ['dst', 'dst'], '10.180.0.2')).toBe(false);
    expect(isIn('hash:ip,port', ['10.0.0.1,tcp:81'], ['dst', 'dst'], '10.180.0.2')).toBe(false);
  });

  it('can be asked for the source address with the destination port', () => {
    expect(isIn('hash:ip,port', ['10.0.0.2,tcp:80'], ['src', 'dst'], '10.0.0.2')).toBe(true);
    expect(isIn('hash:ip,port', ['10.0.0.1,tcp:80'], ['src', 'dst'], '10.0.0.2')).toBe(false);
  });

  it('knows no source port', () => {
    expect(isIn('hash:ip,port', ['10.0.0.1,tcp:80'], ['dst', 'src'], '10.180.0.2')).toBe(false);
    expect(isIn('bitmap:port', ['80'], ['src'], '10.180.0.2')).toBe(false);
  });

  it('of ports holds the number whatever the address', () => {
    expect(isIn('bitmap:port', ['30001'], ['dst'], '10.180.0.2', '10.0.0.1', 30001)).toBe(true);
    expect(isIn('bitmap:port', ['30001'], ['dst'], '10.180.0.2', '10.0.0.1', 30002)).toBe(false);
  });

  it('of ports holds no port of SCTP', () => {
    expect(isIn('bitmap:port', ['80'], ['dst'], '10.180.0.2', '10.0.0.1', 80, 'UDP')).toBe(true);
    expect(isIn('bitmap:port', ['80'], ['dst'], '10.180.0.2', '10.0.0.1', 80, 'SCTP')).toBe(false);
  });

  it('of three parts holds an endpoint that meets itself', () => {
    const loopBack = ['10.180.0.2,tcp:8080,10.180.0.2'];
    const directions: SetDirections = ['dst', 'dst', 'src'];
    expect(isIn('hash:ip,port,ip', loopBack, directions, '10.180.0.2', '10.180.0.2', 8080)).toBe(true);
    expect(isIn('hash:ip,port,ip', loopBack, directions, '10.180.0.3', '10.180.0.2', 8080)).toBe(false);
  });

  it('of networks holds what is in one of them', () => {
    const ranges = ['10.0.0.1,tcp:80,203.0.113.0/25', '10.0.0.1,tcp:80,198.51.100.7', '10.0.0.1,tcp:81,10.0.0.0/8'];
    const allowed = (from: string): boolean => isIn('hash:ip,port,net', ranges, ['dst', 'dst', 'src'], from);
    expect(['203.0.113.9', '198.51.100.7', '203.0.113.200', '10.1.1.1'].map(allowed)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('what a set tells of sources', () => {
  it('are the networks that stand beside the destination', () => {
    const ranges = ['10.0.0.1,tcp:80,203.0.113.0/25', '10.0.0.1,tcp:81,10.0.0.0/8'];
    expect(ask('hash:ip,port,net', ranges, ['dst', 'dst', 'src'], '10.180.0.2').told).toEqual(['203.0.113.0/25']);
  });

  it("are the addresses of others, and of the node's own only the packet's", () => {
    const entries = ['10.0.0.1,tcp:80', '10.0.0.2,tcp:80', '10.9.9.9,tcp:80', '10.9.9.8,tcp:81'];
    expect(ask('hash:ip,port', entries, ['src', 'dst'], '10.0.0.2').told).toEqual(['10.0.0.2/32', '10.9.9.9/32']);
    expect(ask('hash:ip,port', entries, ['src', 'dst'], '10.180.0.2').told).toEqual(['10.9.9.9/32']);
    expect(ask('hash:ip,port', entries, ['dst', 'dst'], '10.180.0.2').told).toEqual([]);
  });
});
