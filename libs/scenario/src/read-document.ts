/** A document's value → a draft: every part validated and normalised for itself. */

import type { z } from 'zod';
import { nearestName } from '#sim';
import type { Draft, Placed } from './draft.js';
import { type IssueList, shown } from './issues.js';
import { isKubernetes } from './kubernetes/manifest.js';
import { readApps } from './normalize/apps.js';
import { type ReadCluster, readCluster } from './normalize/cluster.js';
import { readExpectations } from './normalize/expectations.js';
import { familySaid, readLoadBalancers } from './normalize/load-balancers.js';
import { readObjects } from './normalize/objects.js';
import { readSteps, readTimeline } from './normalize/steps.js';
import { readClients, readTraffic } from './normalize/traffic.js';
import { TOP_SCALARS, zDocument } from './schema/document.js';
import { reportOthers, validate } from './schema/validate.js';

const SECOND_NS = 1e9;
const DEFAULT_SEED = 1;
/** How fast a person types: long enough for a rule sync, which comes within minSyncPeriod (1 s) and a little. */
const DEFAULT_STEP_PAUSE_NS = 2 * SECOND_NS;
/** How long traffic goes on, or things happen, when nothing says so. */
const DEFAULT_DURATION_NS = 60 * SECOND_NS;

type Fields = Record<string, unknown>;

export interface ReadDocument {
  draft: Draft;
  nodeDefaults: ReadCluster['nodeDefaults'];
}

/** Null where the document is no map, or no scenario at all. */
export function readDocument(document: unknown, issues: IssueList): ReadDocument | null {
  if (isKubernetes(document)) {
    issues.add('objects-no-scenario', [], 'This is what kubectl prints, not a scenario.');
    return null;
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    issues.add(
      'wrong-type',
      [],
      `A scenario document is a map, not ${Array.isArray(document) ? 'a list' : shown(document)}.`,
    );
    return null;
  }
  const fields = document as Fields;
  if (!isScenarioLike(fields, issues)) return null;
  reportOthers(fields, FIELDS, [], issues);
  const scalar = <T>(key: string, schema: z.ZodType<T>): T | null =>
    validate(schema, fields[key] ?? undefined, [key], issues);

  const { cluster, nodeDefaults } = readCluster(fields.cluster, issues);
  const mentioned = { clients: namesOf(fields.clients), objects: new Set<string>() };
  const durationNs = scalar('duration', TOP_SCALARS.duration) ?? null;
  const loadBalancers = readLoadBalancers(fields.loadBalancer, fields.loadBalancers, issues);
  const timeline = readTimeline(fields.timeline, loadBalancers.default, issues);
  const draft: Draft = {
    name: scalar('name', TOP_SCALARS.name) ?? '',
    notes: scalar('notes', TOP_SCALARS.notes) ?? '',
    seed: scalar('seed', TOP_SCALARS.seed) ?? DEFAULT_SEED,
    healthzText: scalar('healthzText', TOP_SCALARS.healthzText) ?? 'real',
    stepPauseNs: scalar('stepPause', TOP_SCALARS.stepPause) ?? DEFAULT_STEP_PAUSE_NS,
    durationNs,
    cluster,
    nodeDefaults,
    proxyModes: new Set([nodeDefaults, ...Object.values(cluster.nodes)].map(({ kubeProxy }) => kubeProxy.mode)),
    objects: readObjects(fields.objects ?? [], ['objects'], issues, mentioned.objects),
    clients: readClients(fields.clients, issues),
    loadBalancers,
    familySaid: familySaid(fields.loadBalancer, fields.loadBalancers),
    apps: readApps(fields.apps, cluster.timings, issues),
    steps: readSteps(fields.steps, issues),
    timeline,
    traffic: readTraffic(fields.traffic, durationNs ?? endOf(timeline), issues),
    expect: readExpectations(fields.expect, issues),
    mentioned,
  };
  return { draft, nodeDefaults };
}

const FIELDS = Object.keys(zDocument.shape);
/** What tells a scenario from other maps, of which many have a name. */
const PARTS = FIELDS.filter((key) => !Object.hasOwn(TOP_SCALARS, key));
/** Of a map that is something else. */
const STRANGERS_SHOWN = 5;

/** Reports a map of other things in one issue: each of its fields being unknown would help nobody. */
function isScenarioLike(fields: Fields, issues: IssueList): boolean {
  const strangers = Object.keys(fields).filter((key) => !FIELDS.includes(key));
  if (strangers.length === 0 || Object.keys(fields).some((key) => nearestName(key, PARTS) !== null)) return true;
  if (Object.hasOwn(fields, 'scenario')) {
    const hint = 'The document is the scenario itself: what is under "scenario" belongs at the top.';
    issues.add('unknown-field', ['scenario'], 'The field "scenario" is not known here.', hint);
    return false;
  }
  const few = strangers.slice(0, STRANGERS_SHOWN).map(shown).join(', ');
  const rest = strangers.length > STRANGERS_SHOWN ? ', …' : '';
  issues.add('no-scenario', [], `This is no scenario: it has ${few}${rest} and none of ${PARTS.join(', ')}.`);
  return false;
}

/** A while after the last thing that happens, and at least the default. */
function endOf(timeline: Placed<{ atNs: number; forNs?: number | null; afterNs?: number }>[]): number {
  const endNs = ({ atNs, forNs, afterNs }: (typeof timeline)[number]['value']) => atNs + (forNs ?? afterNs ?? 0);
  const last = timeline.reduce((latest, { value }) => Math.max(latest, endNs(value)), 0);
  return Math.max(DEFAULT_DURATION_NS, last + DEFAULT_DURATION_NS / 2);
}

/** The run's length where the document does not give it: nothing but steps take as long as they take. */
export function durationOf(draft: Draft): number {
  if (draft.durationNs !== null) return draft.durationNs;
  const stops = draft.traffic.map(({ value }) => value.stopNs);
  const ends = draft.timeline.length > 0 ? [endOf(draft.timeline)] : [];
  return Math.max(0, ...stops, ...ends);
}

/** Names as far as they can be told, of sound and of refused entries. */
function namesOf(list: unknown): Set<string> {
  const names = Array.isArray(list) ? list.map((item: unknown) => (item as { name?: unknown } | null)?.name) : [];
  return new Set(names.filter((name): name is string => typeof name === 'string'));
}
