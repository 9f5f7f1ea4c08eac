/**
 * Mode userspace: which endpoint kube-proxy connects to next.
 *
 * Models: ready endpoints in turn, in an order that is shuffled anew whenever their set changes; ClientIP affinity with its
 *   timeout, which ends with the endpoint and with a connection that does not come about.
 * Source: pkg/proxy/userspace/roundrobin.go (LoadBalancerRR) of the 1.21 to 1.25 eras; pkg/proxy/util/endpoints.go.
 * Simplified: EndpointSlices stand for Endpoints, which kube-proxy watches in this mode: they are heard of at the same time,
 *   hold more than 1000 addresses, and are there for slices that somebody has written without Endpoints.
 * Who could tell: someone with more than 1000 pods behind a Service, or with EndpointSlices of his own.
 *
 * The affinity timeout is taken when a service port is first heard of: its own where that is by the Service, and three hours
 * where it is by its endpoints, as for all that are there when kube-proxy starts. Later changes of it have no effect.
 */
import { drawInt, hashName, Stream } from '../kernel/index.js';
import type { Nanos } from '../scenario.js';
import type { EndpointInfo } from './endpoint-map.js';

const DEFAULT_AFFINITY_SECONDS = 10_800;
const NONE: readonly EndpointInfo[] = [];

interface Affinity {
  endpoint: EndpointInfo;
  lastUsedNs: Nanos;
}

interface State {
  endpoints: readonly EndpointInfo[];
  /** Of the endpoint that is next. */
  index: number;
  /** How often the order was shuffled. */
  shuffles: number;
  sticky: boolean;
  readonly affinitySeconds: number;
  /** By the client's address. */
  readonly affinity: Map<number, Affinity>;
}

export class RoundRobin {
  private readonly states = new Map<string, State>();
  private readonly place: number;

  constructor(
    private readonly seed: number,
    node: string,
  ) {
    this.place = hashName(node);
  }

  /** A socket was opened. `affinitySeconds` null: no session affinity. */
  serviceOpened(key: string, affinitySeconds: number | null): void {
    const state = this.stateOf(key, affinitySeconds ?? DEFAULT_AFFINITY_SECONDS);
    state.sticky = affinitySeconds !== null;
  }

  serviceClosed(key: string): void {
    this.states.delete(key);
  }

  endpointsChanged(key: string, all: readonly EndpointInfo[]): void {
    const ready = all.filter((endpoint) => endpoint.ready);
    const known = this.states.get(key);
    if (ready.length === 0) {
      if (known !== undefined) forgetAll(known);
      return;
    }
    if (known !== undefined && isSameSet(known.endpoints, ready)) return;
    const state = this.stateOf(key, DEFAULT_AFFINITY_SECONDS);
    const stay = new Set(ready.map(({ endpoint }) => endpoint));
    for (const [client, { endpoint }] of state.affinity)
      if (!stay.has(endpoint.endpoint)) state.affinity.delete(client);
    state.endpoints = this.shuffled(ready, key, ++state.shuffles);
    state.index = 0;
  }

  endpointsOf(key: string): readonly EndpointInfo[] {
    return this.states.get(key)?.endpoints ?? NONE;
  }

  /** `again`: the endpoint before did not take the client's connection. Null: there are none. */
  next(key: string, client: number, nowNs: Nanos, again: boolean): EndpointInfo | null {
    const state = this.states.get(key);
    const next = state?.endpoints[state.index];
    if (state === undefined || next === undefined) return null;
    const known = state.sticky ? state.affinity.get(client) : undefined;
    if (known !== undefined && !again && isFresh(known, state, nowNs)) {
      known.lastUsedNs = nowNs;
      return known.endpoint;
    }
    state.index = (state.index + 1) % state.endpoints.length;
    if (known !== undefined) {
      known.endpoint = next;
      known.lastUsedNs = nowNs;
    } else if (state.sticky) state.affinity.set(client, { endpoint: next, lastUsedNs: nowNs });
    return next;
  }

  private stateOf(key: string, affinitySeconds: number): State {
    let state = this.states.get(key);
    if (state === undefined) {
      state = { endpoints: NONE, index: 0, shuffles: 0, sticky: false, affinitySeconds, affinity: new Map() };
      this.states.set(key, state);
    }
    return state;
  }

  private shuffled(list: readonly EndpointInfo[], key: string, time: number): EndpointInfo[] {
    const order = [...list];
    const place = this.place ^ hashName(key);
    for (let last = order.length - 1; last > 0; last--) {
      const other = drawInt(this.seed, Stream.shuffle, place, Math.imul(time, 0x9e3779b1) + last, last + 1);
      [order[last], order[other]] = [order[other]!, order[last]!];
    }
    return order;
  }
}

/** Whole seconds count. */
function isFresh({ lastUsedNs }: Affinity, { affinitySeconds }: State, nowNs: Nanos): boolean {
  return Math.floor((nowNs - lastUsedNs) / 1e9) < affinitySeconds;
}

function forgetAll(state: State): void {
  state.endpoints = NONE;
  state.index = 0;
  state.affinity.clear();
}

function isSameSet(a: readonly EndpointInfo[], b: readonly EndpointInfo[]): boolean {
  if (a.length !== b.length) return false;
  const texts = new Set(a.map(({ endpoint }) => endpoint));
  return b.every(({ endpoint }) => texts.has(endpoint));
}
