import { fitted } from '../svg-text.js';
import { counted, countText, sentence, spanText } from './figures.js';
import { causeText, ENDED_TEXT, type Loss, whenText } from './loss-text.js';
import { esc, note, section, swatch, table } from './markup.js';
import { outcomeClass } from './palette.js';
import { eventBefore, type RunEvent } from './run-events.js';

const ROWS_MAX = 40;
const REASON_MAX = 260;

export function lossesSection(losses: readonly Loss[], events: readonly RunEvent[]): string {
  if (losses.length === 0) return section('losses', 'Losses by cause', '<p class="pass">Nothing was lost.</p>');
  const rows = losses
    .slice(0, ROWS_MAX)
    .map((loss) => [
      countText(loss.requests),
      loss.outcome === null
        ? 'various'
        : `<span class="nowrap">${swatch(outcomeClass(loss.outcome))} ${loss.outcome}</span>`,
      esc(loss.place === null ? '–' : loss.place.replace(/^default\//, '')),
      esc(whenText(loss.firstMs, loss.lastMs)),
      esc(eventText(loss, events)),
      whyCell(loss),
    ]);
  const left = losses.slice(ROWS_MAX);
  const rest = left.reduce((sum, { requests }) => sum + requests, 0);
  return section(
    'losses',
    'Losses by cause',
    table('Losses', ['#Requests', 'Ended', 'Where', 'Sent', 'Event before', 'Why'], rows),
    left.length > 0
      ? note(
          `${counted(left.length, 'smaller loss').replace(/losss$/, 'losses')} of ${counted(rest, 'request')} together are left out.`,
        )
      : '',
  );
}

/** When, not why: the last thing that was done to the cluster before the first of them. */
function eventText({ firstMs }: Loss, events: readonly RunEvent[]): string {
  const event = eventBefore(events, firstMs);
  return event === null ? '–' : `${event.number}, ${spanText(firstMs - event.atMs)} earlier`;
}

function whyCell({ outcome, cause, reason }: Loss): string {
  const why = causeText(cause) ?? (outcome === null ? null : ENDED_TEXT[outcome].replace(/^were /, ''));
  const words = why === null ? '' : esc(sentence(why));
  return reason === null ? words : `${words}<code class="reason">${esc(fitted(reason, REASON_MAX))}</code>`;
}
