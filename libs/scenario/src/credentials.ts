/**
 * What never gets past the door: Secrets, annotations that may hold credentials, and whatever the model does not read of
 * pods (`pod-at-the-door.ts`); and managedFields, which say nothing and are half of what kubectl prints. What is kept
 * stands where it stood, so places in the copy are places in what was sent.
 */
import type { IssueList } from './issues.js';
import type { ParsedText } from './parse.js';
import { isPodSpec, podSpecWithoutCredentials } from './pod-at-the-door.js';
import type { Path } from './pointer.js';

/** A copy of the whole object with all its values. It says nothing that the object does not, so it goes without a word. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const TELLING_KEY = /token|secret|passw|credential|api[-_.]?key|private[-_.]?key|bearer|(^|[-_./])auth([-_./]|$)/i;
const TELLING_VALUE = /-----BEGIN |^\s*(Bearer|Basic) \S{8}|\beyJ[A-Za-z0-9_-]{10,}\.|:\/\/[^/\s:@]+:[^/\s@]+@/;

type Fields = Record<string, unknown>;
type Dropped = 'secret-dropped' | 'environment-dropped' | 'annotation-dropped' | 'argument-dropped';

const WORDS: Record<Dropped, [one: string, many: string]> = {
  'secret-dropped': ['Secret was', 'Secrets were'],
  'environment-dropped': ['value of an environment variable was', 'values of environment variables were'],
  'annotation-dropped': ['annotation was', 'annotations were'],
  'argument-dropped': ['command line or query of a container was', 'command lines and queries of containers were'],
};

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

export const isSecret = (value: unknown): boolean =>
  isMap(value) && (value.kind === 'Secret' || value.kind === 'SecretList');

/** Documents without credentials; one warning for each kind of thing that was dropped. Secrets keep kind and name. */
export function withoutCredentials(documents: ParsedText[], issues: IssueList): ParsedText[] {
  const tally = new Map<Dropped, { at: Path; locate: ParsedText['locate']; count: number }>();
  const copies = documents.map(({ value, locate }) => {
    const drop: Drop = (what, at) => {
      const seen = tally.get(what);
      if (seen === undefined) tally.set(what, { at, locate, count: 1 });
      else seen.count++;
    };
    return { value: sanitized(value, [], drop), locate };
  });
  for (const [code, { at, locate, count }] of tally) {
    const message = `${count} ${WORDS[code][count === 1 ? 0 : 1]} dropped; this is the first place.`;
    issues.add(code, at, message, undefined, locate(at) ?? undefined);
  }
  return copies;
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
    if (key === 'managedFields' && at.at(-1) === 'metadata') continue;
    const here = [...at, key];
    if (key === 'annotations' && isMap(item)) entries.push([key, withoutTellingAnnotations(item, here, drop)]);
    else if (isPodSpec(item, here, value)) entries.push([key, podSpecWithoutCredentials(item, here, drop)]);
    // Of a container that has ended: the last lines of its log.
    else if (key === 'message' && at.some((step) => /[cC]ontainerStatuses$/.test(String(step)))) continue;
    else entries.push([key, sanitized(item, here, drop)]);
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

/** What is stored: Secrets taken out of lists, and out of `objects` where one stands alone. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isSecret(item)).map(withoutSecrets);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'objects' && isSecret(item) ? [] : withoutSecrets(item)]),
  );
}
