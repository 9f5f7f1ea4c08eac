/** The text of a node's nftables rules → tables that can be walked, or what is wrong with it, line by line. */
import type { RulesProblem } from '../iptables-text/problems.js';
import type { NftTable } from '../nft-rules.js';
import { soundness } from './soundness.js';
import { readTables } from './tables.js';

export interface NftText {
  /** By family and name: `ip kube-proxy`. Empty where there are problems. */
  readonly tables: ReadonlyMap<string, NftTable>;
  readonly problems: readonly RulesProblem[];
}

export interface NftTextOptions {
  /** Characters; longer texts are refused unread. */
  readonly mostChars: number;
  /** The rules of iptables-nft are given as text of `iptables-save`: its tables here would be the same rules once more. */
  readonly withoutIptablesTables: boolean;
}

/** Reads what `nft list ruleset` prints, or the `add …` lines that `nft -f` loads. Time and memory grow with the text. */
export function readNftRuleset(text: string, { mostChars, withoutIptablesTables }: NftTextOptions): NftText {
  if (text.length > mostChars) {
    const message = `The text has ${text.length} characters; ${mostChars} are allowed.`;
    return { tables: new Map(), problems: [{ code: 'rules-too-large', line: 0, message }] };
  }
  const { tables: drafts, problems: unread } = readTables(text, withoutIptablesTables ? 'passOver' : 'read');
  const problems = unread.length > 0 ? unread : drafts.flatMap(soundness);
  if (problems.length > 0) return { tables: new Map(), problems };
  const tables = drafts.map(({ lineOf: _, ...table }): [string, NftTable] => [
    `${table.family} ${table.name}`,
    { syntax: 'nft', ...table },
  ]);
  return { tables: new Map(tables), problems: [] };
}
