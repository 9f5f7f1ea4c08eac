/**
 * The text of one nft rule: as `nft list ruleset` prints it, or as kube-proxy hands it to `nft -f`.
 *
 * Models: statements, expressions, constants and sets written in the rule.
 * Source: nftables 1.0.6 (src/expression.c, src/statement.c, src/datatype.c), read off its output; kube-proxy's own words
 *   in pkg/proxy/nftables/proxier.go, blanks as sigs.k8s.io/knftables joins them.
 * Simplified: `list` is the spelling of 1.0.6; later ones differ in a few words.
 * Who could tell: someone who compares with the output of another nft.
 */
import { formatMark, type MarkFormat } from './iptables-save.js';
import { expressionTypes, fieldType, formatNftValue, isBits } from './nft-datatypes.js';
import { listedElements } from './nft-intervals.js';
import type {
  NftDataType,
  NftDynamic,
  NftElement,
  NftElements,
  NftExpression,
  NftField,
  NftLimit,
  NftLogOptions,
  NftMatch,
  NftNatFlag,
  NftOperand,
  NftRejection,
  NftRule,
  NftSetRef,
  NftStatement,
  NftTable,
  NftTranslation,
  NftVerdict,
} from './nft-rules.js';

export interface NftTextOptions {
  /** `list`: as `nft list ruleset` prints it. `restore`: as kube-proxy writes it. */
  readonly form: 'list' | 'restore';
  /** Of kube-proxy's marks; `nft list` always pads them. */
  readonly markFormat: MarkFormat;
  /** Of the rule's table. */
  readonly sets: NftTable['sets'];
  /** For a step of a trace: of these maps only the element that decided is shown. */
  readonly decided?: ReadonlyMap<NftSetRef, NftElement>;
}

export function formatNftRule(rule: NftRule, options: NftTextOptions): string {
  const text = new RuleText(options);
  const parts = rule.statements.map((statement) => text.statement(statement));
  if (rule.comment !== undefined) parts.push(`comment "${rule.comment}"`);
  return parts.join(' ');
}

export function formatNftVerdict(verdict: NftVerdict): string {
  return verdict.kind === 'jump' || verdict.kind === 'goto' ? `${verdict.kind} ${verdict.chain}` : verdict.kind;
}

/** `KEY timeout 5s comment "…" : DATA`. */
export function formatNftElement(
  element: NftElement,
  key: readonly NftDataType[],
  data: 'verdict' | readonly NftDataType[] | undefined,
  options: NftTextOptions,
): string {
  return new RuleText(options).element(element, key, data);
}

/** `3h`, `1m30s`. */
export function formatNftTime(seconds: number): string {
  let rest = Math.round(seconds * 1000);
  let text = '';
  for (const [unit, length] of TIME_UNITS) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text === '' ? '0s' : text;
}

const TIME_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** Written without `meta` before them. */
const UNQUALIFIED_META: readonly string[] = ['iif', 'oif', 'iifname', 'oifname', 'iifgroup', 'oifgroup'];

const OPERATOR_WORDS = { '&': 'and', '|': 'or', '^': 'xor', '<<': '<<', '>>': '>>' } as const;
/** What binds more tightly has the higher number. */
const PRECEDENCE = { '|': 1, '^': 2, '&': 3, '<<': 4, '>>': 4 } as const;

class RuleText {
  private readonly list: boolean;

  constructor(private readonly options: NftTextOptions) {
    this.list = options.form === 'list';
  }

  statement(statement: NftStatement): string {
    switch (statement.kind) {
      case 'match':
        return this.match(statement);
      case 'reject':
        return `reject${rejection(statement.with)}`;
      case 'vmap':
        return `${this.expression(statement.key)} vmap ${this.setRef(statement.map, this.types(statement.key), 'verdict')}`;
      case 'dnat':
      case 'snat':
        return this.translation(statement);
      case 'masquerade': {
        const to = statement.port === null ? '' : ` to :${this.operand(statement.port, ['inet_service'])}`;
        return `masquerade${to}${flags(statement.flags)}`;
      }
      case 'redirect': {
        const to = statement.port === null ? '' : ` to :${this.expression(statement.port, ['inet_service'])}`;
        return `redirect${to}${flags(statement.flags)}`;
      }
      case 'assign':
        return `${this.field(statement.field)} set ${this.expression(statement.value, [fieldType(statement.field)])}`;
      case 'dynamic':
        return this.dynamic(statement);
      case 'counter':
        if (statement.name !== undefined) return `counter name "${statement.name}"`;
        return this.list ? `counter packets ${statement.packets ?? 0} bytes ${statement.bytes ?? 0}` : 'counter';
      case 'limit':
        return limit(statement);
      case 'connectionCount':
        return `ct count ${statement.over ? 'over ' : ''}${statement.count}`;
      case 'log':
        return log(statement.options);
      case 'notrack':
        return 'notrack';
      default:
        return formatNftVerdict(statement);
    }
  }

  element(
    { key, data, timeoutSeconds, comment }: NftElement,
    keyTypes: readonly NftDataType[],
    dataTypes: 'verdict' | readonly NftDataType[] | undefined,
  ): string {
    let text = this.operand(key, keyTypes);
    if (timeoutSeconds !== undefined) text += ` timeout ${formatNftTime(timeoutSeconds)}`;
    if (comment !== undefined) text += ` comment "${comment}"`;
    if (data === undefined) return text;
    const types = dataTypes === undefined || dataTypes === 'verdict' ? [] : dataTypes;
    return `${text} : ${isVerdict(data) ? formatNftVerdict(data) : this.operand(data, types)}`;
  }

  private match({ left, operator, right }: NftMatch): string {
    const types = this.types(left);
    if (right.kind === 'namedSet' || right.kind === 'anonymousSet') {
      const not = operator === '!=' ? '!= ' : '';
      return `${this.expression(left)} ${not}${this.setRef(right, types, undefined)}`;
    }
    const value = this.operand(right, types);
    if (operator === 'any') return `${this.expression(left)} ${value}`;
    if (operator === 'none') return `${this.expression(left)} != ${value.replaceAll(',', ' | ')}`;
    if (operator === '==' && left.kind === 'bitwise') {
      if (isBits(types[0] ?? 'integer') && left.operator === '&' && this.list) {
        return `${this.expression(left.left)} ${value} / ${this.expression(left.right, types)}`;
      }
      return `${this.expression(left)} == ${value}`;
    }
    return `${this.expression(left)} ${operator === '==' ? '' : `${operator} `}${value}`;
  }

  private types(expression: NftExpression): readonly NftDataType[] {
    return expressionTypes(expression, this.options.sets);
  }

  /** `types`: what is asked for, where the expression has no type of its own. */
  private expression(expression: NftExpression, types: readonly NftDataType[] = []): string {
    switch (expression.kind) {
      case 'constant':
        return this.operand(expression.operand, types.length > 0 ? types : [expression.type]);
      case 'numgen': {
        const offset = expression.offset === 0 ? '' : ` offset ${expression.offset}`;
        return `numgen ${expression.mode} mod ${expression.modulus}${offset}`;
      }
      case 'bitwise':
        return this.bitwise(expression, types);
      case 'concat':
        return expression.parts.map((part) => this.expression(part)).join(' . ');
      case 'map': {
        const { key, map } = expression;
        return `${this.expression(key)} map ${this.setRef(map, this.types(key), types)}`;
      }
      default:
        return this.field(expression);
    }
  }

  private bitwise(
    { left, operator, right }: Extract<NftExpression, { kind: 'bitwise' }>,
    types: readonly NftDataType[],
  ): string {
    const inner = this.expression(left, types);
    const loose = left.kind === 'bitwise' && PRECEDENCE[left.operator] < PRECEDENCE[operator];
    const word = this.list ? operator : OPERATOR_WORDS[operator];
    return `${loose ? `(${inner})` : inner} ${word} ${this.expression(right, types.length > 0 ? types : this.types(left))}`;
  }

  private field(field: NftField): string {
    switch (field.kind) {
      case 'payload':
        return field.field;
      case 'meta': {
        const bare = UNQUALIFIED_META.includes(field.key) || (field.key === 'mark' && !this.list);
        return bare ? field.key : `meta ${field.key}`;
      }
      case 'ct':
        return `ct ${field.key}`;
      case 'ctTuple':
        return `ct ${field.direction} ${field.key}`;
      case 'fib':
        return `fib ${field.selectors.join(' . ')} ${field.result === 'exists' ? 'oif' : field.result}`;
    }
  }

  private setRef(
    ref: NftSetRef,
    key: readonly NftDataType[],
    data: 'verdict' | readonly NftDataType[] | undefined,
  ): string {
    const decided = this.options.decided?.get(ref);
    if (decided !== undefined) {
      const set = ref.kind === 'namedSet' ? this.options.sets.get(ref.name) : undefined;
      const element = `{ ${this.element(decided, set?.key ?? key, set?.data ?? data)} }`;
      return ref.kind === 'namedSet' ? `@${ref.name} ${element}` : element;
    }
    if (ref.kind === 'namedSet') return `@${ref.name}`;
    // nft turns a set of one element into a plain comparison.
    const [only] = ref.elements.values();
    if (this.list && data === undefined && ref.elements.size === 1 && only !== undefined) {
      return this.element(only, key, data);
    }
    return this.elements(ref.elements, key, data);
  }

  private elements(
    elements: NftElements,
    key: readonly NftDataType[],
    data: 'verdict' | readonly NftDataType[] | undefined,
  ): string {
    const listed = this.list && data === undefined && key.length === 1;
    const all = listed ? listedElements(elements, key[0]) : [...elements.values()];
    const texts = all.map((element) => this.element(element, key, data));
    return `{ ${texts.join(this.list ? ', ' : ' , ')} }`;
  }

  private operand(operand: NftOperand, types: readonly NftDataType[]): string {
    const type = types[0] ?? 'integer';
    switch (operand.kind) {
      case 'value': {
        const { value } = operand;
        if (this.list) return formatNftValue(value, type);
        if (typeof value === 'string') return value;
        if (type !== 'mark') return formatNftValue(value, type);
        return value === 0n ? '0' : formatMark(Number(value), this.options.markFormat);
      }
      case 'range':
        return `${formatNftValue(operand.from, type)}-${formatNftValue(operand.to, type)}`;
      case 'prefix':
        return `${formatNftValue(operand.value, type)}/${operand.length}`;
      case 'tuple':
        return operand.parts.map((part, index) => this.operand(part, types.slice(index, index + 1))).join(' . ');
      case 'anything':
        return '*';
    }
  }

  private translation({ kind, family, address, port, flags: natFlags }: NftTranslation): string {
    const both = address !== null && this.givesAddressAndPort(address);
    const ofFamily = family === null ? '' : `${family} `;
    const types: readonly NftDataType[] = [family === 'ip6' ? 'ipv6_addr' : 'ipv4_addr', 'inet_service'];
    if (both) {
      const target = this.expression(address, types);
      return `${kind} ${ofFamily}${this.list ? '' : 'addr . port '}to ${target}${flags(natFlags)}`;
    }
    let target = address === null ? '' : this.expression(address, address.kind === 'map' ? types.slice(0, 1) : []);
    if (port !== null) {
      if (target.includes(':')) target = `[${target}]`;
      target += `:${this.expression(port)}`;
    }
    return `${kind} ${ofFamily}to ${target}${flags(natFlags)}`;
  }

  private givesAddressAndPort(address: NftExpression): boolean {
    if (address.kind !== 'map') return false;
    if (address.map.kind === 'namedSet') return this.types(address).length === 2;
    const [first] = address.map.elements.values();
    return first?.data?.kind === 'tuple';
  }

  private dynamic({ operation, set, key, data, timeoutSeconds, statements }: NftDynamic): string {
    let element = this.expression(key);
    if (timeoutSeconds !== undefined) element += ` timeout ${formatNftTime(timeoutSeconds)}`;
    for (const statement of statements ?? []) element += ` ${this.statement(statement)}`;
    if (data !== undefined) element += ` : ${this.expression(data)}`;
    return `${operation} @${set} { ${element} }`;
  }
}

export function isVerdict(data: NftVerdict | NftOperand): data is NftVerdict {
  switch (data.kind) {
    case 'value':
    case 'range':
    case 'prefix':
    case 'tuple':
    case 'anything':
      return false;
    default:
      return true;
  }
}

function rejection(kind: NftRejection): string {
  if (kind === null) return '';
  return kind === 'tcp reset' ? ' with tcp reset' : ` with ${kind.protocol} ${kind.code}`;
}

function flags(names: readonly NftNatFlag[]): string {
  return names.length === 0 ? '' : ` ${names.join(',')}`;
}

function limit({ rate, unit, per, over, burst, burstUnit }: NftLimit): string {
  const amount = unit === 'packets' ? `${rate}/${per}` : `${rate} ${unit}/${per}`;
  const more = burst === null ? '' : ` burst ${burst} ${burstUnit}`;
  return `limit rate ${over ? 'over ' : ''}${amount}${more}`;
}

function log({ prefix, level, group, snaplen, queueThreshold, flags: names }: NftLogOptions): string {
  const parts = ['log'];
  if (prefix !== undefined) parts.push(`prefix "${prefix}"`);
  if (group !== undefined) parts.push(`group ${group}`);
  if (snaplen !== undefined) parts.push(`snaplen ${snaplen}`);
  if (queueThreshold !== undefined) parts.push(`queue-threshold ${queueThreshold}`);
  // `warn` is what nft logs with where nothing is said.
  if (level !== undefined && level !== 'warn') parts.push(`level ${level}`);
  for (const name of names ?? []) parts.push(`flags ${name}`);
  return parts.join(' ');
}
