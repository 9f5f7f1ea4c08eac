import { describe, expect, it } from 'vitest';
import { ChunkFormatError } from './codec.js';
import { NO_CONNECTION } from './columns.js';
import { DictionaryBuilder } from './dictionaries.js';
import { readRows, readWindow } from './reader.js';
import { OUTCOMES } from './result.js';
import { type EndArguments, recordRows, sampleRun } from './testing/sample-run.js';

describe('a row', () => {
  const builder = new DictionaryBuilder();
  const laptop = builder.client('laptop', '104.132.1.79');
  const target = builder.target('http://203.0.113.140/', 'default/web', 'GET');
  const proxy = builder.loadBalancer('default/web', 'x-forwarded-for');
  const plain = builder.loadBalancer('default/web', 'nothing');
  const entry = builder.node('n1');
  const pod = builder.pod('default/web-1', 'n2', '10.2.2.2');
  const source = builder.source('10.240.0.5', 'node');
  const reason = builder.reason('n1: KUBE-XLB-X -j DROP', 'rule');
  const dropped = OUTCOMES.indexOf('dropped');
  const rows: EndArguments[] = [
    [0, 1_234_567_891, laptop, target, proxy, entry, pod, source, 0, 200, 5, 900_001, 1_800_000, 0, 2],
    [1, 1_234_567_892, laptop, target, proxy, entry, 0, 0, dropped, 0, 3, NO_CONNECTION, 1e9, reason, 3],
    [2, 1_234_567_893, laptop, target, plain, entry, pod, source, 0, 200, 1, 900_001, 1_800_000, 0, 1],
    [3, 1_234_567_894, laptop, builder.target('10.0.0.1:80', null, 'HEAD'), 0, 0, pod, source, 0, 200, 1, 0, 0, 0, 1],
  ];
  const [numbered] = recordRows(rows, { rowsPerChunk: 4 });
  const read = readWindow({ ...numbered!, first: 8192 }, 0, 4, builder.dictionaries);

  it('of an answered request names everything that took part', () => {
    expect(read[0]).toEqual({
      request: 8192,
      atMs: 1234.567891,
      client: 'laptop',
      clientIp: '104.132.1.79',
      method: 'GET',
      target: 'http://203.0.113.140/',
      service: 'default/web',
      lb: 'default/web',
      entryNode: 'n1',
      node: 'n2',
      pod: 'default/web-1',
      sourceIp: '10.240.0.5',
      sourceKind: 'node',
      forwardedFor: '104.132.1.79',
      outcome: 'ok',
      status: 200,
      attempts: 2,
      connectUs: 900.001,
      latencyUs: 1800,
      reason: null,
      cause: null,
      event: null,
      eventPath: null,
      firstPackets: 5,
      protocol: 'TCP',
    });
  });

  it('of a dropped request is null where nothing came about, and says why', () => {
    expect(read[1]).toMatchObject({
      cause: 'rule',
      request: 8193,
      entryNode: 'n1',
      node: null,
      pod: null,
      sourceIp: null,
      sourceKind: null,
      forwardedFor: null,
      outcome: 'dropped',
      status: null,
      connectUs: null,
      latencyUs: 1e6,
      reason: 'n1: KUBE-XLB-X -j DROP',
    });
  });

  it('has a forwarded address only from a load balancer that forwards one', () => {
    expect(read.map(({ forwardedFor }) => forwardedFor)).toEqual(['104.132.1.79', null, null, null]);
  });

  it('may lack a service, a load balancer and an entry node, and may take no time at all', () => {
    expect(read[3]).toMatchObject({
      service: null,
      method: 'HEAD',
      lb: null,
      entryNode: null,
      connectUs: 0,
      latencyUs: 0,
    });
  });

  it('whose ids the dictionaries do not have is refused', () => {
    const { pods } = builder.dictionaries;
    const short = { ...builder.dictionaries, pods: pods.slice(0, 1) };
    expect(() => readWindow(numbered!, 0, 4, short)).toThrow(ChunkFormatError);
    expect(() => readWindow(numbered!, 0, 4, short)).toThrow('request 0 has pod 1, its dictionary ends at 0');
  });
});

describe('reading', () => {
  const { rows, dictionaries } = sampleRun(9, { requests: 1000, lostShare: 0.1 });
  const [numbered] = recordRows(rows, { rowsPerChunk: 1024 });
  const all = readWindow(numbered!, 0, 1000, dictionaries);

  it('a window gives what the whole gives there', () => {
    for (const [from, to] of [
      [0, 0],
      [0, 1],
      [255, 257],
      [256, 512],
      [300, 900],
      [999, 1000],
    ] as const)
      expect(readWindow(numbered!, from, to, dictionaries)).toEqual(all.slice(from, to));
  });

  it('scattered places and runs of places gives the rows there', () => {
    const places = [0, 1, 2, 17, 255, 256, 600, 601, 999];
    expect(readRows(numbered!, places, dictionaries)).toEqual(places.map((place) => all[place]));
    expect(readRows(numbered!, [], dictionaries)).toEqual([]);
  });
});
