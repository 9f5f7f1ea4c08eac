/** What happened, in a sentence or two. */
import { countText, shareText, spanText, timeText } from './figures.js';
import { type Loss, lossPhrase, worstLoss } from './loss-text.js';
import type { ReportInput } from './report-input.js';
import { type MarkedEvent, markOf } from './run-events.js';

export function headline(
  { overview, result }: ReportInput,
  losses: readonly Loss[],
  events: readonly MarkedEvent[],
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
  const failed = losses.reduce((sum, loss) => sum + loss.count, 0);
  const tail = `${lossPhrase(worst, places)}.${eventSentence(worst, events)}`;
  if (requests === 1) return `The one request ${during} failed: ${tail}`;
  const sum = `Of ${countText(requests)} requests ${during}, ${countText(requests - failed)} were answered and ${countText(failed)} (${shareText(failed, requests)}) failed`;
  return `${sum}${worst.count === failed ? ': ' : `, ${countText(worst.count)} of them `}${tail}`;
}

/** What it is put down to, and how soon it came after that. */
function eventSentence({ fromMs, event }: Loss, events: readonly MarkedEvent[]): string {
  if (event === null) return '';
  const mark = markOf(events, event);
  if (mark === null) return ` Behind it: ${event.text}.`;
  return ` Behind it is event ${mark.number}, ${spanText(Math.max(0, fromMs - mark.atMs))} before the first: ${mark.text}.`;
}
