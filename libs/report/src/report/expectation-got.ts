/** What came of an expectation, in a line: figures alone, as what was wanted stands beside it. */
import type { Expectation, ExpectationResult } from '#sim';
import { counted, countText, latencyText, shareText, timeText } from './figures.js';

export function gotText(result: ExpectationResult, expectation: Expectation | undefined): string {
  return expectation?.health ? stretchText(result) : requestsText(result, expectation);
}

function requestsText({ matched, of, share, evidence }: ExpectationResult, expectation: Expectation | undefined) {
  const sum = `${countText(matched)} of ${countText(of)}${share === null ? '' : ` (${shareText(matched, of)})`}`;
  const quantiles = (evidence?.latency ?? []).map(({ quantile, us, requests }) => {
    const name = `p${Number((100 * quantile).toFixed(6))}`;
    return us === null ? `${name} of no request` : `${name} ${latencyText(us)} of ${counted(requests, 'request')}`;
  });
  const isCounted = expectation === undefined || expectation.share !== null || expectation.count !== null;
  return [...(isCounted || quantiles.length === 0 ? [sum] : []), ...quantiles].join(', ');
}

/** Of a health answer. `matched`: stretches that meet all of it, `of`: those whose times do not, too. */
function stretchText({ matched, of, evidence }: ExpectationResult): string {
  const segment = evidence?.segment ?? null;
  if (segment !== null) {
    const more = matched > 1 ? `, and ${countText(matched - 1)} more` : '';
    return `${segment.node} from ${timeText(segment.fromMs)} to ${timeText(segment.toMs)}${more}`;
  }
  return of === 0 ? 'none' : `none at these times, ${countText(of)} at others`;
}
