/**
 * Sources by number: those of one number some rules cannot tell apart, see `source-classes.ts`.
 *
 * Numbers outlive the rules: what other rules compare a source with beside that makes classes finer than need be, never wrong, and so
 * a source that was met under the rules before is not looked at again.
 */
import { ADDRESS_BITS, type Cidr } from './address.js';
import type { AddressBook, AddressId } from './address-book.js';
import type { NodeContext } from './packet.js';
import { SourceClasses } from './source-classes.js';

/** Sources remembered by address; beyond that the memory starts anew and classes are looked up again. */
const SOURCES_REMEMBERED = 8192;

export class NumberedSources {
  private readonly bySource = new Map<AddressId, number>();
  private readonly byClass = new Map<string, number>();
  private readonly classes = new SourceClasses();

  constructor(
    private readonly addresses: AddressBook,
    /** With the addresses that rules bring along. */
    private readonly context: NodeContext,
  ) {}

  /** How many numbers there are. */
  get count(): number {
    return this.byClass.size;
  }

  numberOf(source: AddressId): number {
    return this.bySource.get(source) ?? this.remember(source);
  }

  /** A walk compared a source with it: classes may be finer from now on, and those of old stay right for what was said of them. */
  learn(cidr: Cidr): void {
    if (!this.classes.learn(cidr)) return;
    if (cidr.prefixLength < ADDRESS_BITS[cidr.family]) return this.bySource.clear();
    // A single address, as of an endpoint that is new, changes nobody's class but its own.
    const source = this.addresses.known(cidr.address);
    if (source !== undefined) this.bySource.delete(source);
  }

  private remember(source: AddressId): number {
    const ip = this.addresses.at(source);
    const name = `${this.context.isLocalAddress(ip) ? 'local' : 'remote'} ${this.classes.classOf(ip)}`;
    let number = this.byClass.get(name);
    if (number === undefined) {
      number = this.byClass.size;
      this.byClass.set(name, number);
    }
    if (this.bySource.size >= SOURCES_REMEMBERED) this.bySource.clear();
    this.bySource.set(source, number);
    return number;
  }
}
