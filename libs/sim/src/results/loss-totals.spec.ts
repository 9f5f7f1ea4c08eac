import { describe, expect, it } from 'vitest';
import { NO_CONNECTION } from './columns.js';
import { DictionaryBuilder } from './dictionaries.js';
import { LossTotals, MOST_LOSSES } from './loss-totals.js';
import { OUTCOMES, type Outcome } from './result.js';
import { type EndArguments, recordRows } from './testing/sample-run.js';

const SECOND = 1e9;

class Rows {
  readonly builder = new DictionaryBuilder();
  readonly rows: EndArguments[] = [];
  private readonly client = this.builder.client('laptop', '198.51.100.1');
  private readonly target = this.builder.target('10.0.0.1:80', 'default/web', 'GET');

  add(
    seconds: number,
    outcome: Outcome,
    reason: number,
    { lb = 0, entryNode = 0, connectNs = NO_CONNECTION } = {},
  ): this {
    const code = OUTCOMES.indexOf(outcome);
    const at = seconds * SECOND;
    const { client, target, rows } = this;
    rows.push([rows.length, at, client, target, lb, entryNode, 0, 0, code, 0, 1, connectNs, SECOND, reason, 1]);
    return this;
  }

  losses(rowsPerChunk = 4) {
    const totals = new LossTotals(this.builder.dictionaries);
    recordRows(this.rows, { rowsPerChunk, watchers: [totals] });
    return totals.losses();
  }
}

describe('the losses of a run', () => {
  it('are grouped by outcome, cause, place and event, the greatest first, and say so', () => {
    const run = new Rows();
    const { builder } = run;
    const event = builder.event({ path: '/timeline/0', text: 'rolloutRestart default/web at 60 s' });
    const lb = builder.loadBalancer('default/web', 'nothing');
    const b = { kind: 'node', name: 'node-b' } as const;
    const way = { lb, entryNode: builder.node('node-b') };
    const one = builder.reason('node-b: rule 1', 'no-local-endpoint', b, event);
    const other = builder.reason('node-b: rule 2', 'no-local-endpoint', b, event);
    const before = builder.reason('node-b: rule 1', 'no-local-endpoint', b);
    run.add(1, 'ok', 0).add(62.4, 'dropped', one, way).add(63, 'ok', 0).add(70, 'dropped', other, way);
    run.add(2, 'dropped', before).add(78.14, 'dropped', one, way).add(79, 'rejected', one);
    expect(run.losses()).toEqual([
      {
        outcome: 'dropped',
        cause: 'no-local-endpoint',
        place: b,
        count: 3,
        fromMs: 62_400,
        toMs: 78_140,
        first: 1,
        event: { path: '/timeline/0', text: 'rolloutRestart default/web at 60 s' },
        text: '3 lost on node-b from 62.4 s to 78.1 s: no local endpoint, load balancer still sending; starts with rolloutRestart default/web at 60 s',
      },
      expect.objectContaining({ count: 1, event: null, text: '1 lost on node-b at 2.0 s: no local endpoint' }),
      expect.objectContaining({ count: 1, outcome: 'rejected' }),
    ]);
  });

  it("are no load balancer's where another node passed some of them on", () => {
    const run = new Rows();
    const { builder } = run;
    const lb = builder.loadBalancer('default/web', 'nothing');
    const [a, b] = [builder.node('node-a'), builder.node('node-b')];
    const down = builder.reason('node-b is down', 'node-down', { kind: 'node', name: 'node-b' });
    run.add(1, 'timeout', down, { lb, entryNode: b });
    expect(run.losses()).toMatchObject([
      { text: '1 lost on node-b at 1.0 s: the node is down, load balancer still sending' },
    ]);
    run.add(2, 'timeout', down, { lb, entryNode: a });
    const [loss] = run.losses();
    expect(loss?.text).toMatch(
      /^2 lost on node-b from 1.0 s to 2.0 s: the node is down, and 1 of them came in elsewhere/,
    );
    expect(loss?.text).not.toContain('load balancer');
  });

  it('stand at the node where they came in where nothing else is known', () => {
    const run = new Rows();
    const entryNode = run.builder.node('node-a');
    run.add(1, 'timeout', run.builder.reason('late', 'too-late'), { entryNode });
    expect(run.losses()).toMatchObject([{ place: { kind: 'node', name: 'node-a' }, cause: 'too-late' }]);
  });

  it('at a node that is down say what had been under way there, and what other nodes sent', () => {
    const run = new Rows();
    const { builder } = run;
    const lb = builder.loadBalancer('default/web', 'nothing');
    const [a, b] = [builder.node('node-a'), builder.node('node-b')];
    const down = builder.reason('node-b is off', 'node-down', { kind: 'node', name: 'node-b' });
    const textOf = (rows: Rows) => rows.losses().map(({ text }) => text);
    run.add(60, 'timeout', down, { lb, entryNode: b, connectNs: 1e6 });
    expect(textOf(run)).toEqual(['1 lost on node-b at 60.0 s: the node is down']);
    run.add(61, 'timeout', down, { lb, entryNode: b });
    expect(textOf(run)).toEqual([
      '2 lost on node-b from 60.0 s to 61.0 s: the node is down, load balancer still sending',
    ]);
    run.add(62, 'timeout', down, { lb, entryNode: a }).add(96, 'timeout', down, { lb, entryNode: a });
    const mixed =
      '4 lost on node-b from 60.0 s to 96.0 s: the node is down, and 2 of them came in elsewhere, where rules still named its pods';
    expect(textOf(run)).toEqual([mixed]);
    for (const rowsPerChunk of [1, 2, 1024]) expect(run.losses(rowsPerChunk)[0]?.text).toBe(mixed);
  });

  it('are the same whatever the chunks, and the smaller ones are counted in one', () => {
    const run = new Rows();
    for (let n = 0; n < 3 * MOST_LOSSES; n++) {
      const reason = run.builder.reason('gone', 'pod-gone', {
        kind: 'pod',
        name: `default/web-${n % (MOST_LOSSES + 20)}`,
      });
      run.add(n, 'unreachable', reason);
    }
    const losses = run.losses();
    expect(losses).toHaveLength(MOST_LOSSES + 1);
    expect(losses.reduce((sum, { count }) => sum + count, 0)).toBe(3 * MOST_LOSSES);
    expect(losses.at(-1)).toMatchObject({ outcome: null, cause: null, place: null, event: null });
    expect(losses.at(-1)?.text).toMatch(/^\d+ more lost from .* in smaller groups$/);
    for (const rowsPerChunk of [1, 64, 1024]) expect(run.losses(rowsPerChunk)).toEqual(losses);
  });

  it('of a run without any are none', () => {
    expect(new Rows().add(1, 'ok', 0).losses()).toEqual([]);
  });
});
