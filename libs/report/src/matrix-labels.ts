/** What stands before the rows and above the columns of a matrix. */
import type { MatrixDestination, MatrixSource, MatrixTable, MatrixVariant } from '#sim';
import { shortName } from './matrix-cells.js';
import type { Relation } from './matrix-fold.js';

/** So many are named; beyond that they are counted. */
const MOST_NAMES = 3;
/** Of a label in one line. */
const MOST_WIDTH = 40;

/** Those of one row, line by line: `all 12 pods on n1`, `nodes n2, n3`, `client laptop`. `everybody`: of the whole matrix. */
export function senderLabel(
  senders: readonly MatrixSource[],
  { endpoints }: MatrixTable,
  everybody: readonly MatrixSource[],
): string[] {
  const [first] = senders as [MatrixSource];
  const names = senders.map(({ name }) => shortName(name));
  const plural = senders.length > 1 ? 's' : '';
  if (first.kind !== 'pod') return [`${first.kind}${plural} ${listed(names)}`];
  const host = first.hostNetwork === true ? 'host-network ' : '';
  const nodes = [...new Set(senders.map(({ node }) => node))];
  if (senders.length <= MOST_NAMES) return placed(`${host}pod${plural} ${names.join(', ')}`, nodes);
  const serves = ({ ips }: MatrixSource) => endpoints.some(({ ip }) => ips.includes(ip));
  const there = everybody.filter((other) => isLike(other, first) && nodes.includes(other.node));
  const serving = senders.filter(serves).length;
  if (senders.length === there.length) return placed(`all ${senders.length} ${host}pods`, nodes);
  if (serving === 0 && there.filter(serves).length + senders.length === there.length)
    return placed(`the other ${senders.length} ${host}pods`, nodes);
  return placed(`${senders.length} ${host}${serving === senders.length ? 'endpoints' : 'pods'}`, nodes);
}

function placed(who: string, nodes: readonly (string | null)[]): string[] {
  const where = `on ${nodesText(nodes)}`;
  return who.length + where.length < MOST_WIDTH ? [`${who} ${where}`] : [who, `  ${where}`];
}

function isLike({ kind, hostNetwork }: MatrixSource, other: MatrixSource): boolean {
  return kind === other.kind && hostNetwork === other.hostNetwork;
}

export function nodesText(nodes: readonly (string | null)[]): string {
  const names = nodes.map((node) => node ?? 'no node');
  return names.length > MOST_NAMES ? `${names.length} nodes` : names.join(', ');
}

function listed(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(', ');
  return `${names.slice(0, MOST_NAMES - 1).join(', ')} and ${names.length - MOST_NAMES + 1} more`;
}

/** Those of one column, line by line. */
export function destinationLabel(destinations: readonly MatrixDestination[]): string[] {
  const [first] = destinations as [MatrixDestination];
  const nodes = destinations.flatMap(({ node }) => (node === null ? [] : [node]));
  if (nodes.length > 1) return [`nodePort ${first.port}`, `of ${nodes.length} nodes:`, listed(nodes)];
  const addresses = destinations.map(({ ip, port }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`));
  return [first.via, ...nodes, ...addresses];
}

/** The same in one line, or two. */
export function destinationLine(destinations: readonly MatrixDestination[], relation: Relation): string[] {
  const line = destinationLabel(destinations).join(' ');
  return relation === 'any' ? [line] : [line, `  ${relation}`];
}

/** `version=1.21, 1.22`, a line for each setting; where variants are no such product, a line for each of them. */
export function variantLabel(variants: readonly MatrixVariant[]): string[] {
  const settings = Object.keys(variants[0]?.settings ?? {});
  const values = settings.map((setting) => [...new Set(variants.map((variant) => variant.settings[setting]))]);
  const product = values.reduce((count, list) => count * list.length, 1);
  if (product !== variants.length) return variants.map(({ name }) => name);
  return settings.map(
    (setting, n) => `${setting}=${(values[n] ?? []).map((value) => (value === '' ? '""' : value)).join(', ')}`,
  );
}
