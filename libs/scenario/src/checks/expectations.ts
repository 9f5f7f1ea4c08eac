import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';

/** An expectation can fail. */
export function checkExpectations(draft: Draft, issues: IssueList): void {
  for (const { value, at } of draft.expect) {
    const bounds = Object.entries({ share: value.share, count: value.count });
    if (bounds.every(([, range]) => range === null || (range.min === null && range.max === null))) {
      issues.add('expectation-without-bound', at, `The expectation "${value.name}" has no bound.`);
    }
    for (const [field, range] of bounds) {
      if (range === null || range.min === null || range.max === null || range.min <= range.max) continue;
      issues.add('empty-range', [...at, field], `min ${range.min} is more than max ${range.max}.`);
    }
  }
}
