import { describe, expect, it } from 'vitest';
import type { NodeObject } from '../objects.js';
import { node } from '../testing/small-scenario.js';
import { asksForSync, isFoundByResync, isTarget } from './node-set.js';

const plain = node(1);
const withLabels = (labels: Record<string, string>): NodeObject => node(1, { metadata: { name: 'n1', labels } });
const excluded = (value: string) => withLabels({ 'node.kubernetes.io/exclude-from-external-load-balancers': value });
const tainted = node(1, { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } });
const notReady = node(1, { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } });
const cordoned = node(1, { spec: { unschedulable: true } });
const identified = node(1, { spec: { providerID: 'gce://p/z/n1' } });

/** What belongs to a set: Cluster, Local. */
const sets = (of: NodeObject, minor: number) => [isTarget(of, minor, false), isTarget(of, minor, true)];

describe('the node set', () => {
  it.each([
    [21, [true, true], [false, false], [false, false]],
    [22, [true, true], [false, false], [false, false]],
    [23, [false, false], [false, false], [false, false]],
    [24, [false, false], [false, false], [false, false]],
    [25, [false, false], [false, true], [false, false]],
    [26, [false, false], [false, true], [false, false]],
    [27, [false, false], [true, true], [false, false]],
    [30, [false, false], [true, true], [false, false]],
    [33, [false, false], [true, true], [false, false]],
    [34, [false, false], [true, true], [true, true]],
  ])('of 1.%i', (minor, whenTainted, whenNotReady, whenLabelledFalse) => {
    expect(sets(plain, minor)).toEqual([true, true]);
    expect(sets(cordoned, minor)).toEqual([true, true]);
    expect(sets(excluded('true'), minor)).toEqual([false, false]);
    expect(sets(tainted, minor)).toEqual(whenTainted);
    expect(sets(notReady, minor)).toEqual(whenNotReady);
    expect(sets(excluded('false'), minor)).toEqual(whenLabelledFalse);
  });
});

describe('a change that is acted on at once', () => {
  const LABELLED = withLabels({ team: 'a' });
  const changes: [string, NodeObject, number[]][] = [
    ['cordon', cordoned, [21, 22, 23, 24]],
    ['any label', LABELLED, [21, 22, 23, 24]],
    ['Ready', notReady, [21, 22, 23, 24, 25, 26]],
    ['the autoscaler taint', tainted, [25, 26]],
    ['the excluding label', excluded('true'), [21, 22, 23, 24, 25, 26, 27, 30, 36]],
    ['the provider ID', identified, [27, 30, 36]],
  ];

  it.each(changes)('%s', (_, after, versions) => {
    const all = [21, 22, 23, 24, 25, 26, 27, 30, 36];
    expect(all.filter((minor) => asksForSync(plain, after, minor))).toEqual(versions);
  });

  it('a node that comes or goes', () => {
    for (const minor of [21, 26, 36])
      expect([asksForSync(null, plain, minor), asksForSync(plain, null, minor)]).toEqual([true, true]);
  });

  it('the taint of 1.23 and 1.24 waits for the resync', () => {
    expect([22, 23, 24, 25, 27].filter((minor) => isFoundByResync(plain, tainted, minor))).toEqual([23, 24]);
  });
});
