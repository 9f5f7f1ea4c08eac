/**
 * What a scenario may cost at most, in one place. Checked here before a run; the kernel checks again where it counts.
 * A caller may lower or raise them (configuration), so every function that needs one takes `Limits`.
 */
export interface Limits {
  /** Characters of a text that is parsed at all. */
  textChars: number;
  /** Nesting of lists and maps. */
  depth: number;
  /** Lists, maps and values in one document, aliases counted as often as they are used. */
  values: number;
  /** YAML aliases in one document. */
  aliases: number;
  /** Values that YAML aliases stand for, all together. */
  aliasedValues: number;
  /** Problems that are listed; the rest is counted. */
  issues: number;
  nodes: number;
  services: number;
  pods: number;
  endpoints: number;
  clients: number;
  steps: number;
  timeline: number;
  /** Every list of simulations tells what became of each. */
  expectations: number;
  /** Requests of all traffic entries: rate × time, or count. */
  requests: number;
  /** Estimate of requests, health probes and periodic rule syncs. */
  events: number;
  /** Virtual time of a run in ns. */
  durationNs: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = {
  textChars: 32 * 1024 * 1024,
  depth: 100,
  values: 2_000_000,
  aliases: 2_000,
  aliasedValues: 100_000,
  issues: 500,
  nodes: 5_000,
  services: 20_000,
  pods: 150_000,
  endpoints: 300_000,
  clients: 10_000,
  steps: 1_000,
  timeline: 10_000,
  expectations: 500,
  requests: 20_000_000,
  events: 500_000_000,
  durationNs: 7 * 24 * 3600 * 1e9,
};

/** What each counts, for people. */
export const LIMIT_MEANINGS: Readonly<Record<keyof Limits, string>> = {
  textChars: 'characters of a text',
  depth: 'levels of nesting',
  values: 'lists, maps and values in a document',
  aliases: 'YAML aliases in a document',
  aliasedValues: 'values that YAML aliases stand for',
  issues: 'issues that are listed; the rest is counted',
  nodes: 'nodes',
  services: 'services; their ports are not limited, node ports are by their range',
  pods: 'pods, with those of workloads',
  endpoints:
    'endpoints of slices that are given; with `admission: apply` 1,000 in a slice and 100 addresses in an endpoint, as an API server has it',
  clients: 'addresses of clients',
  steps: 'steps',
  timeline: 'timeline entries',
  expectations: 'expectations (`expect`)',
  requests: 'requests of all traffic',
  events: 'events of a run, estimated',
  durationNs: 'seconds of virtual time',
};
