/**
 * Names and addresses as small whole numbers, so that a request's row is numbers alone. Entry 0 of each is "none".
 *
 * Ids are given in the order of first use and never change. Asking again for the same thing costs one look-up; whoever
 * asks on every request keeps the id instead.
 */
import type { Protocol } from '../objects.js';
import {
  type Cause,
  type Dictionaries,
  type LossPlace,
  type RunEvent,
  SOURCE_KINDS,
  type SourceKind,
} from './result.js';

export class DictionaryBuilder {
  /** Grows while the run goes on; entry 0 is shown as null, its fields say nothing. */
  readonly dictionaries: Dictionaries = {
    clients: [{ name: '', ip: '' }],
    targets: [{ target: '', service: null, method: '' }],
    loadBalancers: [{ name: '', forwards: 'nothing' }],
    nodes: [''],
    pods: [{ name: '', node: '', ip: '' }],
    sources: [{ ip: '', kind: 'client' }],
    reasons: [''],
    causes: [null],
    places: [null],
    reasonEvents: [0],
    events: [{ path: '', text: '' }],
  };
  private readonly clients = new Map<string, number>();
  private readonly targets = new Map<string, number>();
  private readonly loadBalancers = new Map<string, number>();
  private readonly nodes = new Map<string, number>();
  private readonly pods = new Map<string, number>();
  private readonly reasons = new Map<string, number>();
  private readonly events = new Map<string, number>();
  /** One map a kind, so that the look-up builds no key. */
  private readonly sources = SOURCE_KINDS.map(() => new Map<string | number, number>());

  /** `name` and `ip`: a client with several addresses has one entry for each. */
  client(name: string, ip: string): number {
    return intern(this.clients, keyOf(name, ip), this.dictionaries.clients, () => ({ name, ip }));
  }

  /** `service`: `namespace/name` or null for a bare address. `method`: empty where no HTTP is spoken. */
  target(target: string, service: string | null, method: string, protocol: Protocol = 'TCP'): number {
    const key = keyOf(target, service ?? '', method, protocol);
    const named = { target, service, method };
    return intern(this.targets, key, this.dictionaries.targets, () =>
      protocol === 'TCP' ? named : { ...named, protocol },
    );
  }

  /** `forwards`: how it tells the client's address, see LoadBalancerProfile. */
  /** `clientAddress`: what it took for the client's address, where that is not the client's own; empty: it is. */
  loadBalancer(name: string, forwards: string, clientAddress = ''): number {
    const key = keyOf(name, forwards, clientAddress);
    return intern(this.loadBalancers, key, this.dictionaries.loadBalancers, () =>
      clientAddress === '' ? { name, forwards } : { name, forwards, clientAddress },
    );
  }

  node(name: string): number {
    return intern(this.nodes, name, this.dictionaries.nodes, () => name);
  }

  /** `name`: `namespace/name`. A pod that comes back under its name elsewhere is another entry. */
  pod(name: string, node: string, ip: string): number {
    return intern(this.pods, keyOf(name, node, ip), this.dictionaries.pods, () => ({ name, node, ip }));
  }

  source(ip: string, kind: SourceKind): number {
    const kindCode = SOURCE_KINDS.indexOf(kind);
    return intern(this.sources[kindCode]!, ip, this.dictionaries.sources, () => ({ ip, kind }));
  }

  /** The same for an IPv4 address as a number and a kind as an index into SOURCE_KINDS: builds no text on repeats. */
  sourceV4(address: number, kindCode: number): number {
    const byAddress = this.sources[kindCode]!;
    const known = byAddress.get(address | 0);
    if (known !== undefined) return known;
    const id = this.source(dotted(address), SOURCE_KINDS[kindCode]!);
    byAddress.set(address | 0, id);
    return id;
  }

  event({ path, text }: RunEvent): number {
    return intern(this.events, keyOf(path, text), this.dictionaries.events, () => ({ path, text }));
  }

  /** The same words for another cause, of another place or by another event are another reason. `event`: 0 for none. */
  reason(text: string, cause: Cause, place: LossPlace | null = null, event = 0): number {
    const key = keyOf(text, cause, place?.kind ?? '', place?.name ?? '', String(event));
    return intern(this.reasons, key, this.dictionaries.reasons, () => {
      this.dictionaries.causes.push(cause);
      this.dictionaries.places.push(place);
      this.dictionaries.reasonEvents.push(event);
      return text;
    });
  }
}

/** NUL cannot stand in a name, so two lists of parts never share a key. */
function keyOf(...parts: string[]): string {
  return parts.join('\0');
}

function intern<Key, Entry>(ids: Map<Key, number>, key: Key, entries: Entry[], entry: () => Entry): number {
  const known = ids.get(key);
  if (known !== undefined) return known;
  const id = entries.length;
  entries.push(entry());
  ids.set(key, id);
  return id;
}

function dotted(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
