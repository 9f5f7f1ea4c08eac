/** Filters that name what a run has never heard of: an empty page would look like "no loss". */
import { AppError, type ProblemIssue } from '#platform';
import type { Dictionaries, RequestFilter } from '#sim';
import { nearestName } from '#sim';

const NAMED = ['client', 'service', 'node', 'pod'] as const;
type Names = Record<(typeof NAMED)[number], Set<string>>;

/**
 * AppError `invalid-request` with the nearest names. The dictionaries hold who took part in a request; who did not is
 * looked for in the scenario, which is loaded only then.
 */
export async function checkNames(
  filter: RequestFilter,
  dictionaries: Dictionaries,
  scenario: () => Promise<string | null>,
): Promise<void> {
  const names = namesOf(dictionaries);
  const strange = () =>
    NAMED.flatMap((kind) =>
      (filter[kind] ?? []).filter((name) => !names[kind].has(name)).map((name) => ({ kind, name })),
    );
  if (strange().length === 0) return;
  const mentioned = mentionedNames(JSON.parse((await scenario()) ?? '{}'));
  const issues = strange()
    .filter(({ kind, name }) => !isMentioned(kind, name, mentioned))
    .map(({ kind, name }) => issueOf(kind, name, [...names[kind]]));
  if (issues.length > 0)
    throw new AppError('invalid-request', issues.map(({ message }) => message).join(' '), { issues });
}

/** Entry 0 of every dictionary stands for none. */
function namesOf({ clients, targets, nodes, pods }: Dictionaries): Names {
  return {
    client: new Set(clients.slice(1).map(({ name }) => name)),
    service: new Set(targets.flatMap(({ service }) => service ?? [])),
    node: new Set([...nodes.slice(1), ...pods.slice(1).map(({ node }) => node)]),
    pod: new Set(pods.slice(1).map(({ name }) => name)),
  };
}

/** Every name that the scenario gives to anything: objects, clients, and what steps and the timeline create. */
function mentionedNames(scenario: unknown): Set<string> {
  const found = new Set<string>();
  JSON.stringify(scenario, (key, value: unknown) => {
    if (typeof value === 'string' && (key === 'name' || key === 'deployment')) found.add(value.split('/').at(-1)!);
    return value;
  });
  return found;
}

/** Pods of workloads have the name of their workload and something behind it. */
function isMentioned(kind: keyof Names, name: string, mentioned: ReadonlySet<string>): boolean {
  const plain = name.split('/').at(-1)!;
  if (mentioned.has(plain)) return true;
  return kind === 'pod' && [...mentioned].some((workload) => plain.startsWith(`${workload}-`));
}

function issueOf(kind: keyof Names, name: string, known: string[]): ProblemIssue {
  const nearest = nearestName(name, known);
  return {
    code: `unknown-${kind}`,
    severity: 'error',
    path: `?${kind}`,
    message: `There is no ${kind} ${JSON.stringify(name)} in this run.`,
    hint:
      nearest === null
        ? `There are: ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}.`
        : `Did you mean ${JSON.stringify(nearest)}?`,
  };
}
