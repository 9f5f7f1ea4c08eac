/** Manifests → objects that the model reads, each with its place. Lists are opened; what does not matter is counted. */
import type { EndpointSliceObject, KubeObject } from '#sim';
import { nearestName } from '#sim';
import { isSecret } from '../credentials.js';
import type { Placed } from '../draft.js';
import { type IssueList, shown } from '../issues.js';
import { warnUnknownFields } from '../kubernetes/unknown-fields.js';
import type { Path } from '../pointer.js';
import {
  API_VERSIONS,
  type EndpointSliceInput,
  type EndpointsInput,
  isObjectKind,
  OBJECT_SCHEMAS,
  type ObjectKind,
} from '../schema/objects.js';
import { validate } from '../schema/validate.js';
import { slicesOfEndpoints } from './endpoints.js';
import { withoutNulls } from './without-nulls.js';

type Manifest = Record<string, unknown>;

const CLUSTER_SCOPED = new Set<string>(['Node', 'Namespace']);

/** Every object of `value` (a list, a `List`, or one object), in order. `mentioned` gets a key for refused ones too. */
export function readObjects(
  value: unknown,
  at: Path,
  issues: IssueList,
  mentioned: Set<string> = new Set(),
): Placed<KubeObject>[] {
  const ignored = new Map<string, { at: Path; count: number }>();
  const read: Placed<KubeObject>[] = [];
  const endpoints: Placed<EndpointsInput>[] = [];
  for (const manifest of opened(value, at, issues)) {
    const kind = matteringKind(manifest, ignored, issues);
    if (kind === null) continue;
    const mention = mentionOf(kind, manifest.value);
    if (mention !== null) mentioned.add(mention);
    const object = readManifest(kind, manifest, issues);
    if (object === null) continue;
    if (kind === 'Endpoints') endpoints.push({ value: object as unknown as EndpointsInput, at: manifest.at });
    else read.push({ value: object, at: manifest.at });
  }
  for (const [kind, { at: first, count }] of ignored) {
    issues.add('ignored-kind', first, `${count} object${count === 1 ? '' : 's'} of kind ${kind} left out.`);
  }
  return [...read, ...slicesOfEndpoints(endpoints, read)];
}

/** `Kind namespace/name`, `Kind name` for what has no namespace. */
export const mentionKey = (kind: string, key: string): string => `${kind} ${key}`;

/** Null for an object that does not say its name. */
function mentionOf(kind: ObjectKind, { metadata }: Manifest): string | null {
  const { name, namespace } = (metadata ?? {}) as { name?: unknown; namespace?: unknown };
  if (typeof name !== 'string') return null;
  const key = CLUSTER_SCOPED.has(kind) ? name : `${typeof namespace === 'string' ? namespace : 'default'}/${name}`;
  return mentionKey(kind, key);
}

/** One object, as `apply` gives it; null with issues where it is not one that the model has. */
export function readObject(value: unknown, at: Path, issues: IssueList): KubeObject | null {
  const manifest = { value: value as Manifest, at };
  const { kind } = manifest.value;
  if (typeof kind !== 'string' || !isObjectKind(kind) || kind === 'Endpoints') {
    const message = `${shown(kind)} cannot be applied.`;
    issues.add(
      'unknown-kind',
      [...at, 'kind'],
      message,
      `Use one of ${Object.keys(OBJECT_SCHEMAS)
        .filter((known) => known !== 'Endpoints')
        .join(', ')}.`,
    );
    return null;
  }
  return readManifest(kind, manifest, issues);
}

/** Lists inside lists are opened without recursion; each item keeps its place. */
function opened(value: unknown, at: Path, issues: IssueList): Placed<Manifest>[] {
  const found: Placed<Manifest>[] = [];
  const waiting: { value: unknown; at: Path }[] = [{ value, at }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value: item, at: place } = next;
    const isPart = typeof item === 'object' && item !== null;
    if (Array.isArray(item)) {
      for (let i = item.length - 1; i >= 0; i--) waiting.push({ value: item[i], at: [...place, i] });
    } else if (!isPart) {
      issues.add('wrong-type', place, `An object is a map, not ${shown(item)}.`);
    } else if (isList(item as Manifest)) {
      waiting.push({ value: (item as Manifest).items ?? [], at: [...place, 'items'] });
    } else found.push({ value: item as Manifest, at: place });
  }
  return found;
}

const isList = ({ kind, items }: Manifest): boolean =>
  typeof kind === 'string' && kind.endsWith('List') && (items === null || Array.isArray(items));

/** Null for what is left out; kinds that look misspelt are errors. */
function matteringKind(
  { value, at }: Placed<Manifest>,
  ignored: Map<string, { at: Path; count: number }>,
  issues: IssueList,
): ObjectKind | null {
  const { kind } = value;
  if (typeof kind !== 'string') {
    issues.add(
      kind === undefined ? 'missing-field' : 'wrong-type',
      [...at, 'kind'],
      'An object has a kind: Node, Pod, Service, ….',
    );
    return null;
  }
  if (isSecret(value)) return null;
  if (isObjectKind(kind)) return kind;
  const nearest = nearestName(kind, Object.keys(OBJECT_SCHEMAS));
  if (nearest !== null) {
    issues.add(
      'unknown-kind',
      [...at, 'kind'],
      `There is no kind ${shown(kind)}; did you mean "${nearest}"?`,
      `Write "${nearest}".`,
    );
    return null;
  }
  const seen = ignored.get(kind);
  if (seen === undefined) ignored.set(kind, { at, count: 1 });
  else seen.count++;
  return null;
}

function readManifest(kind: ObjectKind, { value, at }: Placed<Manifest>, issues: IssueList): KubeObject | null {
  warnUnknownFields(kind, value, at, issues);
  const versions = API_VERSIONS[kind];
  if (typeof value.apiVersion === 'string' && !versions.includes(value.apiVersion)) {
    const message = `${kind} has the apiVersion ${versions[0]}, not ${shown(value.apiVersion)}.`;
    issues.add('wrong-api-version', [...at, 'apiVersion'], message, `Write "${versions[0]}".`);
    return null;
  }
  const object = validate(OBJECT_SCHEMAS[kind], withoutNulls(value), at, issues);
  return object === null ? null : normalised(object as unknown as KubeObject);
}

/** Namespaces filled in, dates of another world's clock taken out. */
function normalised(object: KubeObject): KubeObject {
  const { deletionTimestamp, ...metadata } = object.metadata as KubeObject['metadata'] & { deletionTimestamp?: string };
  if (CLUSTER_SCOPED.has(object.kind)) delete metadata.namespace;
  else metadata.namespace ??= 'default';
  // Terminating since before the start: how long it has left is not known from a date.
  if (deletionTimestamp !== undefined) metadata.deletionTimestampNs = 0;
  const whole = { ...object, metadata };
  return whole.kind === 'EndpointSlice' ? currentSlice(whole as unknown as EndpointSliceInput) : whole;
}

/** discovery.k8s.io/v1beta1 keeps node and zone in `topology`, with what else topologyKeys may name. */
function currentSlice(slice: EndpointSliceInput): EndpointSliceObject {
  const endpoints = (slice.endpoints ?? []).map(({ topology, ...endpoint }) => {
    const { 'kubernetes.io/hostname': hostname, 'topology.kubernetes.io/zone': topologyZone, ...rest } = topology ?? {};
    const nodeName = endpoint.nodeName ?? hostname;
    const zone = endpoint.zone ?? topologyZone;
    const deprecatedTopology = endpoint.deprecatedTopology ?? (Object.keys(rest).length === 0 ? undefined : rest);
    return {
      ...endpoint,
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(zone === undefined ? {} : { zone }),
      ...(deprecatedTopology === undefined ? {} : { deprecatedTopology }),
    };
  });
  return { ...slice, apiVersion: 'discovery.k8s.io/v1', endpoints } as unknown as EndpointSliceObject;
}
