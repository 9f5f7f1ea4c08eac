/**
 * What never gets past the door: Secrets, values of environment variables, annotations and arguments that may hold
 * credentials; and managedFields, which say nothing and are half of what kubectl prints. The copy has the same shape and
 * the same indices, so places in it are places in what was sent.
 */
import type { IssueList } from './issues.js';
import type { ParsedText } from './parse.js';
import type { Path } from './pointer.js';

const CONTAINER_LISTS = new Set(['containers', 'initContainers', 'ephemeralContainers']);

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
  'argument-dropped': ['value in a command line was', 'values in command lines were'],
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
    else if (CONTAINER_LISTS.has(key) && Array.isArray(item)) {
      const containers = item.map((container, index) => withoutEnvironment(container, [...here, index], drop));
      entries.push([key, sanitized(containers, here, drop)]);
    } else if ((key === 'command' || key === 'args') && Array.isArray(item)) {
      entries.push([key, withoutTellingArguments(item, here, drop)]);
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

/** `--token=x`, `--token x`, and the same inside the text of a shell: the flag stays. Paths of files are no credentials. */
const WORD = '[\\w.-]{0,60}(?:token|secret|passw|credential|api[-_.]?key|private[-_.]?key|bearer)[\\w.-]{0,60}';
const TELLING_FLAG = new RegExp(`^${WORD}$`, 'i');
const WHOLE_FLAG = new RegExp(`^(${WORD})=`, 'i');
const FLAG_IN_TEXT = new RegExp(`(?<=^|\\s)(?:(-${WORD})(?:=|\\s+(?!-))|(${WORD})=)("[^"]*"|'[^']*'|\\S+)`, 'gi');
const NAMES_A_PLACE = /(?:file|path|dir|ttl|lifetime|expiration|enabled?)$/i;

const isTelling = (flag: string): boolean => TELLING_FLAG.test(flag) && !NAMES_A_PLACE.test(flag);

function withoutTellingArguments(list: unknown[], at: Path, drop: Drop): unknown[] {
  return list.map((item, index) => {
    if (typeof item !== 'string') return sanitized(item, [...at, index], drop);
    const before = list[index - 1];
    const isValue = typeof before === 'string' && before.startsWith('-') && isTelling(before) && !item.startsWith('-');
    const kept = isValue || TELLING_VALUE.test(item) ? '' : withoutTellingFlags(item);
    if (kept !== item) drop('argument-dropped', [...at, index]);
    return kept;
  });
}

function withoutTellingFlags(text: string): string {
  const whole = WHOLE_FLAG.exec(text);
  if (whole !== null) return isTelling(whole[1]!) ? whole[0] : text;
  return text.replace(FLAG_IN_TEXT, (all, flag: string | undefined, variable: string | undefined, value: string) =>
    isTelling(flag ?? variable!) ? all.slice(0, all.length - value.length) : all,
  );
}

/** What is stored: Secrets taken out of lists, and out of `objects` where one stands alone. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isSecret(item)).map(withoutSecrets);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'objects' && isSecret(item) ? [] : withoutSecrets(item)]),
  );
}
