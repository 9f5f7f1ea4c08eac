/** What `kubectl get … -o yaml` (or json) prints → a scenario document that takes the cluster as it is stored. */
import { nearestName, SUPPORTED_VERSIONS } from '#sim';
import { isSecret, withoutCredentials } from './credentials.js';
import { clusterOf, kubeProxyOf, type Manifest } from './import-cluster.js';
import { type Found, placesInImport } from './import-places.js';
import { ISSUES, type Issue, IssueList, shown } from './issues.js';
import { isScenario } from './kubernetes/manifest.js';
import { DEFAULT_LIMITS } from './limits.js';
import { isSound, type ParsedText, parseText } from './parse.js';
import { type ParsedScenario, type ParseOptions, scenarioOf } from './parse-scenario.js';
import type { Path } from './pointer.js';
import { zKubeProxy } from './schema/kube-proxy.js';
import { isObjectKind, OBJECT_SCHEMAS } from './schema/objects.js';
import { withoutUnknown } from './schema/validate.js';

export interface ImportOptions extends ParseOptions {
  /** The scenario's name; `imported` without it. */
  name?: string;
}

/**
 * Texts of several documents, `List`s and single objects. Kinds that do not matter are counted in warnings. Paths, lines
 * and columns of issues are those of what came in. Never throws.
 */
export function importObjects(input: unknown, options: ImportOptions = {}): ParsedScenario {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const issues = new IssueList(undefined, limits.issues);
  const nothing = (): ParsedScenario => ({ scenario: null, document: null, issues: issues.list() });
  const documents =
    typeof input === 'string'
      ? parseText(input, options.format, issues, limits)
      : isSound(input, issues, limits)
        ? [{ value: input, locate: () => null }]
        : null;
  const isForeign = typeof input === 'string' && !/\bkind\b/.test(input);
  if (documents === null) return isForeign ? { ...nothing(), issues: foreignText(issues.list()) } : nothing();
  if (documents.length === 1 && isScenario(documents[0]!.value)) {
    issues.add('scenario-no-objects', [], 'This is a scenario, not what kubectl prints.');
    return nothing();
  }
  if (isForeign) {
    issues.add('nothing-to-import', [], `${FOREIGN}.`);
    return nothing();
  }
  const found = withoutCredentials(documents, issues).flatMap((document) => opened(document, issues));
  const kubeProxy = kubeProxyOf(found.map(({ manifest }) => manifest));
  const from = found.find(({ manifest }) => manifest === kubeProxy?.from);
  const kept = mattering(
    found.filter((item) => item !== from),
    issues,
  );
  if (kept.length === 0) {
    if (!issues.hasErrors)
      issues.add('nothing-to-import', [], 'There is no Node, Pod, Service, EndpointSlice or workload in the text.');
    return nothing();
  }
  const placeOf = placesInImport(kept, from && kubeProxy ? { from, key: kubeProxy.key } : null);
  issues.locateBy(
    (path) => {
      const place = placeOf(path);
      return place === null ? null : place.document.locate(place.path);
    },
    (path) => placeOf(path)?.path ?? [],
  );
  const cluster = clusterOf(
    found.map(({ manifest }) => manifest),
    kubeProxy === null ? null : knownConfig(kubeProxy.config, issues),
    SUPPORTED_VERSIONS,
    issues,
  );
  if (kubeProxy === null) {
    const defaults =
      'mode iptables, no clusterCIDR (so no local-traffic detector), node ports on all addresses, masqueradeAll false';
    issues.add('kube-proxy-assumed', ['cluster'], `There is no KubeProxyConfiguration; assumed are: ${defaults}.`);
  }
  const document = {
    name: options.name ?? 'imported',
    cluster: { ...cluster, admission: 'asStored' },
    objects: kept.map(({ manifest }) => manifest),
  };
  return scenarioOf(document, issues, limits, options.checkWorld);
}

const FOREIGN = 'This is not what kubectl prints: it says no kind anywhere';

/** Prose or a picture was sent: everything that keeps it from being YAML would help nobody. */
function foreignText(issues: Issue[]): Issue[] {
  const [first] = issues;
  if (first?.code !== 'invalid-yaml') return issues;
  return [{ ...first, message: `${FOREIGN}, and is no YAML from here on.`, hint: ISSUES['nothing-to-import'].hint }];
}

/** The cluster has this configuration and runs: kube-proxy too logs fields that it does not know, and goes on without them. */
function knownConfig(config: unknown, issues: IssueList): unknown {
  const { value, unknown } = withoutUnknown(zKubeProxy, config);
  for (const path of unknown) {
    const message = `The field ${shown(path.join('.'))} of KubeProxyConfiguration is not known here, and was left out.`;
    issues.warn('unknown-field', ['cluster', 'kubeProxy', ...path], message);
  }
  return value;
}

const isManifest = (value: unknown): value is Manifest =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = ({ kind, items }: Manifest): boolean =>
  typeof kind === 'string' &&
  kind.endsWith('List') &&
  kind !== 'SecretList' &&
  (items === null || Array.isArray(items));

/** All objects of one document, lists opened, in order. */
function opened(document: ParsedText, issues: IssueList): Found[] {
  const found: Found[] = [];
  const waiting: { value: unknown; path: Path }[] = [{ value: document.value, path: [] }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path } = next;
    const items = Array.isArray(value)
      ? value
      : isManifest(value) && isList(value)
        ? ((value.items ?? []) as unknown[])
        : null;
    if (items !== null) {
      const around = Array.isArray(value) ? path : [...path, 'items'];
      const kind = Array.isArray(value) ? undefined : itemKind(value as Manifest);
      for (let i = items.length - 1; i >= 0; i--)
        waiting.push({ value: withKind(items[i], kind, value), path: [...around, i] });
    } else if (isManifest(value)) found.push({ manifest: value, document, path });
    else {
      const place = document.locate(path) ?? undefined;
      issues.add('wrong-type', path, 'An object is a map with apiVersion and kind.', undefined, place);
    }
  }
  return found;
}

/** `PodList` → `Pod`: the API leaves kind and apiVersion out of the items of typed lists. */
function itemKind({ kind }: Manifest): string | undefined {
  return kind === 'List' ? undefined : (kind as string).slice(0, -'List'.length);
}

function withKind(item: unknown, kind: string | undefined, list: unknown): unknown {
  if (kind === undefined || !isManifest(item) || item.kind !== undefined) return item;
  return { apiVersion: (list as Manifest).apiVersion, kind, ...item };
}

/** What the scenario takes; the rest is counted by kind. */
function mattering(found: Found[], issues: IssueList): Found[] {
  const ignored = new Map<string, { count: number; first: Found }>();
  const kept = found.filter((item) => {
    const { kind } = item.manifest;
    if (isSecret(item.manifest)) return false;
    // Misspelt kinds stay, for the issue that tells so.
    if (typeof kind !== 'string' || isObjectKind(kind) || nearestName(kind, Object.keys(OBJECT_SCHEMAS)) !== null)
      return true;
    const seen = ignored.get(kind);
    if (seen === undefined) ignored.set(kind, { count: 1, first: item });
    else seen.count++;
    return false;
  });
  for (const [kind, { count, first }] of ignored) {
    const place = first.document.locate(first.path) ?? undefined;
    issues.add(
      'ignored-kind',
      first.path,
      `${count} object${count === 1 ? '' : 's'} of kind ${kind.slice(0, 80)} left out.`,
      undefined,
      place,
    );
  }
  return kept;
}
