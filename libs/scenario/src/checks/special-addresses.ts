/** Addresses that mean something else on every machine. Source: pkg/apis/core/validation (ValidateNonSpecialIP). */
import { type Cidr, contains, type Ip, parseCidr } from '#sim';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';

const SPECIAL: [range: Cidr, what: string][] = [
  ['0.0.0.0/32', 'the unspecified address'],
  ['::/128', 'the unspecified address'],
  ['127.0.0.0/8', 'a loopback address'],
  ['::1/128', 'a loopback address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['fe80::/10', 'a link-local address'],
  ['224.0.0.0/24', 'a link-local multicast address'],
  ['ff02::/16', 'a link-local multicast address'],
].map(([range, what]) => [parseCidr(range!)!, what!]);

export function checkSpecial(ip: Ip, at: Path, issues: IssueList): void {
  const found = SPECIAL.find(([range]) => contains(range, ip));
  if (found === undefined) return;
  issues.add('special-address', at, `${ip.text} is ${found[1]}; an API server refuses it here.`);
}
