import { describe, expect, it } from 'vitest';
import {
  at,
  deletes,
  node,
  pod,
  SECOND,
  service,
  simulated,
  smallScenario,
  traffic,
} from '../testing/small-scenario.js';
import { PodAddresses } from './pod-addresses.js';

describe('the addresses of a podCIDR', () => {
  it('are given by turns, and to nobody once all are taken, until one is left', () => {
    const taken = new Set<string>();
    const addresses = new PodAddresses((ip) => taken.has(ip));
    const small = node(1, { spec: { podCIDR: '10.1.1.0/29' } });
    const next = () => {
      const [ip] = addresses.free(pod('new', null), small);
      if (ip !== undefined) taken.add(ip.text);
      return ip?.text;
    };
    expect([1, 2, 3, 4, 5, 6, 7].map(next)).toEqual([
      ...['10.1.1.2', '10.1.1.3', '10.1.1.4', '10.1.1.5', '10.1.1.6'],
      undefined,
      undefined,
    ]);
    taken.delete('10.1.1.4');
    addresses.noteLeft();
    expect([next(), next()]).toEqual(['10.1.1.4', undefined]);
  });

  it('that a deleted pod has left go to the next one', () => {
    const create = (name: string) => ({ verb: 'apply', object: pod(name, null) }) as const;
    const { rows } = simulated(
      smallScenario({
        nodes: [node(1, { spec: { podCIDR: '10.1.1.0/30' } })],
        objects: [pod('first', '10.1.1.2', { spec: { nodeName: 'n1' } }), service('web')],
        timeline: [at(2, create('in-vain')), at(5, deletes('Pod', 'default/first')), at(10, create('second'))],
        durationNs: 20 * SECOND,
        traffic: [traffic({ from: { node: 'n1' }, startNs: 15 * SECOND, stopNs: 20 * SECOND })],
      }),
    );
    expect(new Set(rows.map(({ outcome, pod: name }) => `${outcome} ${name}`))).toEqual(new Set(['ok default/second']));
  });
});
