/**
 * Whose doing it is that a service has fewer ready endpoints than before: asked when those that are left have too much to do.
 *
 * Models: what each entry of the timeline has added and taken away so far; a rollout that brings as many as it takes is behind nothing.
 * Simplified: endpoints count alike, whatever their node; what probes find is a consequence of too much to do, never behind it.
 * Who could tell: someone whose load balancer or policy sends everything to a few of them.
 */
import type { EndpointSliceObject } from '../objects.js';
import { NOBODY } from './blame.js';

interface Effect {
  because: number;
  /** Ready endpoints, against those at the start, before its first change; and what it has changed in all. */
  before: number;
  net: number;
}

interface Capacity {
  /** Ready endpoints, against those at the start. */
  ready: number;
  /** In the order of their last changes. */
  effects: Effect[];
}

/** Of one service; older ones matter to nobody any more. */
const MOST_EFFECTS = 16;

export class LostCapacity {
  private readonly services = new Map<string, Capacity>();

  changed(
    service: string,
    previous: EndpointSliceObject | null,
    now: EndpointSliceObject | null,
    because: number,
  ): void {
    const difference = readyIn(now) - readyIn(previous);
    if (difference === 0) return;
    const capacity = this.services.get(service) ?? { ready: 0, effects: [] };
    this.services.set(service, capacity);
    // A number below NOBODY is a probe's.
    if (because > NOBODY) note(capacity, because, difference);
    capacity.ready += difference;
  }

  /** The last entry that has taken away more than it has brought, as long as that has not been made good; NOBODY. */
  by(service: string): number {
    const { ready, effects } = this.services.get(service) ?? { ready: 0, effects: [] };
    return effects.findLast(({ before, net }) => net < 0 && ready < before)?.because ?? NOBODY;
  }
}

function note({ ready, effects }: Capacity, because: number, difference: number): void {
  const at = effects.findIndex((effect) => effect.because === because);
  const [effect] = at < 0 ? [{ because, before: ready, net: 0 }] : effects.splice(at, 1);
  effects.push({ ...(effect as Effect), net: (effect as Effect).net + difference });
  if (effects.length > MOST_EFFECTS) effects.shift();
}

function readyIn(slice: EndpointSliceObject | null): number {
  let ready = 0;
  for (const { conditions } of slice?.endpoints ?? []) if (conditions?.ready !== false) ready++;
  return ready;
}
