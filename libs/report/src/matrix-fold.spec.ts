import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldGrid, relationOf, type Side } from './matrix-fold.js';

const sides = (kind: string, nodes: (string | null)[]): Side[] => nodes.map((node) => ({ kind, node }));

describe('a grid', () => {
  it('folds nodes that only differ in which one is their own', () => {
    const rows = sides('pod', ['n1', 'n2', 'n3']);
    const columns = sides('nodePort', ['n1', 'n2', 'n3']);
    const folded = foldGrid(rows, columns, (r, c) => (r === c ? 'own' : 'other'));
    expect(folded).toEqual({ rows: [[0, 1, 2]], columns: [[0, 1, 2]] });
  });

  it('keeps apart what somebody can tell apart', () => {
    const rows = sides('pod', ['n1', 'n2', 'n3', null]);
    const columns = sides('nodePort', ['n1', 'n2', 'n3']);
    const folded = foldGrid(rows, columns, (_, c) => (c === 0 ? 'endpoint' : 'none'));
    expect(folded.columns).toEqual([[0], [1, 2]]);
    expect(folded.rows).toEqual([[0], [1, 2], [3]]);
  });

  it('never folds kinds', () => {
    expect(
      foldGrid([...sides('pod', ['n1']), ...sides('node', ['n1'])], sides('clusterIP', [null]), () => 'same').rows,
    ).toEqual([[0], [1]]);
  });

  it('is told by its classes, whatever it holds', () => {
    const side = (kinds: string[]) =>
      fc.array(fc.record({ kind: fc.constantFrom(...kinds), node: fc.constantFrom('n1', 'n2', 'n3', null) }), {
        minLength: 1,
        maxLength: 6,
      });
    fc.assert(
      fc.property(
        side(['pod', 'node']),
        side(['a', 'b']),
        fc.func(fc.constantFrom('x', 'y', 'z')),
        (rows, columns, f) => {
          const value = (r: number, c: number) => f(r, c);
          const folded = foldGrid(rows, columns, value);
          expect(folded.rows.flat().sort((a, b) => a - b)).toEqual(rows.map((_, n) => n));
          expect(folded.columns.flat().sort((a, b) => a - b)).toEqual(columns.map((_, n) => n));
          for (const some of folded.rows)
            for (const others of folded.columns) {
              const values = new Map<string, Set<string>>();
              for (const r of some)
                for (const c of others) {
                  const relation = relationOf(rows[r]!, columns[c]!);
                  values.set(relation, (values.get(relation) ?? new Set()).add(value(r, c)));
                }
              for (const found of values.values()) expect(found.size).toBe(1);
            }
        },
      ),
      { numRuns: 500, seed: 3 },
    );
  });
});
