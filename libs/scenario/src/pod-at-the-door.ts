/**
 * What of a pod's spec gets past the door: the fields that the model reads, and no others, since any of them may hold a
 * credential. Of what those hold, commands are cut to their sleeps and paths of probes lose their query.
 */
import { z } from 'zod';
import { preStopHookOf } from '#sim';
import { POD_SPEC_FIELDS } from './kubernetes/fields.js';
import type { Path } from './pointer.js';
import { zPodSpec } from './schema/objects.js';
import { unwrapped } from './schema/validate.js';

type Fields = Record<string, unknown>;
type Tell = (what: 'environment-dropped' | 'argument-dropped', at: Path) => void;

const CONTAINER_LISTS = ['containers', 'initContainers', 'ephemeralContainers'];
/** One of them is enough: lists of pods leave out what they list, and patches leave out most. */
const OF_PODS_ALONE = [...CONTAINER_LISTS, 'volumes', 'imagePullSecrets', 'hostAliases'];

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `around`: the map in which it stands. */
export function isPodSpec(value: unknown, at: Path, around: Fields): value is Fields {
  if (!isMap(value)) return false;
  const isThere = at.at(-1) === 'spec' && (around.kind === 'Pod' || at.at(-2) === 'template');
  return isThere || OF_PODS_ALONE.some((field) => Object.hasOwn(value, field));
}

/** The spec of a pod or of a template, or what a patch says of one. */
export function podSpecWithoutCredentials(spec: Fields, at: Path, tell: Tell): unknown {
  for (const [list, containers] of Object.entries(spec)) {
    if (CONTAINER_LISTS.includes(list) && Array.isArray(containers))
      for (const [n, one] of containers.entries()) tellOf(one, [...at, list, n], tell);
  }
  return readFields(zPodSpec, spec, [], (value, path) =>
    cut(value, path, () => tell('argument-dropped', [...at, ...path])),
  );
}

/** Values of the environment and words of command lines are missed by whoever reads the document again. */
function tellOf(container: unknown, at: Path, tell: Tell): void {
  if (!isMap(container)) return;
  if (Array.isArray(container.env))
    for (const [n, variable] of container.env.entries())
      if (isMap(variable) && Object.hasOwn(variable, 'value')) tell('environment-dropped', [...at, 'env', n]);
  for (const field of ['command', 'args'] as const) {
    const kept = Array.isArray(container[field]) ? readArguments(container[field]) : null;
    if (kept !== null && kept.length < (container[field] as unknown[]).length) tell('argument-dropped', [...at, field]);
  }
}

/** By the schema, however loose it is. A name that Kubernetes does not know stays, without its value, for the warning. */
function readFields(
  schema: z.ZodType,
  value: unknown,
  path: Path,
  cutAt: (value: unknown, path: Path) => unknown,
): unknown {
  const [inner] = unwrapped(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    const items = value.map((item, n) => readFields(inner.element as z.ZodType, item, [...path, n], cutAt));
    return cutAt(items, path);
  }
  if (!(inner instanceof z.ZodObject) || !isMap(value)) return cutAt(value, path);
  const shape = inner.shape as Record<string, z.ZodType>;
  const known = kubernetesFieldsAt(path);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
      if (Object.hasOwn(shape, key)) return [[key, readFields(shape[key]!, item, [...path, key], cutAt)]];
      if (CONTAINER_FIELD_OF_THE_API_SERVER.has(key) && path.at(-2) === 'containers' && Array.isArray(item)) {
        const kept = readArguments(item);
        return kept.length === 0 ? [] : [[key, kept]];
      }
      return known === undefined || known.has(key) || key === '__proto__' ? [] : [[key, null]];
    }),
  );
}

const KUBERNETES_FIELDS = new Map(POD_SPEC_FIELDS.map(({ path, names }) => [path.join('/'), names]));

const kubernetesFieldsAt = (path: Path): ReadonlySet<string> | undefined =>
  KUBERNETES_FIELDS.get(path.map((step) => (typeof step === 'number' ? '*' : step)).join('/'));

/** An import reads the range of cluster IPs there. */
const CONTAINER_FIELD_OF_THE_API_SERVER = new Set(['command', 'args']);
const SERVICE_RANGE = /^--service-cluster-ip-range=[\da-f.:/,]{1,100}$/i;

const readArguments = (list: unknown[]): unknown[] =>
  list.filter((item) => typeof item === 'string' && SERVICE_RANGE.test(item));

function cut(value: unknown, path: Path, tell: () => void): unknown {
  const kept = cutOf(value, path);
  if (kept !== value) tell();
  return kept;
}

function cutOf(value: unknown, path: Path): unknown {
  const [field, around] = [path.at(-1), path.at(-2)];
  if (field === 'path' && around === 'httpGet' && typeof value === 'string') return /^[^?#]*/.exec(value)![0];
  return field === 'command' && around === 'exec' && Array.isArray(value) ? sameOr(value, sleepsOf(value)) : value;
}

const sameOr = (list: unknown[], other: unknown[]): unknown[] =>
  list.length === other.length && list.every((item, n) => item === other[n]) ? list : other;

const SLEEP = '(?:(?:/usr)?/bin/)?sleep(?: [\\d.]{1,10}[smhd]?)+';
const ONLY_SLEEPS = new RegExp(`^(?:\\S+ -[a-z]{1,5} )?(?:exec )?${SLEEP}(?:\\s*(?:&&|;|\\n)\\s*${SLEEP})*$`);

/** Of a command the first word, and how long it sleeps as the model reads it. */
function sleepsOf(command: unknown[]): unknown[] {
  const words = command.filter((word) => typeof word === 'string');
  const [first] = words;
  if (first === undefined || ONLY_SLEEPS.test(words.join(' '))) return command;
  const hook = preStopHookOf({ containers: [{ lifecycle: { preStop: { exec: { command: words } } } }] });
  if (hook === null || hook.takesNs === null) return [first];
  const seconds = String(hook.takesNs / 1e9);
  return first.endsWith('sleep') ? [first, seconds] : [first, '-c', `sleep ${seconds}`];
}
