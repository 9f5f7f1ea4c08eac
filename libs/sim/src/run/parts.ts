import type { BlameLedger } from '../cluster/blame-ledger.js';
import type { AddressBook } from '../netfilter/address-book.js';
import type { DictionaryBuilder } from '../results/dictionaries.js';
import type { Scenario } from '../scenario.js';
import type { ClusterState } from '../world.js';
import type { Clock } from './clock.js';

/** What all parts of a run know. */
export interface RunParts {
  readonly scenario: Scenario;
  readonly clock: Clock;
  readonly ledger: BlameLedger;
  readonly addresses: AddressBook;
  readonly dictionaries: DictionaryBuilder;
  readonly cluster: ClusterState;
}
