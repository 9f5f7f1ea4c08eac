import type { Limits } from '../limits.js';
import type { Path } from '../pointer.js';

export type SizeProblem = { code: 'too-deep' | 'too-many-values'; path: Path };

/**
 * The first place where a value is nested too deep or has too many parts, else null. Without recursion, so that no
 * nesting overflows the stack; shared parts (YAML aliases) are counted at every use, and cycles end as too deep.
 */
export function sizeProblem(root: unknown, limits: Pick<Limits, 'depth' | 'values'>): SizeProblem | null {
  let values = 0;
  const open: { container: object; keys: string[]; next: number }[] = [];
  const pathHere = (): Path => open.map((level) => level.keys[level.next - 1]!);
  let value: unknown = root;
  for (;;) {
    if (++values > limits.values) return { code: 'too-many-values', path: [] };
    if (typeof value === 'object' && value !== null) {
      if (open.length >= limits.depth) return { code: 'too-deep', path: pathHere() };
      open.push({ container: value, keys: Object.keys(value), next: 0 });
    }
    while (open.length > 0 && open.at(-1)!.next >= open.at(-1)!.keys.length) open.pop();
    const level = open.at(-1);
    if (level === undefined) return null;
    value = (level.container as Record<string, unknown>)[level.keys[level.next++]!];
  }
}
