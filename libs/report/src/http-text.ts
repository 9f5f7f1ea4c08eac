import type { HttpExchange } from '#sim';
import { commentLine } from './comment-line.js';
import { curlEnd, curlWords } from './curl-text.js';
import { grepLines, grepPipe } from './grep.js';
import type { ClientEnd, HttpStep } from './http-client.js';
import { secondsText } from './human-duration.js';
import { shellWord, shellWordWithNode } from './shell-word.js';
import { wgetEnd, wgetWords } from './wget-text.js';

/** The command of a curl step: one request, or a loop over the addresses of its nodes. */
export function httpCommandText(step: HttpStep, exchanges: readonly HttpExchange[]): string {
  const client = step.tool === 'curl' ? curlWords(step, isSilent(step)) : wgetWords(step);
  const url = shortUrl(step.url);
  if (step.forEachNode === null) return `${[...client, shellWord(url)].join(' ')}${grepPipe(step.grep)}`;
  const nodes = exchanges.map((exchange) => shellWord(nodeWord(step.url, exchange)));
  const command = `${[...client, shellWordWithNode(url)].join(' ')}${grepPipe(step.grep)}`;
  return `for node in ${nodes.join(' ')}; do ${command}; done`;
}

/** What the requests printed; a comment tells what a silent client, or a person, would not see. */
export function httpOutputLines(step: HttpStep, exchanges: readonly HttpExchange[]): string[] {
  return exchanges.flatMap((exchange) => {
    const end = step.tool === 'curl' ? curlEnd(step, exchange, isSilent(step)) : wgetEnd(step, exchange);
    const printed = [grepLines(withoutLastNewline(end.body), step.grep), end.message].filter((text) => text !== '');
    const comment = endComment(step, exchange, end);
    return comment === null ? printed : [...printed, comment];
  });
}

/** People silence curl in loops and before a pipe, where its progress and its errors would be in the way. */
function isSilent(step: HttpStep): boolean {
  return step.forEachNode !== null || step.grep !== null;
}

function endComment(step: HttpStep, exchange: HttpExchange, end: ClientEnd): string | null {
  const where = step.forEachNode === null ? '' : `node ${exchange.node}, `;
  if (end.exitCode !== 0 && end.message === '') {
    const why = exchange.status === null ? exchange.outcome : `HTTP ${exchange.status}`;
    return commentLine(`${step.tool}: exit ${end.exitCode} after ${secondsText(exchange.elapsedNs)} (${where}${why})`);
  }
  if (end.exitCode === 0 && exchange.status !== null && exchange.status >= 400) {
    return commentLine(`HTTP ${exchange.status}${step.forEachNode === null ? '' : ` (node ${exchange.node})`}`);
  }
  return null;
}

/** People leave out what the client assumes. */
function shortUrl(url: string): string {
  return url.replace(/^http:\/\//, '').replace(/^([^/]*)\/$/, '$1');
}

/** What `$node` stood for in this request: the part of the URL in its place, or the node's name where it has none. */
function nodeWord(template: string, exchange: HttpExchange): string {
  const at = template.indexOf('$node');
  if (at === -1) return exchange.node ?? '';
  const after = template.slice(at + '$node'.length);
  if (!exchange.url.startsWith(template.slice(0, at)) || after.includes('$node') || !exchange.url.endsWith(after)) {
    return exchange.node ?? '';
  }
  return exchange.url.slice(at, exchange.url.length - after.length);
}

function withoutLastNewline(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
