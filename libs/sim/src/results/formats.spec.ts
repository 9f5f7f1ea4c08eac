import { describe, expect, it } from 'vitest';
import { CSV_HEADER, toCsv, toNdjson } from './formats.js';
import type { RequestRow } from './result.js';

const answered: RequestRow = {
  request: 7,
  atMs: 1234.567891,
  client: 'laptop',
  clientIp: '104.132.1.79',
  method: 'GET',
  target: 'http://203.0.113.140/',
  service: 'default/loadbalancer',
  lb: 'default/loadbalancer',
  entryNode: 'n1',
  node: 'n2',
  pod: 'default/app-1',
  sourceIp: '10.240.0.5',
  sourceKind: 'node',
  forwardedFor: null,
  outcome: 'ok',
  status: 200,
  attempts: 1,
  connectUs: 900.001,
  latencyUs: 1800,
  reason: null,
  protocol: 'TCP',
  cause: null,
  event: null,
  eventPath: null,
  firstPackets: 3,
};
const dropped: RequestRow = {
  ...answered,
  request: 8,
  client: 'a "quoted", name',
  node: null,
  pod: null,
  sourceIp: null,
  sourceKind: null,
  outcome: 'dropped',
  status: null,
  connectUs: null,
  reason: 'n1: KUBE-XLB-X\n-j DROP',
  event: 'scale default/web to 1 at 5 s',
  eventPath: '/timeline/0',
  cause: 'rule',
};

describe('CSV', () => {
  it('has a line for each row and a field for each name of the header', () => {
    expect(CSV_HEADER.trimEnd().split(',')).toEqual(Object.keys(answered));
    expect(toCsv([answered])).toBe(
      '7,1234.567891,laptop,104.132.1.79,GET,http://203.0.113.140/,default/loadbalancer,default/loadbalancer,n1,n2,' +
        'default/app-1,10.240.0.5,node,,ok,200,1,900.001,1800,,TCP,,,,3\r\n',
    );
  });

  it('quotes what holds a comma, a quote or a line end, and leaves what is null empty', () => {
    expect(toCsv([dropped])).toBe(
      '8,1234.567891,"a ""quoted"", name",104.132.1.79,GET,http://203.0.113.140/,default/loadbalancer,' +
        'default/loadbalancer,n1,,,,,,dropped,,1,,1800,"n1: KUBE-XLB-X\n-j DROP",TCP,rule,scale default/web to 1 at 5 s,/timeline/0,3\r\n',
    );
  });
});

describe('both formats', () => {
  it('write the same whether rows come in one batch or several', () => {
    for (const write of [toCsv, toNdjson]) {
      expect(write([answered, dropped])).toBe(write([answered]) + write([dropped]));
      expect(write([])).toBe('');
    }
  });

  it('NDJSON reads back as the rows', () => {
    const lines = toNdjson([answered, dropped]).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual([answered, dropped]);
  });
});
