/** Rows as text, a piece for each batch of rows, so that an answer can be streamed. */
import type { RequestRow } from './result.js';

/** The header line; lines of CSV end in CRLF (RFC 4180). */
export const CSV_HEADER =
  'request,atMs,client,clientIp,method,target,service,lb,entryNode,node,pod,sourceIp,sourceKind,forwardedFor,' +
  'outcome,status,attempts,connectUs,latencyUs,reason,protocol,cause,event,eventPath,firstPackets\r\n';

/** Null is an empty field. */
export function toCsv(rows: readonly RequestRow[]): string {
  const lines: string[] = [];
  for (const row of rows) lines.push(csvLine(row));
  return lines.join('');
}

/** One JSON object a line. */
export function toNdjson(rows: readonly RequestRow[]): string {
  const lines: string[] = [];
  for (const row of rows) lines.push(JSON.stringify(row), '\n');
  return lines.join('');
}

/** Spelt out, not looped over the names of the fields: that takes twice as long. */
function csvLine(row: RequestRow): string {
  return `${[
    row.request,
    row.atMs,
    quoted(row.client),
    quoted(row.clientIp),
    quoted(row.method),
    quoted(row.target),
    quoted(row.service),
    quoted(row.lb),
    quoted(row.entryNode),
    quoted(row.node),
    quoted(row.pod),
    quoted(row.sourceIp),
    row.sourceKind,
    quoted(row.forwardedFor),
    row.outcome,
    row.status,
    row.attempts,
    row.connectUs,
    row.latencyUs,
    quoted(row.reason),
    row.protocol,
    row.cause,
    quoted(row.event),
    row.eventPath,
    row.firstPackets,
  ].join(',')}\r\n`;
}

function quoted(value: string | null): string | null {
  return value !== null && /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
