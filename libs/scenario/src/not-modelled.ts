/**
 * What a scenario may say and the model does not have yet. It is refused, never treated as something else. Whoever adds
 * something to the model takes its line out here.
 */
import type { IssueList } from './issues.js';
import type { Path } from './pointer.js';

/** Verbs of steps, timeline and kubectl. */
const VERBS: Record<string, string> = {
  rollout: 'kubectl rollout (use rolloutRestart or rolloutStatus)',
  set: 'kubectl set (use setImage)',
  annotate: 'kubectl annotate (use patch)',
  logs: 'Logs of pods',
  describe: 'kubectl describe',
  exec: 'kubectl exec (use on: {pod: …})',
  replace: 'kubectl replace (use apply)',
  edit: 'kubectl edit (use patch)',
};

/** Fields by the part of the document where they stand. */
const FIELDS = {
  app: {},
  client: {
    retries: 'Retries for all traffic of a client (say it in traffic)',
    keepAlive: 'Connection reuse for all traffic of a client (say it in traffic)',
    zone: 'Zones',
  },
  traffic: {
    method: 'Methods other than GET',
    path: 'Paths other than /',
  },
  expect: {},
} as const satisfies Record<string, Record<string, string>>;

/** Families by the reason why they are missing. */
const FAMILIES: Record<string, string> = {
  cilium: "Cilium's replacement of kube-proxy is eBPF, which has no rules that could be walked",
};

export type PartWithFields = keyof typeof FIELDS;

const refuse = (issues: IssueList, at: Path, what: string, there: string) =>
  issues.add('not-modelled-yet', at, `${what}: the model does not have this yet.`, there);

/** The verb is one of those that are missing; reports it. `there` says what can be used. */
export function refusesVerb(verb: string, at: Path, there: string, issues: IssueList): boolean {
  const what = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (what !== undefined) refuse(issues, at, what, `There are: ${there}.`);
  return what !== undefined;
}

/** The part without the fields that are missing from the model; each is reported. */
export function withoutMissingFields(part: PartWithFields, value: unknown, at: Path, issues: IssueList): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const missing: Record<string, string> = FIELDS[part];
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => {
      if (!Object.hasOwn(missing, key)) return true;
      refuse(issues, [...at, key], missing[key]!, 'Leave the field out.');
      return false;
    }),
  );
}

export function refusesFamily(family: string, at: Path, there: string, issues: IssueList): boolean {
  const why = Object.hasOwn(FAMILIES, family) ? FAMILIES[family] : undefined;
  if (why !== undefined) refuse(issues, at, `The load balancer family ${family} (${why})`, `There are: ${there}.`);
  return why !== undefined;
}

export function refuseUrlPart(what: string, at: Path, there: string, issues: IssueList): void {
  refuse(issues, at, what, there);
}

export function refuseDestination(what: string, at: Path, issues: IssueList): void {
  refuse(issues, at, what, 'There are: services and addresses of the cluster.');
}

export function refuseCommand(command: string, at: Path, issues: IssueList): void {
  refuse(issues, at, `The command ${JSON.stringify(command.slice(0, 80))}`, 'There are: run: "ip addr", curl, wget.');
}

export function refuseFeatureGate(gate: string, at: Path, issues: IssueList): void {
  refuse(issues, at, `This setting of the feature gate ${gate}`, 'Leave the gate at its default.');
}
