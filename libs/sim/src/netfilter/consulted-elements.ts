/** What walks looked up in nft's named sets and maps. */
import type { NftElement, NftSet, NftTable } from './nft-rules.js';
import { type Ruleset, titleOf } from './rules.js';

/** What a set had under each key that was asked, or the set itself where it was looked through. */
type Asked = Map<string, NftElement | undefined> | NftSet;

export class ConsultedElements {
  /** By title of the table and name of the set. */
  private readonly tables = new Map<string, Map<string, Asked>>();

  element(table: NftTable, set: string, key: string, element: NftElement | undefined): void {
    const sets = this.setsOf(table);
    let asked = sets.get(set);
    if (asked === undefined) {
      asked = new Map();
      sets.set(set, asked);
    }
    if (asked instanceof Map) asked.set(key, element);
  }

  wholeSet(table: NftTable, set: NftSet): void {
    this.setsOf(table).set(set.name, set);
  }

  holdIn(tables: Ruleset['tables']): boolean {
    for (const [title, sets] of this.tables) {
      const table = tables.get(title);
      if (table?.syntax !== 'nft') return false;
      for (const [name, asked] of sets) if (!isSame(table.sets.get(name), asked)) return false;
    }
    return true;
  }

  private setsOf(table: NftTable): Map<string, Asked> {
    const title = titleOf(table);
    let sets = this.tables.get(title);
    if (sets === undefined) {
      sets = new Map();
      this.tables.set(title, sets);
    }
    return sets;
  }
}

function isSame(set: NftSet | undefined, asked: Asked): boolean {
  if (!(asked instanceof Map)) return set === asked;
  for (const [key, element] of asked) if (set?.elements.get(key) !== element) return false;
  return set !== undefined;
}
