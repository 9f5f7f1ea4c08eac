import type { TraceStep } from '../trace-result.js';
import { formatHostPort } from './address.js';
import { formatMark, formatRule, type MarkFormat } from './iptables-save.js';
import { formatRealServer, formatVirtualServer } from './ipvsadm-save.js';
import { type Rule, type Target, titleOf } from './rules.js';
import type { Walk } from './walk.js';

/** The step of a rule that matched, told before its target is carried out. */
export function stepOf(rule: Rule, walk: Walk, markFormat: MarkFormat): TraceStep {
  return {
    node: walk.node.name,
    hook: walk.hook,
    table: walk.base === null ? '' : titleOf(walk.base.table),
    chain: walk.chain?.name ?? '',
    rule: formatRule(rule, { markFormat }),
    action: actionOf(rule.target, walk),
  };
}

/** The step of IPVS, told when it has translated the packet. */
export function ipvsStepOf(walk: Walk): TraceStep {
  const server = walk.balanced;
  const real = { ip: walk.destinationIp, port: walk.destinationPort };
  return {
    node: walk.node.name,
    hook: walk.hook,
    table: 'ipvs',
    chain: server === null ? '' : formatVirtualServer(server),
    rule: server === null ? '' : formatRealServer(server, real),
    action: `DNAT to ${formatHostPort(real.ip.text, real.port)}`,
  };
}

function actionOf(target: Target | null, walk: Walk): string {
  if (target === null) return 'no target';
  switch (target.kind) {
    case 'jump':
      return `${target.goto === true ? 'goto' : 'jump'} ${target.chain}`;
    case 'MARK':
      return `${markVerb(target)} ${formatMark(target.value, 'plain')}`;
    case 'DNAT':
      return `DNAT to ${formatHostPort(target.ip, target.port)}`;
    case 'MASQUERADE':
      return `MASQUERADE as ${walk.egress?.address?.text ?? 'unknown'}`;
    case 'REJECT':
      return target.with === undefined ? 'REJECT' : `REJECT with ${target.with}`;
    case 'CONNMARK':
      return target.operation === 'set'
        ? `mark the connection ${formatMark(target.value, 'plain')}`
        : `${target.operation} the connection's mark`;
    case 'translate':
    case 'NETMAP':
    case 'NOTRACK':
      return formatRule({ matches: [], target }, { markFormat: 'plain' }).slice('-j '.length);
    case 'noEffect':
      return target.name;
    default:
      return target.kind;
  }
}

function markVerb(target: Extract<Target, { kind: 'MARK' }>): string {
  if (target.operation !== 'set') return target.operation === 'or' ? 'mark' : 'flip mark';
  return target.mask === target.value ? 'mark' : target.mask === 0 ? 'flip mark' : 'set mark';
}
