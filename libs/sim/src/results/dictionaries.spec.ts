import { describe, expect, it } from 'vitest';
import { DictionaryBuilder } from './dictionaries.js';
import { SOURCE_KINDS } from './result.js';

describe('the dictionaries', () => {
  it('keep 0 for none and give ids in the order of first use', () => {
    const builder = new DictionaryBuilder();
    expect([builder.node('b'), builder.node('a'), builder.node('b')]).toEqual([1, 2, 1]);
    expect(builder.dictionaries.nodes).toEqual(['', 'b', 'a']);
    expect(Object.values(builder.dictionaries).every((entries) => entries.length >= 1)).toBe(true);
  });

  it('tell entries apart by every field', () => {
    const builder = new DictionaryBuilder();
    const ids = [
      [builder.client('c', '10.0.0.1'), builder.client('c', '10.0.0.2'), builder.client('c', '10.0.0.1')],
      [
        builder.target('http://x/', null, 'GET'),
        builder.target('http://x/', 'a/b', 'GET'),
        builder.target('http://x/', null, 'GET'),
      ],
      [
        builder.loadBalancer('l', 'nothing'),
        builder.loadBalancer('l', 'proxy-v2'),
        builder.loadBalancer('l', 'nothing'),
      ],
      [
        builder.pod('d/p', 'n1', '10.1.0.1'),
        builder.pod('d/p', 'n2', '10.1.0.1'),
        builder.pod('d/p', 'n1', '10.1.0.1'),
      ],
      [builder.source('10.0.0.1', 'client'), builder.source('10.0.0.1', 'node'), builder.source('10.0.0.1', 'client')],
      [builder.reason('x', 'rule'), builder.reason('x', 'loop'), builder.reason('x', 'rule')],
    ];
    expect(ids).toEqual(ids.map(() => [1, 2, 1]));
    expect(builder.dictionaries.targets[1]).toEqual({ target: 'http://x/', service: null, method: 'GET' });
    expect(builder.dictionaries.pods[2]).toEqual({ name: 'd/p', node: 'n2', ip: '10.1.0.1' });
  });

  it('do not confuse parts that would be alike when joined', () => {
    const builder = new DictionaryBuilder();
    expect(builder.client('a b', 'c')).not.toBe(builder.client('a', 'b c'));
    expect(builder.client('ab', 'c')).not.toBe(builder.client('a', 'bc'));
  });

  it('know a source by its number as by its text, high addresses too', () => {
    const builder = new DictionaryBuilder();
    const node = SOURCE_KINDS.indexOf('node');
    const id = builder.sourceV4(0xcb00718c, node);
    expect(builder.dictionaries.sources[id]).toEqual({ ip: '203.0.113.140', kind: 'node' });
    expect(builder.sourceV4(0xcb00718c, node)).toBe(id);
    expect(builder.sourceV4(0xcb00718c | 0, node)).toBe(id);
    expect(builder.source('203.0.113.140', 'node')).toBe(id);
    expect(builder.source('203.0.113.140', 'lb')).not.toBe(id);
  });
});
