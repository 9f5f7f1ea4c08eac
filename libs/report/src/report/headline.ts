/** What happened, in a sentence or two. */
import { countText, shareText, spanText, timeText } from './figures.js';
import { type Loss, lossSentence } from './loss-text.js';
import type { ReportInput } from './report-input.js';
import { eventBefore, type RunEvent } from './run-events.js';

export function headline(
  { overview, result }: ReportInput,
  losses: readonly Loss[],
  events: readonly RunEvent[],
): string {
  const { requests } = overview;
  const during = `in ${timeText(result.summary.virtualMs)}`;
  if (requests === 0) return `Nobody sent a request ${during}.`;
  const failed = losses.reduce((sum, loss) => sum + loss.requests, 0);
  const of = `${requests === 1 ? 'The one request' : failed === 0 ? `All ${countText(requests)} requests` : `Of ${countText(requests)} requests`} ${during}`;
  if (failed === 0) return `${of} ${requests === 1 ? 'was' : 'were'} answered.`;
  const worst = losses[0]!;
  const tail = `${lossSentence(worst)}${eventPhrase(worst, events)}.`;
  if (requests === 1) return `The one request ${during} failed: ${tail}`;
  const share = shareText(failed, requests);
  const most = worst.requests === failed ? '' : 'Worst: ';
  return `${of}, ${countText(requests - failed)} were answered and ${countText(failed)} (${share}) failed. ${most}${tail}`;
}

/** What came last before it: when, not why. */
export function eventPhrase({ firstMs }: Pick<Loss, 'firstMs'>, events: readonly RunEvent[]): string {
  const event = eventBefore(events, firstMs);
  if (event === null) return '';
  return `. The first came ${spanText(firstMs - event.atMs)} after event ${event.number} (${event.text})`;
}
