/**
 * What never gets past the door: Secrets, values of environment variables, annotations that may hold credentials. The
 * copy has the same shape and the same indices, so places in it are places in what was sent.
 */
import type { IssueList } from './issues.js';
import type { Path } from './pointer.js';

const CONTAINER_LISTS = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/** A copy of the whole object with all its values. It says nothing that the object does not, so it goes without a word. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const TELLING_KEY = /token|secret|passw|credential|api[-_.]?key|private[-_.]?key|bearer|(^|[-_./])auth([-_./]|$)/i;
const TELLING_VALUE = /-----BEGIN |^\s*(Bearer|Basic) \S{8}|\beyJ[A-Za-z0-9_-]{10,}\.|:\/\/[^/\s:@]+:[^/\s@]+@/;

type Fields = Record<string, unknown>;
type Dropped = 'secret-dropped' | 'environment-dropped' | 'annotation-dropped';

const WORDS: Record<Dropped, [one: string, many: string]> = {
  'secret-dropped': ['Secret was', 'Secrets were'],
  'environment-dropped': ['value of an environment variable was', 'values of environment variables were'],
  'annotation-dropped': ['annotation was', 'annotations were'],
};

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

export const isSecret = (value: unknown): boolean =>
  isMap(value) && (value.kind === 'Secret' || value.kind === 'SecretList');

/** The value without credentials; one warning for each kind of thing that was dropped. Secrets keep kind and name. */
export function withoutCredentials(root: unknown, issues: IssueList): unknown {
  const tally = new Map<Dropped, { at: Path; count: number }>();
  const drop = (what: Dropped, at: Path) => {
    const seen = tally.get(what);
    if (seen === undefined) tally.set(what, { at, count: 1 });
    else seen.count++;
  };
  const copy = sanitized(root, [], drop);
  for (const [code, { at, count }] of tally) {
    issues.add(code, at, `${count} ${WORDS[code][count === 1 ? 0 : 1]} dropped; this is the first place.`);
  }
  return copy;
}

type Drop = (what: Dropped, at: Path) => void;

function sanitized(value: unknown, at: Path, drop: Drop): unknown {
  if (Array.isArray(value)) return value.map((item, index) => sanitized(item, [...at, index], drop));
  if (!isMap(value)) return value;
  if (isSecret(value)) {
    drop('secret-dropped', at);
    const name = isMap(value.metadata) ? value.metadata.name : undefined;
    return { apiVersion: 'v1', kind: 'Secret', metadata: { name: typeof name === 'string' ? name : '' } };
  }
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    // An own property of that name would become the prototype of a copy made by assignment.
    if (key === '__proto__') continue;
    const here = [...at, key];
    if (key === 'annotations' && isMap(item)) entries.push([key, withoutTellingAnnotations(item, here, drop)]);
    else if (CONTAINER_LISTS.has(key) && Array.isArray(item)) {
      const containers = item.map((container, index) => withoutEnvironment(container, [...here, index], drop));
      entries.push([key, sanitized(containers, here, drop)]);
    } else entries.push([key, sanitized(item, here, drop)]);
  }
  return Object.fromEntries(entries);
}

function withoutTellingAnnotations(annotations: Fields, at: Path, drop: Drop): Fields {
  const kept = Object.entries(annotations).filter(([key, value]) => {
    if (key === LAST_APPLIED || key === '__proto__') return false;
    if (!TELLING_KEY.test(key) && !(typeof value === 'string' && TELLING_VALUE.test(value))) return true;
    drop('annotation-dropped', [...at, key]);
    return false;
  });
  return Object.fromEntries(kept);
}

function withoutEnvironment(container: unknown, at: Path, drop: Drop): unknown {
  if (!isMap(container) || !Array.isArray(container.env)) return container;
  const env = container.env.map((variable: unknown, index) => {
    if (!isMap(variable) || !Object.hasOwn(variable, 'value')) return variable;
    drop('environment-dropped', [...at, 'env', index]);
    const { value: _dropped, ...rest } = variable;
    return rest;
  });
  return { ...container, env };
}

/** What is stored: Secrets taken out of lists, and out of `objects` where one stands alone. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isSecret(item)).map(withoutSecrets);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'objects' && isSecret(item) ? [] : withoutSecrets(item)]),
  );
}
