/** What a timeline does to load balancers: other settings for the provider's controller, and zones that are lost. */
import type { LoadBalancerProfile, TimelineAction, TimelineEntry } from '#sim';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';
import { zCloudProviderUpgrade, zZoneLoss } from '../schema/balancer-events.js';
import { zDuration } from '../schema/scalars.js';
import { reportOthers, validate } from '../schema/validate.js';
import { upgradedProfile } from './load-balancers.js';

type Entry = Record<string, unknown>;

/** Undefined: the entry is about something else. `current`: what the document's `loadBalancer` says. */
export function readBalancerEvent(
  entry: Entry,
  current: LoadBalancerProfile,
  at: Path,
  issues: IssueList,
): TimelineEntry | null | undefined {
  const verb = has(entry.upgrade, 'cloudProvider') ? 'upgrade' : has(entry.lose, 'zone') ? 'lose' : null;
  if (verb === null) return undefined;
  const action =
    verb === 'upgrade'
      ? upgrade(entry.upgrade, current, [...at, verb], issues)
      : zoneLoss(entry.lose, [...at, verb], issues);
  const atNs = validate(zDuration, entry.at, [...at, 'at'], issues);
  reportOthers(entry, ['at', verb], at, issues);
  return action === null || atNs === null ? null : { atNs, ...action };
}

function upgrade(value: unknown, current: LoadBalancerProfile, at: Path, issues: IssueList): TimelineAction | null {
  const input = validate(zCloudProviderUpgrade, value, at, issues);
  if (input === null) return null;
  const { cloudProvider } = input;
  const isFamily = typeof cloudProvider === 'string';
  const place: Path = [...at, 'cloudProvider'];
  const profile = upgradedProfile(isFamily ? { family: cloudProvider } : cloudProvider, current, place, issues);
  const name = isFamily ? cloudProvider : (cloudProvider.family ?? Object.keys(cloudProvider).join(', '));
  return { do: 'upgradeCloudProvider', cloudProvider: name, profile };
}

function zoneLoss(value: unknown, at: Path, issues: IssueList): TimelineAction | null {
  const input = validate(zZoneLoss, value, at, issues);
  return input && { do: 'loseZone', zone: input.zone, forNs: input.for ?? null };
}

function has(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}
