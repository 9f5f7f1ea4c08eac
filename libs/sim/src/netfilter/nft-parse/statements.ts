/**
 * The statements of one rule.
 *
 * Models: verdicts, matches, translations, marks, dynamic sets, what counts, limits or logs.
 * Source: nft(8), STATEMENTS; nftables 1.0.6 src/parser_bison.y.
 * Simplified: queue, tproxy, synproxy, flow, dup, fwd, and what changes headers are refused.
 * Who could tell: the owner of such a rule, who is told.
 */
import { LineProblem, shownWord } from '../iptables-text/problems.js';
import { expressionTypes, fieldType } from '../nft-datatypes.js';
import type {
  NftDataType,
  NftExpression,
  NftFamily,
  NftField,
  NftLimit,
  NftLogOptions,
  NftNatFlag,
  NftRejection,
  NftRule,
  NftStatement,
} from '../nft-rules.js';
import { numberOf } from './constants.js';
import { readCounts } from './elements.js';
import { anonymousSet, type KnownSets, readExpression, readMatch, startsExpression } from './expressions.js';
import { secondsOf } from './time.js';
import type { NftTokens } from './tokens.js';

const MADE_BY_IPTABLES =
  'iptables-nft made this table: give its rules as `iptablesSave` (and `ip6tablesSave`), then the tables of iptables are passed over here.';

/** More statements than any rule has. */
const MOST_STATEMENTS = 200;

/** Up to the end of its line. */
export function readRule(tokens: NftTokens, family: NftFamily, sets: KnownSets): NftRule {
  const statements: NftStatement[] = [];
  let comment: string | undefined;
  while (!tokens.atEnd) {
    if (tokens.accept('comment')) comment = tokens.word('a comment');
    else statements.push(readStatement(tokens, family, sets));
    if (statements.length > MOST_STATEMENTS)
      throw new LineProblem('rules-too-large', `more than ${MOST_STATEMENTS} statements in one rule`);
  }
  return comment === undefined ? { statements } : { statements, comment };
}

function readStatement(tokens: NftTokens, family: NftFamily, sets: KnownSets): NftStatement {
  const { text, kind } = tokens.peek;
  if (kind === 'lineEnd' || kind === 'end' || kind === 'text')
    tokens.fail(`a statement should stand here, not ${tokens.shown()}`);
  if (text === '@') unknown('raw payload');
  if (kind === 'sign' && text !== '(') tokens.fail(`a statement should stand here, not ${tokens.shown()}`);
  const read = STATEMENTS[text];
  if (read !== undefined) {
    tokens.take();
    return read(tokens, family, sets);
  }
  if (text === 'xt') throw new LineProblem('rules-unknown', 'the statement "xt" is not known', MADE_BY_IPTABLES);
  if (!startsExpression(text) && text !== '(') unknown(text);
  return readComparison(tokens, sets);
}

function unknown(what: string): never {
  throw new LineProblem('rules-unknown', `the statement ${shownWord(what)} is not known`);
}

type Reader = (tokens: NftTokens, family: NftFamily, sets: KnownSets) => NftStatement;

const STATEMENTS: Readonly<Record<string, Reader | undefined>> = Object.assign(Object.create(null), {
  accept: () => ({ kind: 'accept' }),
  drop: () => ({ kind: 'drop' }),
  return: () => ({ kind: 'return' }),
  continue: () => ({ kind: 'continue' }),
  jump: (tokens) => ({ kind: 'jump', chain: tokens.word('the name of a chain') }),
  goto: (tokens) => ({ kind: 'goto', chain: tokens.word('the name of a chain') }),
  reject: (tokens) => ({ kind: 'reject', with: readRejection(tokens) }),
  counter: readCounter,
  limit: readLimit,
  log: (tokens) => ({ kind: 'log', options: readLogOptions(tokens) }),
  notrack: () => ({ kind: 'notrack' }),
  masquerade: (tokens) => ({ kind: 'masquerade', port: readToPorts(tokens), flags: readFlags(tokens) }),
  redirect: readRedirect,
  dnat: readTranslation('dnat'),
  snat: readTranslation('snat'),
  add: readDynamic('add'),
  update: readDynamic('update'),
} satisfies Record<string, Reader>);

/** A match, a look-up that gives a verdict, or a field that is set. */
function readComparison(tokens: NftTokens, sets: KnownSets): NftStatement {
  const left = readExpression(tokens, sets);
  if (tokens.accept('vmap')) {
    if (tokens.accept('@'))
      return { kind: 'vmap', key: left, map: { kind: 'namedSet', name: tokens.word('the name of a map') } };
    return { kind: 'vmap', key: left, map: anonymousSet(tokens, expressionTypes(left, sets), 'verdict') };
  }
  if (tokens.accept('set')) return assignment(tokens, left, sets);
  return readMatch(tokens, left, sets);
}

function assignment(tokens: NftTokens, field: NftExpression, sets: KnownSets): NftStatement {
  const isSettable = field.kind === 'meta' || field.kind === 'ct';
  if (!isSettable) unknown('set of a header field');
  return {
    kind: 'assign',
    field: field as NftField,
    value: readExpression(tokens, sets, [fieldType(field as NftField)]),
  };
}

function readRejection(tokens: NftTokens): NftRejection {
  if (!tokens.accept('with')) return null;
  const protocol = tokens.word('a protocol');
  if (protocol === 'tcp') {
    tokens.expect('reset');
    return 'tcp reset';
  }
  if (protocol !== 'icmp' && protocol !== 'icmpv6' && protocol !== 'icmpx') unknown(`reject with ${protocol}`);
  tokens.accept('type');
  return { protocol, code: tokens.word('a code') };
}

function readCounter(tokens: NftTokens): NftStatement {
  if (tokens.accept('name')) return { kind: 'counter', name: tokens.word('the name of a counter') };
  return { kind: 'counter', ...readCounts(tokens) };
}

/** `rate [over] 5[ mbytes]/minute [burst 5 packets]` */
function readLimit(tokens: NftTokens): NftStatement {
  if (tokens.accept('name')) unknown('limit name');
  tokens.expect('rate');
  const over = tokens.accept('over');
  const first = tokens.word('a rate');
  const [, digits, per] = /^(\d{1,15})(?:\/(\w+))?$/.exec(first) ?? [];
  if (digits === undefined) tokens.fail(`${shownWord(first)} is no rate`);
  let unit: NftLimit['unit'] = 'packets';
  let interval = per;
  if (interval === undefined) {
    const [, bytes, each] = /^(bytes|kbytes|mbytes)\/(\w+)$/.exec(tokens.word('a unit')) ?? [];
    if (bytes === undefined) tokens.fail('a rate should be PACKETS/TIME, or AMOUNT bytes/TIME');
    unit = bytes as NftLimit['unit'];
    interval = each;
  }
  if (!PER.includes(interval as NftLimit['per'])) tokens.fail(`${shownWord(interval)} is no unit of time`);
  const limit = { kind: 'limit', rate: Number(digits), unit, per: interval as NftLimit['per'], over } as const;
  if (!tokens.accept('burst')) return { ...limit, burst: null, burstUnit: 'packets' };
  return { ...limit, burst: tokens.whole('a burst'), burstUnit: tokens.word('a unit') as NftLimit['unit'] };
}

const PER: readonly NftLimit['per'][] = ['second', 'minute', 'hour', 'day', 'week'];

function readLogOptions(tokens: NftTokens): NftLogOptions {
  const options: { -readonly [K in keyof NftLogOptions]: NftLogOptions[K] } = {};
  for (;;) {
    if (tokens.accept('prefix')) options.prefix = tokens.word('a prefix');
    else if (tokens.accept('level')) options.level = tokens.word('a level');
    else if (tokens.accept('group')) options.group = tokens.whole('a group', 65535);
    else if (tokens.accept('snaplen')) options.snaplen = tokens.whole('a length', 0xffffffff);
    else if (tokens.accept('queue-threshold')) options.queueThreshold = tokens.whole('a threshold', 65535);
    else if (tokens.accept('flags')) options.flags = [...(options.flags ?? []), readLogFlags(tokens)];
    else return options;
  }
}

/** `tcp sequence,options`, `ip options`, `skuid`, `ether`, `all` */
function readLogFlags(tokens: NftTokens): string {
  const first = tokens.word('a flag');
  if (first !== 'tcp' && first !== 'ip') return first;
  const rest = [tokens.word('a flag')];
  while (tokens.accept(',')) rest.push(tokens.word('a flag'));
  return `${first} ${rest.join(',')}`;
}

const FLAGS: ReadonlySet<string> = new Set(['random', 'fully-random', 'persistent'] satisfies NftNatFlag[]);

function readFlags(tokens: NftTokens): NftNatFlag[] {
  const flags: NftNatFlag[] = [];
  while (tokens.peek.kind === 'word' && FLAGS.has(tokens.peek.text)) {
    flags.push(tokens.take().text as NftNatFlag);
    tokens.accept(',');
  }
  return flags;
}

/** `to :1024-65535` */
function readToPorts(tokens: NftTokens) {
  if (!tokens.accept('to')) return null;
  const text = tokens.word('a port');
  const [, first, last] = /^:(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === undefined) tokens.fail(`${shownWord(text)} is no port`);
  const from = numberOf(first, 'inet_service');
  if (last === undefined) return { kind: 'value', value: from } as const;
  return { kind: 'range', from, to: numberOf(last, 'inet_service') } as const;
}

function readRedirect(tokens: NftTokens, _family: NftFamily, sets: KnownSets): NftStatement {
  const isConstant = tokens.peek.text !== 'to';
  if (isConstant) return { kind: 'redirect', port: null, flags: readFlags(tokens) };
  const port = readPortExpression(tokens, sets);
  return { kind: 'redirect', port, flags: readFlags(tokens) };
}

/** `to :8080`, or `to :tcp dport map { … }`. */
function readPortExpression(tokens: NftTokens, sets: KnownSets): NftExpression {
  tokens.expect('to');
  const { text } = tokens.peek;
  if (!text.startsWith(':')) return readExpression(tokens, sets, ['inet_service']);
  const rest = text.slice(1);
  if (!/^\d/.test(rest)) unknown(`to ${text}`);
  tokens.take();
  return { kind: 'constant', type: 'inet_service', operand: portOperand(rest) };
}

function portOperand(text: string) {
  const [from = '', to] = text.split('-');
  const first = numberOf(from, 'inet_service');
  return to === undefined
    ? ({ kind: 'value', value: first } as const)
    : ({ kind: 'range', from: first, to: numberOf(to, 'inet_service') } as const);
}

function readTranslation(kind: 'dnat' | 'snat'): Reader {
  return (tokens, tableFamily, sets) => {
    const written = tokens.accept('ip') ? 'ip' : tokens.accept('ip6') ? 'ip6' : null;
    if (tokens.accept('addr')) {
      tokens.expect('.');
      tokens.expect('port');
    }
    const isIpv6 = (written ?? tableFamily) === 'ip6';
    tokens.expect('to');
    const type: NftDataType = isIpv6 ? 'ipv6_addr' : 'ipv4_addr';
    const target = readTarget(tokens, sets, type);
    return { kind, family: written, ...target, flags: readFlags(tokens) };
  };
}

/** `10.0.0.1`, `10.0.0.1:80`, `[fd00::1]:80`, `:80`, `10.0.0.1-10.0.0.9`, or a look-up, whose map may give a port too. */
function readTarget(
  tokens: NftTokens,
  sets: KnownSets,
  type: NftDataType,
): { address: NftExpression | null; port: NftExpression | null } {
  const { text } = tokens.peek;
  const [, address, port] = /^(\[[^\]]*\]|[^:[\]]*):(\d[\d-]*)$/.exec(text) ?? [];
  const portOf = (ports: string): NftExpression => ({
    kind: 'constant',
    type: 'inet_service',
    operand: portOperand(ports),
  });
  if (port !== undefined && !(type === 'ipv6_addr' && address !== '' && !address?.startsWith('['))) {
    tokens.take();
    if (address === '' || address === undefined) return { address: null, port: portOf(port) };
    return { address: constantAddress(address, type), port: portOf(port) };
  }
  return { address: readExpression(tokens, sets, [type, 'inet_service']), port: null };
}

function constantAddress(text: string, type: NftDataType): NftExpression {
  return { kind: 'constant', type, operand: { kind: 'value', value: numberOf(text, type) } };
}

/** `update @affinity-… { ip saddr timeout 10s }` */
function readDynamic(operation: 'add' | 'update'): Reader {
  return (tokens, family, sets) => {
    tokens.expect('@');
    const set = tokens.word('the name of a set');
    tokens.expect('{');
    const key = readExpression(tokens, sets);
    const timeout = tokens.accept('timeout') ? { timeoutSeconds: secondsOf(tokens.word('a timeout')) } : {};
    const statements: NftStatement[] = [];
    while (tokens.peek.text !== '}' && tokens.peek.text !== ':') statements.push(readStatement(tokens, family, sets));
    const types = sets.get(set)?.data;
    const data = tokens.accept(':') ? { data: readExpression(tokens, sets, types === 'verdict' ? [] : types) } : {};
    tokens.expect('}');
    return {
      kind: 'dynamic',
      operation,
      set,
      key,
      ...timeout,
      ...data,
      ...(statements.length > 0 ? { statements } : {}),
    };
  };
}
