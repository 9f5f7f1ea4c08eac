import type { Expectation, ExpectationResult } from '#sim';
import { fitted } from '../svg-text.js';
import { countText, shareText } from './figures.js';
import { esc, note, section, table } from './markup.js';
import type { ReportInput } from './report-input.js';

const ROWS_MAX = 100;

/** What the scenario expects, and whether it came so; empty where it expects nothing. */
export function expectationsSection({ result, scenario }: ReportInput): string {
  const { expectations } = result;
  if (expectations.length === 0) return '';
  const failed = expectations.filter(({ passed }) => !passed).length;
  const left = Math.max(0, expectations.length - ROWS_MAX);
  const rows = expectations
    .slice(0, ROWS_MAX)
    .map((outcome, place) => [
      verdict(outcome.passed),
      esc(fitted(outcome.name, 120)),
      esc(fitted(wantedText(scenario.expect[place]), 200)),
      esc(gotText(outcome)),
    ]);
  const said =
    failed === 0 ? 'All are met.' : `${failed} of ${expectations.length} ${failed === 1 ? 'is' : 'are'} not met.`;
  return section(
    'expectations',
    'Expectations',
    `<p class="${failed === 0 ? 'pass' : 'fail'}">${said}</p>`,
    table('Expectations', ['Verdict', 'Name', 'Expected', 'Got'], rows, 'cards'),
    left === 0 ? '' : note(`${countText(left)} more are left out.`),
  );
}

function verdict(passed: boolean): string {
  return passed ? '<strong class="pass">✓ passed</strong>' : '<strong class="fail">✗ failed</strong>';
}

function wantedText(expectation: Expectation | undefined): string {
  if (!expectation) return '';
  const { where, share, count } = expectation;
  const which = Object.entries(where).map(
    ([field, value]) => `${field} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const bounds = [
    boundsText(share, (value) => `${100 * value} %`),
    boundsText(count, (value) => countText(value)),
  ].filter((bound) => bound !== '');
  return `${which.length === 0 ? 'requests' : which.join(', ')}${bounds.length === 0 ? '' : `: ${bounds.join(', ')}`}`;
}

function boundsText(
  bounds: { min: number | null; max: number | null } | null,
  show: (value: number) => string,
): string {
  if (bounds === null) return '';
  const { min, max } = bounds;
  if (min !== null && min === max) return `exactly ${show(min)}`;
  return [min === null ? '' : `at least ${show(min)}`, max === null ? '' : `at most ${show(max)}`]
    .filter((bound) => bound !== '')
    .join(', ');
}

function gotText({ matched, of, share }: ExpectationResult): string {
  const sum = `${countText(matched)} of ${countText(of)}`;
  return share === null ? sum : `${sum} (${shareText(matched, of)})`;
}
