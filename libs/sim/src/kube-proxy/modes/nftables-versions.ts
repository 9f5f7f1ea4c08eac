/**
 * What mode nftables does differently from one minor version to the next, as data.
 *
 * Models: which chains hang where, which checks there are, how endpoints are chosen, where packets are marked.
 * Source: pkg/proxy/nftables/proxier.go of 1.29.1, 1.30 and copies of the 1.32 era, its tests of the 1.34 era; pull requests
 *   (numbers below) and the listing of a 1.36.2 node for 1.36; release notes for 1.35 and 1.37.
 * Simplified: one behaviour for all patch releases of a minor version: 1.33 and 1.34 are taken with the mends of their later
 *   ones (134024).
 * Who could tell: someone on the first patch releases of 1.33 or 1.34 who detects local traffic by interfaces.
 */
export interface NftablesBehaviour {
  /**
   * Which base chains there are. `oneBeforeDnat`: all just before DNAT. `beforeDnat`: all before DNAT, and one in output
   * behind it. `filterPriority`: source ranges before DNAT, all else at the usual place of filters.
   */
  readonly hooks: 'oneBeforeDnat' | 'beforeDnat' | 'filterPriority';
  /** Longest name of a chain, without the prefix that says what it is for. */
  readonly nameLength: number;
  /** `sets`: one set of destinations, one of what may go there. `chains`: a chain for each service port. */
  readonly firewall: 'sets' | 'chains';
  /** Cluster IPs reject what is sent to another port; addresses that nobody has are dropped where their range is known. */
  readonly clusterIPsCheck: boolean;
  /** Packets in state INVALID are not forwarded, unless nf_conntrack_tcp_be_liberal is set. */
  readonly dropsInvalid: boolean;
  /** On which addresses node ports work where nothing is said: for the family, or at all. */
  readonly nodePortsByDefault: 'everywhere' | 'primary, by family' | 'primary';
  /** The rule that marks traffic to a cluster IP asks for the port again. */
  readonly masqueradeAsksPort: boolean;
  /** Interfaces are compared by index: one that has a name with `*` does not exist, and no rules are written. */
  readonly interfaceBy: 'index' | 'name';
  /**
   * `endpointChains`: each endpoint has a chain, a pod that meets itself is marked there. `maps`: only with session
   * affinity; a set knows pods that meet themselves, and marks are set where they are decided.
   */
  readonly endpoints: 'endpointChains' | 'maps';
  /** A service port with one endpoint does without a map. */
  readonly singleEndpointDirect: boolean;
  /** Comments on elements end after 128 bytes. */
  readonly cutsComments: boolean;
}

interface Change {
  readonly since: number;
  readonly changes: Partial<NftablesBehaviour>;
}

const OLDEST: NftablesBehaviour = {
  hooks: 'oneBeforeDnat',
  nameLength: 112,
  firewall: 'sets',
  clusterIPsCheck: false,
  dropsInvalid: true,
  nodePortsByDefault: 'everywhere',
  masqueradeAsksPort: true,
  interfaceBy: 'index',
  endpoints: 'endpointChains',
  singleEndpointDirect: false,
  cutsComments: false,
};

/** Each entry says what is new since that minor version; the numbers are kubernetes/kubernetes pull requests. */
const CHANGES: readonly Change[] = [
  // 122614 and what else made it from alpha's first form
  {
    since: 30,
    changes: {
      hooks: 'beforeDnat',
      nameLength: 240,
      firewall: 'chains',
      clusterIPsCheck: true,
      dropsInvalid: false,
      nodePortsByDefault: 'primary, by family',
    },
  },
  // 123105
  { since: 31, changes: { nodePortsByDefault: 'primary' } },
  // 134024, in the later patch releases
  { since: 33, changes: { interfaceBy: 'name' } },
  // 132456, 131492
  { since: 34, changes: { hooks: 'filterPriority', masqueradeAsksPort: false } },
  // 135800, 136499
  { since: 36, changes: { endpoints: 'maps' } },
  // 140723, 139516
  { since: 37, changes: { singleEndpointDirect: true, cutsComments: true } },
];

export function nftablesBehaviourOf(minor: number): NftablesBehaviour {
  const changes = CHANGES.filter((change) => change.since <= minor).map((change) => change.changes);
  return Object.assign({}, OLDEST, ...changes) as NftablesBehaviour;
}
