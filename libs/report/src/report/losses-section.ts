import { fitted } from '../svg-text.js';
import { counted, countText, sentence, spanText } from './figures.js';
import { causeText, ENDED_TEXT, type Loss, placeText, whenText } from './loss-text.js';
import { esc, note, section, swatch, table } from './markup.js';
import { outcomeClass } from './palette.js';
import { type MarkedEvent, markOf } from './run-events.js';

const ROWS_MAX = 40;
const REASON_MAX = 260;

export function lossesSection(losses: readonly Loss[], events: readonly MarkedEvent[]): string {
  if (losses.length === 0) return section('losses', 'Losses by cause', '<p class="pass">Nothing was lost.</p>');
  const rows = losses
    .slice(0, ROWS_MAX)
    .map((loss) => [
      countText(loss.requests),
      loss.outcome === null
        ? 'various'
        : `<span class="nowrap">${swatch(outcomeClass(loss.outcome))} ${loss.outcome}</span>`,
      esc(loss.place === null ? '–' : placeText(loss.place).replace(' ', '\u00a0')),
      whenText(loss.firstMs, loss.lastMs).replace(/(\S+) (ms|s|min|h)\b/g, '$1\u00a0$2'),
      eventCell(loss, events),
      whyCell(loss),
    ]);
  const left = losses.slice(ROWS_MAX);
  const rest = left.reduce((sum, { requests }) => sum + requests, 0);
  return section(
    'losses',
    'Losses by cause',
    table('Losses', ['#Requests', 'Ended', 'Where', 'Sent', 'Event behind it', 'Why'], rows, 'cards'),
    left.length > 0
      ? note(
          `${counted(left.length, 'smaller loss').replace(/losss$/, 'losses')} of ${counted(rest, 'request')} together are left out.`,
        )
      : '',
  );
}

function eventCell({ firstMs, event }: Loss, events: readonly MarkedEvent[]): string {
  if (event === null) return '–';
  const mark = markOf(events, event);
  if (mark === null) return esc(fitted(event.text, 90));
  return `<span class="badge">${mark.number}</span> ${esc(fitted(mark.text, 90))}, <span class="nowrap">${spanText(Math.max(0, firstMs - mark.atMs))}</span> before the first`;
}

function whyCell({ outcome, cause, reason }: Loss): string {
  const why = causeText(cause) ?? (outcome === null ? null : ENDED_TEXT[outcome]);
  const words = why === null ? '' : esc(sentence(why));
  return reason === null ? words : `${words}<code class="reason">${esc(fitted(reason, REASON_MAX))}</code>`;
}
