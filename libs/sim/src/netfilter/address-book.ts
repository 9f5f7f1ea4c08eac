import { invariant } from '../kernel/invariant.js';
import { type Ip, parseIp } from './address.js';

/** An address as a small whole number, so that caches need no text and no bigint in the hot path. */
export type AddressId = number;

/** Numbers addresses in the order in which they are first met. One book serves a whole run. */
export class AddressBook {
  private readonly ids = new Map<string, AddressId>();
  private readonly addresses: Ip[] = [];

  /** Takes any text of the address; throws InvariantError for what is none. */
  idOf(text: string): AddressId {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const ip = parseIp(text);
    if (ip === null) invariant(false, `"${text}" is no address`);
    return this.idOfIp(ip);
  }

  idOfIp(ip: Ip): AddressId {
    const known = this.ids.get(ip.text);
    if (known !== undefined) return known;
    const id = this.addresses.length;
    this.addresses.push(ip);
    this.ids.set(ip.text, id);
    return id;
  }

  /** Undefined: nobody has asked for its number. */
  known({ text }: Ip): AddressId | undefined {
    return this.ids.get(text);
  }

  at(id: AddressId): Ip {
    const ip = this.addresses[id];
    if (ip === undefined) invariant(false, `no address has number ${id}`);
    return ip;
  }

  get size(): number {
    return this.addresses.length;
  }
}
