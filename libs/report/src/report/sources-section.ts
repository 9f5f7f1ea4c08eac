import type { Overview, PairTable, SourceKind } from '#sim';
import { SOURCE_TEXT } from '../request-path.js';
import { fitted } from '../svg-text.js';
import { counted, countText, shareText } from './figures.js';
import { esc, more, note, section, table } from './markup.js';

/** So many are seen at once; the others when they are asked for. */
const ROWS_SHOWN = 10;
const HEADERS = ['Whose', 'Address', '#Requests', '#Share'];

/** In a column that has addresses beside it. */
const OWNER: Record<SourceKind, string> = {
  client: 'client',
  node: 'node',
  bridge: 'bridge',
  lb: 'load balancer',
  pod: 'pod',
};

export function sourcesSection({ sources, sourceKinds }: Overview): string {
  const seen = sourceKinds.reduce((sum, { requests }) => sum + requests, 0);
  if (seen === 0) return section('sources', 'Source IPs seen', note('No request came to a pod.'));
  const kinds = sourceKinds.map(
    ({ kind, requests, addresses }) =>
      `<li><strong>${shareText(requests, seen)}</strong> ${esc(SOURCE_TEXT[kind])} <span class="soft">(${counted(requests, 'request')}, ${addresses === 1 ? '1 address' : `${countText(addresses)} addresses`})</span></li>`,
  );
  const addresses = sourceKinds.reduce((sum, kind) => sum + kind.addresses, 0);
  const rows = sources.map(({ kind, ip, requests }) => [
    OWNER[kind],
    // An IPv4 address fits on any screen; one of IPv6 need not.
    `<code${ip.includes(':') ? '' : ' class="nowrap"'}>${esc(ip)}</code>`,
    countText(requests),
    shareText(requests, seen),
  ]);
  const left = addresses - sources.length;
  return section(
    'sources',
    'Source IPs seen',
    `<p>What the pods took for the client, of ${counted(seen, 'request')} that came to one:</p>\n<ul class="shares">${kinds.join('')}</ul>`,
    table('Source addresses', HEADERS, rows.slice(0, ROWS_SHOWN)),
    rows.length > ROWS_SHOWN
      ? more(
          `${rows.length - ROWS_SHOWN} more addresses`,
          table('More source addresses', HEADERS, rows.slice(ROWS_SHOWN)),
        )
      : '',
    left > 0 ? note(`${countText(left)} more addresses are left out; the most frequent are here.`) : '',
  );
}

export function podsSection({ byEntry, byClient }: Overview): string {
  if (byEntry.rows.length === 0) return '';
  return section(
    'pods',
    "Where each pod's traffic came from",
    pairTable('Pods by the node that requests came in by', byEntry, 'no node'),
    pairTable('Pods by client', byClient, 'nobody'),
  );
}

function pairTable(caption: string, { columns, rows, rowsLeftOut, columnsLeftOut }: PairTable, none: string): string {
  const hasOther = rows.some(({ other }) => other > 0);
  const most = Math.max(...rows.flatMap(({ cells }) => cells));
  const name = (text: string) => esc(fitted(text.replace(/^default\//, ''), 48));
  const head = ['Pod', 'Node', ...columns.map((column) => column ?? none), ...(hasOther ? ['others'] : []), 'all']
    .map((header, n) => `<th scope="col"${n < 2 ? '' : ' class="num"'}>${name(header)}</th>`)
    .join('');
  const body = rows.map(({ pod, node, cells, other, requests }) => {
    const numbers = cells.map(
      (count) => `<td class="num${heat(count, most)}">${count === 0 ? '·' : countText(count)}</td>`,
    );
    const last = [...(hasOther ? [other] : []), requests].map((count) => `<td class="num">${countText(count)}</td>`);
    return `<tr><th scope="row">${name(pod)}</th><td>${name(node)}</td>${numbers.join('')}${last.join('')}</tr>`;
  });
  const left = [
    ...(rowsLeftOut > 0 ? [counted(rowsLeftOut, 'pod')] : []),
    ...(columnsLeftOut > 0 ? [`${counted(columnsLeftOut, 'column')} (in "others")`] : []),
  ];
  return `<div class="scroll" role="region" tabindex="0" aria-label="${esc(caption)}"><table class="pairs"><caption>${esc(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>${left.length > 0 ? note(`Left out: ${left.join(' and ')} with fewer requests.`) : ''}`;
}

function heat(count: number, most: number): string {
  return count === 0 ? '' : ` h${Math.min(4, Math.floor((count / most) * 5))}`;
}
