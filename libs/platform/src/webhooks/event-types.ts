/** What webhooks are told of, and how a subscription says of which. */

const RESOURCES = ['simulation', 'experiment', 'comparison'] as const;
const ENDS = ['succeeded', 'failed', 'cancelled'] as const;

export type EventType = `${(typeof RESOURCES)[number]}.${(typeof ENDS)[number]}`;

/** A test-send's; no subscription names it. */
export const TEST_EVENT = 'webhook.test';

export const EVENT_TYPES: readonly EventType[] = RESOURCES.flatMap((resource) =>
  ENDS.map((end): EventType => `${resource}.${end}`),
);

/** A type, all of one resource, or all. */
export const EVENT_FILTERS: readonly string[] = [
  '*',
  ...RESOURCES.flatMap((resource) => [`${resource}.*`, ...ENDS.map((end) => `${resource}.${end}`)]),
];

export function wants(filters: readonly string[], type: string): boolean {
  return filters.some((filter) => filter === '*' || filter === type || filter === `${type.split('.', 1)[0]}.*`);
}
