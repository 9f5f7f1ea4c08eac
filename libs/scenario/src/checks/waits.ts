/** Waiting for more nodes than there are. */
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import { of } from './addresses.js';

export function checkWaits(draft: Draft, issues: IssueList): void {
  const applied = [...draft.steps, ...draft.timeline].filter(
    ({ value }) => value.do === 'kubectl' && value.command.verb === 'apply' && value.command.object.kind === 'Node',
  );
  const nodes = of('Node', draft).length + applied.length;
  for (const { value, at } of draft.steps) {
    if (value.do !== 'waitUntil' || !('loadBalancer' in value.condition)) continue;
    const field = 'healthy' in value.condition ? 'healthy' : 'unhealthy';
    const count = 'healthy' in value.condition ? value.condition.healthy : value.condition.unhealthy;
    if (count > nodes)
      issues.add(
        'never-met',
        [...at, 'waitUntil', field],
        `There are ${nodes} nodes, so never ${count} ${field} ones.`,
      );
  }
}
