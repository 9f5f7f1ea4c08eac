import { keyOf } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';

/** Objects of one kind, clients and traffic entries have names of their own. */
export function checkNames(draft: Draft, issues: IssueList): void {
  unique(
    draft.objects.map(({ value, at }) => ({ name: `${value.kind} ${keyOf(value)}`, at: [...at, 'metadata', 'name'] })),
    issues,
  );
  unique(
    draft.clients.map(({ value, at }) => ({ name: `client ${value.name}`, at: [...at, 'name'] })),
    issues,
  );
  unique(
    draft.traffic.map(({ value, at }) => ({ name: `traffic ${value.name}`, at: [...at, 'name'] })),
    issues,
  );
}

function unique(names: { name: string; at: Path }[], issues: IssueList): void {
  const first = new Map<string, Path>();
  for (const { name, at } of names) {
    const before = first.get(name);
    if (before === undefined) first.set(name, at);
    else issues.add('duplicate-name', at, `There are two of ${name}; the first is at ${issues.placeText(before)}.`);
  }
}
