import { CAUSE_TEXTS } from '#sim';
import { fitted } from '../svg-text.js';
import { counted, countText, sentence, spanText } from './figures.js';
import { ENDED_TEXT, type Loss, placeText, whenText } from './loss-text.js';
import { esc, note, section, swatch, table } from './markup.js';
import { outcomeClass } from './palette.js';
import { type MarkedEvent, markOf } from './run-events.js';

const ROWS_MAX = 40;
const REASON_MAX = 260;
const TEXT_MAX = 320;

export function lossesSection(losses: readonly Loss[], events: readonly MarkedEvent[]): string {
  if (losses.length === 0) return section('losses', 'Losses by cause', '<p class="pass">Nothing was lost.</p>');
  const rows = losses
    .slice(0, ROWS_MAX)
    .map((loss) => [
      countText(loss.count),
      loss.outcome === null
        ? 'various'
        : `<span class="nowrap">${swatch(outcomeClass(loss.outcome))} ${loss.outcome}</span>`,
      whereCell(loss),
      whenText(loss.fromMs, loss.toMs).replace(/(\S+) (ms|s|min|h)\b/g, '$1\u00a0$2'),
      eventCell(loss, events),
      whyCell(loss),
    ]);
  const left = losses.slice(ROWS_MAX);
  const rest = left.reduce((sum, { count }) => sum + count, 0);
  return section(
    'losses',
    'Losses by cause',
    table('Losses', ['#Requests', 'Ended', 'Where', 'Sent', 'Event behind it', 'In a sentence'], rows, 'cards'),
    left.length > 0
      ? note(`${countText(left.length)} smaller ones of ${counted(rest, 'request')} together are left out.`)
      : '',
  );
}

const SHORT_PLACE = 18;

/** A short name is not broken at its hyphens. */
function whereCell({ place }: Loss): string {
  if (place === null) return '–';
  const text = placeText(place);
  return `<span class="${text.length > SHORT_PLACE ? 'long' : 'nowrap'}">${esc(text)}</span>`;
}

function eventCell({ fromMs, event }: Loss, events: readonly MarkedEvent[]): string {
  if (event === null) return '–';
  const mark = markOf(events, event);
  if (mark === null) return esc(fitted(event.text, 90));
  return `<span class="badge">${mark.number}</span> ${esc(fitted(mark.text, 90))}, <span class="nowrap">${spanText(Math.max(0, fromMs - mark.atMs))}</span> before the first`;
}

/** The summary's sentence, the rule or state that decided, and what a person can do about it. */
function whyCell({ outcome, cause, reason, text }: Loss): string {
  const said = text === '' ? sentence(outcome === null ? 'various' : ENDED_TEXT[outcome]) : text;
  const rule = reason === null ? '' : `<code class="reason">${esc(fitted(reason, REASON_MAX))}</code>`;
  const advice = cause === null ? '' : `<p class="note">${esc(CAUSE_TEXTS[cause].advice)}</p>`;
  return `${esc(fitted(said, TEXT_MAX))}${rule}${advice}`;
}
