/** What happened, in a sentence or two. */
import { countText, shareText, spanText, timeText } from './figures.js';
import { type Loss, lossPhrase, worstLoss } from './loss-text.js';
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
  const greatest = worstLoss(losses);
  if (greatest === null) {
    return requests === 1
      ? `The one request ${during} was answered.`
      : `All ${countText(requests)} requests ${during} were answered.`;
  }
  const { worst, places } = greatest;
  const failed = losses.reduce((sum, loss) => sum + loss.requests, 0);
  const tail = `${lossPhrase(worst, places)}.${eventSentence(worst, events)}`;
  if (requests === 1) return `The one request ${during} failed: ${tail}`;
  const sum = `Of ${countText(requests)} requests ${during}, ${countText(requests - failed)} were answered and ${countText(failed)} (${shareText(failed, requests)}) failed`;
  return `${sum}${worst.requests === failed ? ': ' : `, of which ${countText(worst.requests)} were `}${tail}`;
}

/** What came last before it: when, not why. */
function eventSentence({ firstMs }: Loss, events: readonly RunEvent[]): string {
  const event = eventBefore(events, firstMs);
  if (event === null) return '';
  return ` It began ${spanText(firstMs - event.atMs)} after event ${event.number}: ${event.text}.`;
}
