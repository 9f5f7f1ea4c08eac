/**
 * What a refusal means: which of the causes, and of which service, told by the rule that refuses.
 *
 * Models: kube-proxy's refusals in all modes, iptables' by the comments that it writes into its rules, nftables' by the
 *   maps and chains that it keeps for them, IPVS' by the virtual server; all others are rules like any other.
 * Source: pkg/proxy/iptables/proxier.go, pkg/proxy/nftables/proxier.go, pkg/proxy/ipvs/proxier.go of 1.21 to 1.37.
 * Who could tell: someone whose own rules carry kube-proxy's comments.
 */
import type { Cause } from '../results/result.js';
import { NFT_NAMES } from './nft-datatypes.js';
import type { NftElement, NftRule, NftSetRef } from './nft-rules.js';
import { BY_RULE, type Refusal } from './refusal.js';
import type { Match, Rule } from './rules.js';

/** `default/web:http has no endpoints` */
const COMMENTS: readonly { says: RegExp; cause: Cause }[] = [
  { says: /^(\S+) has no endpoints$/, cause: 'no-endpoint' },
  { says: /^(\S+) has no local endpoints$/, cause: 'no-local-endpoint' },
  { says: /^(\S+) traffic not accepted by KUBE-FW-/, cause: 'source-range' },
];
/** Of the chain that looks at source ranges, which marks what it has not let pass; up to 1.24. */
const FIREWALL_COMMENT = /^(\S+) loadbalancer IP$/;
/** Of mode ipvs: what is left at their ends comes from no range. */
const RANGE_CHAINS: readonly string[] = ['KUBE-FIREWALL', 'KUBE-SOURCE-RANGES-FIREWALL', 'KUBE-IPVS-OUT-FILTER'];
export const MARK_DROP = 'KUBE-MARK-DROP';

/** A rule of iptables, and the chain that it stands in. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly chain: string;
}

/** `marked`: the rule that sent the packet to KUBE-MARK-DROP first, where one did. */
export function refusalByRule(refusing: PlacedRule, marked: PlacedRule | null): Refusal {
  const byMark = marked !== null && refusing.rule.matches.some(({ kind }) => kind === 'mark');
  return meaning(byMark ? marked : refusing, byMark);
}

function meaning({ rule, chain }: PlacedRule, marks: boolean): Refusal {
  const text = commentOf(rule.matches);
  for (const { says, cause } of COMMENTS) {
    const name = says.exec(text)?.[1];
    if (name !== undefined) return { cause, service: serviceOf(name) };
  }
  const guarded = marks ? FIREWALL_COMMENT.exec(text)?.[1] : undefined;
  if (guarded !== undefined) return { cause: 'source-range', service: serviceOf(guarded) };
  if (RANGE_CHAINS.includes(chain) && (marks || chain !== 'KUBE-FIREWALL'))
    return { cause: 'source-range', service: null };
  return rule.matches.some(isOfInvalid) ? { cause: 'invalid-packet', service: null } : BY_RULE;
}

/** kube-proxy's maps of what has no endpoint: dropped where others have, sent to the chain that rejects where nobody has. */
const EMPTY_SERVICES: readonly string[] = ['no-endpoint-services', 'no-endpoint-nodeports'];
export const REJECT_CHAIN = 'reject-chain';
/** `firewall-allow-check`, or a chain for each service, `firewall-HASH-…`. */
const FIREWALL_CHAINS = 'firewall-';

/** `emptied`: whom the map named that led the packet to the chain that rejects. */
export function refusalByNft(
  rule: NftRule,
  { table, chain }: { table: string; chain: string },
  decided: ReadonlyMap<NftSetRef, NftElement>,
  emptied: string | null,
): Refusal {
  if (rule.statements.some(asksForInvalid)) return { cause: 'invalid-packet', service: null };
  if (table !== 'kube-proxy') return BY_RULE;
  for (const [set, { comment }] of decided)
    if (isOfEmptyServices(set)) return { cause: 'no-local-endpoint', service: serviceOf(comment ?? '') };
  if (chain === REJECT_CHAIN) return { cause: 'no-endpoint', service: serviceOf(emptied ?? '') };
  return chain.startsWith(FIREWALL_CHAINS) ? { cause: 'source-range', service: null } : BY_RULE;
}

export function isOfEmptyServices(set: NftSetRef): boolean {
  return set.kind === 'namedSet' && EMPTY_SERVICES.includes(set.name);
}

/** `ct state invalid` */
function asksForInvalid(statement: NftRule['statements'][number]): boolean {
  if (statement.kind !== 'match' || statement.left.kind !== 'ct' || statement.left.key !== 'state') return false;
  const { right } = statement;
  return (
    statement.operator !== 'none' &&
    right.kind === 'value' &&
    BigInt(right.value) === BigInt(NFT_NAMES.ct_state?.invalid ?? 0)
  );
}

/** `default/web:http` → `default/web`; null where it is no such name. */
export function serviceOf(name: string): string | null {
  const service = name.split(':')[0] as string;
  return service.includes('/') ? service : null;
}

function isOfInvalid(match: Match): boolean {
  return match.kind === 'conntrack' && match.negate !== true && match.states.includes('INVALID');
}

function commentOf(matches: readonly Match[]): string {
  for (const match of matches) if (match.kind === 'comment') return match.text;
  return '';
}
