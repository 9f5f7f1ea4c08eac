import type { Expectation, ExpectationResult } from '#sim';
import { fitted } from '../svg-text.js';
import { gotText } from './expectation-got.js';
import { wantedText } from './expectation-text.js';
import { countText } from './figures.js';
import { esc, note, section, table } from './markup.js';
import type { ReportInput } from './report-input.js';

const ROWS_MAX = 100;
const AGAINST_MAX = 5;

/** What the scenario expects, and whether it came so; empty where it expects nothing. */
export function expectationsSection({ result, scenario, overview }: ReportInput): string {
  const { expectations } = result;
  if (expectations.length === 0) return '';
  const failed = expectations.filter(({ passed }) => !passed).length;
  const left = Math.max(0, expectations.length - ROWS_MAX);
  const kept = new Set(overview.samples.map(({ request }) => request));
  const wanted = (one: Expectation | undefined) => (one ? esc(fitted(wantedText(one), 200)) : '');
  const rows = expectations
    .slice(0, ROWS_MAX)
    .map((outcome, place) => [
      verdict(outcome.passed),
      esc(fitted(outcome.name, 120)),
      wanted(scenario.expect[place]),
      gotCell(outcome, scenario.expect[place], kept),
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
  return passed ? '<strong class="pass nowrap">✓ passed</strong>' : '<strong class="fail nowrap">✗ failed</strong>';
}

function gotCell(result: ExpectationResult, expectation: Expectation | undefined, kept: ReadonlySet<number>): string {
  const { evidence } = result;
  const said = esc(fitted(gotText(result, expectation), 240));
  const against = (evidence?.requests ?? []).slice(0, AGAINST_MAX);
  if (result.passed || against.length === 0) return said;
  const links = against.map((request) => (kept.has(request) ? `<a href="#r${request}">${request}</a>` : `${request}`));
  return `${said}<div class="soft">against it: ${links.join(', ')}</div>`;
}
