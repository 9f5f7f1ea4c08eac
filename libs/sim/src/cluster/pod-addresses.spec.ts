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
    const addresses = new PodAddresses(
      (ip) => taken.has(ip),
      () => '',
    );
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

describe('the address of a pod whose node has no podCIDR', () => {
  const bare = (addresses: string[]) =>
    node(1, { spec: {}, status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) } });
  const given = (addresses: string[], clusterCIDR: string) => {
    const taken = new Set(['100.64.0.2']);
    const free = new PodAddresses(
      (ip) => taken.has(ip),
      () => clusterCIDR,
    );
    return free.free(pod('new', null), bare(addresses)).map(({ text }) => text);
  };

  it('is of the clusterCIDR, by which kube-proxy tells pods from others', () => {
    expect(given(['10.240.0.4', 'fd00::4'], '192.168.0.0/16,fd01::/48')).toEqual(['192.168.0.2', 'fd01::2']);
  });

  it('is of a range that is pods’ in many clouds where there is none, in the node’s families', () => {
    expect(given(['10.240.0.4'], '')).toEqual(['100.64.0.3']);
    expect(given(['fd00::4', '10.240.0.4'], '')).toEqual(['fd64::2', '100.64.0.3']);
  });

  it.each(['', '10.244.0.0/16'])(
    'lets it be reached on its node and from another (clusterCIDR "%s")',
    (clusterCIDR) => {
      const nodes = [1, 2].map((n) => node(n, { spec: {} }));
      const { rows } = simulated(
        smallScenario({
          nodes,
          kubeProxy: { clusterCIDR },
          objects: [pod('one', null, { spec: { nodeName: 'n1' } }), service('web')],
          durationNs: 20 * SECOND,
          traffic: ['n1', 'n2'].map((name) =>
            traffic({ name, from: { node: name }, startNs: 5 * SECOND, stopNs: 20 * SECOND }),
          ),
        }),
      );
      const seen = new Set(rows.map((row) => `${row.client} ${row.outcome} ${row.pod} ${row.sourceIp}`));
      expect(seen).toEqual(new Set(['n1 ok default/one 10.0.0.1', 'n2 ok default/one 10.0.0.2']));
    },
  );
});
