/** A cell of a matrix in words: which address the endpoint sees, or how the packet ends. */
import type { MatrixOutcome, MatrixSource, MatrixTable } from '#sim';

export interface Part {
  /** 0..1 */
  share: number;
  text: string;
  reason: string | null;
}

export interface Cell {
  /** Which endpoints, where it is not all of them. */
  who: string | null;
  parts: Part[];
}

export interface Reading {
  /** One of those in whose row it stands. */
  sender: MatrixSource;
  /** Whether it is the only one, so that its own address can be told. */
  alone: boolean;
  /** `node's address` for that of the node that translates, so that rows and columns of different nodes can be folded. */
  relative: boolean;
}

export const OWN_ADDRESS = 'own address';
export const NODES_ADDRESS = "node's address";
export const BRIDGES_ADDRESS = "bridge's address";
export const ITSELF = 'itself';
export const LOCAL_ENDPOINTS = 'local endpoints';
export const NO_PACKET = '-';

/** So many are told apart; beyond that addresses are told by what they have in common. */
const MOST_PARTS = 4;
const MOST_NAMES = 2;
const KIND = { client: 'client', node: 'node', bridge: 'bridge', lb: 'load balancer', pod: 'pod' } as const;

/** `answer` null: the sender has no address of that family. */
export function cellOf(answer: readonly MatrixOutcome[] | null, table: MatrixTable, reading: Reading): Cell {
  if (answer === null) return { who: null, parts: [{ share: 1, text: NO_PACKET, reason: null }] };
  const read = (relative: boolean, brief: boolean) =>
    merged(answer.map((outcome) => partOf(outcome, table, { ...reading, relative }, brief)));
  let parts = read(reading.relative, false);
  if (parts.length > MOST_PARTS) parts = read(true, false);
  if (parts.length > MOST_PARTS) parts = read(true, true);
  return { who: whoOf(answer, table, reading), parts };
}

/** Two cells that read the same. */
export function cellKey({ who, parts }: Cell): string {
  return JSON.stringify([who, parts.map(({ share, text, reason }) => [percent(share), text, reason])]);
}

/** Line by line; `note` gives the mark of a reason. */
export function cellLines({ who, parts }: Cell, note: (reason: string) => string): string[] {
  const lines = parts.map(({ share, text, reason }) => {
    const words = reason === null ? text : `${text} ${note(reason)}`;
    return parts.length === 1 ? words : `${percent(share)} ${words}`;
  });
  if (who === null) return lines;
  return lines.length === 1 ? [`${who}: ${lines[0]}`] : [`${who}:`, ...lines];
}

function percent(share: number): string {
  if (share > 0 && share < 0.005) return '<1%';
  if (share < 1 && share > 0.995) return '>99%';
  return `${Math.round(100 * share)}%`;
}

/** The likeliest first. */
function merged(parts: readonly Part[]): Part[] {
  const all = new Map<string, Part>();
  for (const part of parts) {
    const key = `${part.text}\n${part.reason}`;
    const known = all.get(key);
    if (known === undefined) all.set(key, { ...part });
    else known.share += part.share;
  }
  return [...all.values()].sort((a, b) => b.share - a.share || (a.text < b.text ? -1 : 1));
}

function partOf(outcome: MatrixOutcome, table: MatrixTable, reading: Reading, brief: boolean): Part {
  const { verdict, probability: share, accepted } = outcome;
  const reason = reading.relative ? withoutNode(outcome) : outcome.reason;
  if (verdict !== 'delivered') return { share, text: accepted ? 'accepted by the node' : verdict, reason };
  const seen = seenText(outcome, table, reading, brief);
  const text = outcome.itself === 'only' ? `${ITSELF}: ${seen}` : seen;
  return { share, text: reason === null ? text : `${text}, but`, reason };
}

/** So that the same happening on several nodes is one; a rule names no nodes. */
function withoutNode({ reason, node }: MatrixOutcome): string | null {
  if (reason === null || node === null || reason.startsWith('-t ')) return reason;
  return reason
    .split(/(?<![\w.-])(?=[\w.-])|(?<=[\w.-])(?![\w.-])/)
    .map((word) => (word === node ? 'that node' : word))
    .join('');
}

function seenText({ seen, node }: MatrixOutcome, table: MatrixTable, reading: Reading, brief: boolean): string {
  if (seen === null) return 'an address that is not known';
  const { kind, ip } = seen;
  if (ip === null) {
    const own = reading.alone ? reading.sender.ips.find((text) => isOfFamily(text, table)) : undefined;
    return own === undefined ? OWN_ADDRESS : `${own} (${KIND[kind]})`;
  }
  if (reading.relative && seen.node !== null && seen.node === node) {
    if (kind === 'node') return NODES_ADDRESS;
    if (kind === 'bridge') return BRIDGES_ADDRESS;
  }
  if (reading.relative && kind === 'node' && reading.sender.ips.includes(ip)) return OWN_ADDRESS;
  return brief ? `several addresses (${KIND[kind]})` : `${ip} (${KIND[kind]})`;
}

function isOfFamily(ip: string, { ipFamily }: MatrixTable): boolean {
  return ip.includes(':') === (ipFamily === 'IPv6');
}

/** Null where every endpoint may get it, or none. */
function whoOf(answer: readonly MatrixOutcome[], table: MatrixTable, { sender, relative }: Reading): string | null {
  const { endpoints } = table;
  const delivered = answer.filter(({ verdict }) => verdict === 'delivered');
  const reached = new Set(delivered.flatMap((outcome) => outcome.endpoints));
  if (delivered.some(({ itself }) => itself === 'only')) {
    if (delivered.length === 1) return null;
    reached.add(endpoints.findIndex(({ ip }) => sender.ips.includes(ip)));
  }
  if (reached.size === 0 || reached.size === endpoints.length) return null;
  const isLocal = delivered.every(({ endpoints: own, node }) => own.every((n) => endpoints[n]?.node === node));
  if (isLocal && (relative || reached.size > MOST_NAMES)) return LOCAL_ENDPOINTS;
  if (reached.size > MOST_NAMES) return `${reached.size} of ${endpoints.length} endpoints`;
  return [...reached].map((n) => endpointName(endpoints[n] as MatrixTable['endpoints'][number])).join(', ');
}

export function endpointName({ pod, ip, port }: MatrixTable['endpoints'][number]): string {
  return pod === null ? (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`) : shortName(pod);
}

/** As kubectl, which leaves the namespace out where it is `default`. */
export function shortName(name: string): string {
  return name.startsWith('default/') ? name.slice('default/'.length) : name;
}
