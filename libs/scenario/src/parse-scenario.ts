/** THE MAIN PATH: a document → what a run starts from, or every reason why not. */
import { checkScenario, type KubeObject, type Scenario } from '#sim';
import { checkDraft } from './checks/check-draft.js';
import { withoutCredentials, withoutSecrets } from './credentials.js';
import type { Draft, Placed } from './draft.js';
import { ISSUES, type Issue, type IssueCode, IssueList, type Locate } from './issues.js';
import { isKubernetes } from './kubernetes/manifest.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import { settingsOfNodes } from './normalize/cluster.js';
import { isSound, parseText, type TextFormat } from './parse.js';
import { fromPointer, type Path } from './pointer.js';
import { durationOf, type ReadDocument, readDocument } from './read-document.js';

/** What the model refuses of a scenario that is well-formed. `path` is a JSON pointer into the normalised scenario. */
export type CheckWorld = (scenario: Scenario) => readonly { code: string; path: string; message: string }[];

export interface ParseOptions {
  /** Format of a text; without it the text is looked at. */
  format?: TextFormat;
  /** Where they differ from the defaults. */
  limits?: Partial<Limits>;
  /** The model's own check, unless said otherwise. */
  checkWorld?: CheckWorld;
}

export interface ParsedScenario {
  /** Null when an issue is an error. */
  scenario: Scenario | null;
  /** What may be stored: the document without credentials; null when it could not be read at all. */
  document: unknown;
  issues: Issue[];
}

/** `input` is a text, or a value that was parsed elsewhere. Never throws. */
export function parseScenario(input: unknown, options: ParseOptions = {}): ParsedScenario {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const issues = new IssueList(undefined, limits.issues);
  const value =
    typeof input === 'string' ? oneDocument(input, options.format, issues, limits) : soundValue(input, issues, limits);
  if (value === undefined) return { scenario: null, document: null, issues: issues.list() };
  const [safe] = withoutCredentials([{ value, locate: (path) => issues.placeOf(path) }], issues);
  return scenarioOf(safe!.value, issues, limits, options.checkWorld);
}

/** One document that is no scenario itself, read within the same limits; undefined where `issues` say why not. Never throws. */
export function readText(
  text: string,
  options: Pick<ParseOptions, 'format' | 'limits'> = {},
): { value: unknown; issues: Issue[] } {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const issues = new IssueList(undefined, limits.issues);
  const value = oneDocument(text, options.format, issues, limits);
  return { value, issues: issues.list() };
}

/** Where in that text each of these JSON pointers leads; null where the text has no places. Never throws. */
export function placesIn(
  text: string,
  pointers: readonly string[],
  options: Pick<ParseOptions, 'format' | 'limits'> = {},
): (ReturnType<Locate> | null)[] {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const issues = new IssueList(undefined, limits.issues);
  if (oneDocument(text, options.format, issues, limits) === undefined) return pointers.map(() => null);
  return pointers.map((pointer) => issues.placeOf(fromPointer(pointer)));
}

/** The rest of the way, for a value that is known to be sound and without credentials. */
export function scenarioOf(
  safe: unknown,
  issues: IssueList,
  limits: Limits,
  checkWorld: CheckWorld = checkScenario,
): ParsedScenario {
  const read = readDocument(safe, issues);
  const document = withoutSecrets(safe);
  if (read === null) return { scenario: null, document, issues: issues.list() };
  const durationNs = durationOf(read.draft);
  checkDraft(read.draft, durationNs, limits, issues);
  const scenario = assemble(read, durationNs);
  if (!issues.hasErrors) reportWorld(checkWorld(scenario), read.draft, issues);
  return { scenario: issues.hasErrors ? null : scenario, document, issues: issues.list() };
}

function soundValue(value: unknown, issues: IssueList, limits: Limits): unknown {
  return isSound(value, issues, limits) ? value : undefined;
}

function oneDocument(text: string, format: TextFormat | undefined, issues: IssueList, limits: Limits): unknown {
  const documents = parseText(text, format, issues, limits);
  if (documents === null) return undefined;
  const [first, second] = documents;
  if (first === undefined) {
    issues.add('empty-document', [], 'The text holds no document.');
    return undefined;
  }
  if (second !== undefined && isKubernetes(documents.map(({ value }) => value))) {
    issues.add(
      'objects-no-scenario',
      [],
      `These are ${documents.length} documents as kubectl prints them, not a scenario.`,
    );
    return undefined;
  }
  if (second !== undefined) {
    issues.add(
      'several-documents',
      [],
      `The text holds ${documents.length} documents.`,
      undefined,
      second.locate([]) ?? undefined,
    );
    return undefined;
  }
  issues.locateBy(first.locate satisfies Locate);
  return first.value;
}

const valuesOf = <T>(placed: Placed<T>[]): T[] => placed.map(({ value }) => value);

function assemble({ draft, nodeDefaults }: ReadDocument, durationNs: number): Scenario {
  const nodes = draft.objects.flatMap(({ value }: Placed<KubeObject>) =>
    value.kind === 'Node' ? [value.metadata.name] : [],
  );
  return {
    name: draft.name,
    notes: draft.notes,
    seed: draft.seed,
    cluster: { ...draft.cluster, nodes: settingsOfNodes(nodes, { cluster: draft.cluster, nodeDefaults }) },
    objects: valuesOf(draft.objects),
    clients: valuesOf(draft.clients),
    loadBalancers: draft.loadBalancers,
    apps: valuesOf(draft.apps),
    healthzText: draft.healthzText,
    stepPauseNs: draft.stepPauseNs,
    steps: valuesOf(draft.steps),
    timeline: valuesOf(draft.timeline),
    traffic: valuesOf(draft.traffic),
    expect: valuesOf(draft.expect),
    durationNs,
  };
}

function reportWorld(problems: ReturnType<CheckWorld>, draft: Draft, issues: IssueList): void {
  for (const { code, path, message } of problems) {
    const known: IssueCode = Object.hasOwn(ISSUES, code) ? (code as IssueCode) : 'not-admitted';
    issues.add(known, placeInDocument(fromPointer(path), draft), message);
  }
}

/** Lists are opened and left-out kinds missing in the normalised objects, so their places differ from the document's. */
function placeInDocument(path: Path, draft: Draft): Path {
  const [field, index, ...rest] = path;
  const object = field === 'objects' ? draft.objects[Number(index)] : undefined;
  return object === undefined ? path : [...object.at, ...rest];
}
