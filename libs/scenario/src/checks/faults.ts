/** Faults against each other: what is off already cannot lose its power. */
import type { TimelineEntry } from '#sim';
import type { Draft, Placed } from '../draft.js';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';

interface Lasting {
  what: string;
  fromNs: number;
  toNs: number;
  at: Path;
}

const LINK_STATES = { cut: 'is cut', slow: 'is slow', lose: 'loses packets' };

const seconds = (ns: number): string => `${ns / 1e9} s`;

export function checkFaults(draft: Draft, issues: IssueList): void {
  const nodes = draft.objects.flatMap(({ value }) => (value.kind === 'Node' ? [value.metadata.name] : []));
  const last = new Map<string, Lasting>();
  const inTime = [...draft.timeline].sort((a, b) => a.value.atNs - b.value.atNs);
  for (const fault of inTime.flatMap((entry) => lasting(entry, nodes))) {
    const before = last.get(fault.what);
    if (before !== undefined && fault.fromNs < before.toNs) {
      const until = before.toNs === Infinity ? 'to the end' : `until ${seconds(before.toNs)}`;
      issues.add(
        'overlapping-faults',
        fault.at,
        `${fault.what} already, since ${seconds(before.fromNs)} and ${until}.`,
      );
    } else last.set(fault.what, fault);
  }
}

/** What an entry makes last, for each node or link that it names. */
function lasting({ value, at }: Placed<TimelineEntry>, nodes: readonly string[]): Lasting[] {
  const span = (what: string, forNs: number | null, place: Path): Lasting => ({
    what,
    fromNs: value.atNs,
    toNs: forNs === null ? Infinity : value.atNs + forNs,
    at: [...at, ...place],
  });
  switch (value.do) {
    case 'crash':
      return 'pod' in value ? [] : [span(`${value.node} is without power`, value.forNs, ['crash'])];
    case 'partition':
      return (value.kubelets ?? nodes).map((node) =>
        span(`The kubelet of ${node} is cut off`, value.forNs, ['partition']),
      );
    case 'freeze':
      return (value.kubeProxy ?? nodes).map((node) => span(`kube-proxy of ${node} is frozen`, value.forNs, ['freeze']));
    case 'cut':
    case 'slow':
    case 'lose': {
      const ends = [...value.between].sort().join(' and ');
      return [span(`The link between ${ends} ${LINK_STATES[value.do]}`, value.forNs, [value.do])];
    }
    case 'scaleDown':
      return [span(`${value.node} is to be scaled down`, null, ['scaleDown'])];
    default:
      return [];
  }
}
