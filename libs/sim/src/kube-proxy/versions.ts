/**
 * What kube-proxy does differently from one minor version to the next, as data.
 *
 * Models: the changes of pkg/proxy and cmd/kube-proxy that someone can see from outside.
 * Source: the source of 1.21, 1.22, 1.23 and 1.25 to 1.30, of copies of the 1.24, 1.31 and 1.33 to 1.34 eras; pull
 *   requests (numbers below) and release notes for the rest. 1.35 to 1.37 are from notes only.
 * Simplified: one behaviour for all patch releases of a minor version.
 * Who could tell: someone who compares two patch releases around a fix.
 */
import { minorOf } from './minor-version.js';

export interface ProxyBehaviour {
  /** The minor version itself, for what only one mode does differently. */
  readonly minor: number;
  /** `legacy`: KUBE-SVC, KUBE-XLB, KUBE-FW; `current`: KUBE-SVC, KUBE-SVL, KUBE-EXT, KUBE-FW. */
  readonly ruleForm: 'legacy' | 'current';
  /** How the rules write a single address: `10.0.0.1/32` or `10.0.0.1`. */
  readonly addressForm: 'cidr' | 'plain';
  /** Legacy form: where cluster IP, external IP and node port traffic is marked for masquerade. */
  readonly masqueradeRules: 'dispatchChain' | 'serviceChain';
  /** Legacy form: the comment on the balancing rules of KUBE-XLB. */
  readonly localBalancingComment: 'numbered' | 'service';
  /** Legacy form: which endpoints make a Service "have endpoints" and get a chain. */
  readonly programs: 'readyEndpoints' | 'allEndpoints' | 'usableEndpoints';
  /** The comment on the balancing rules of a service: its name, or `name -> ip:port`. */
  readonly balancingComment: 'service' | 'serviceAndEndpoint';
  /** What ends traffic that source ranges do not allow, or that has no local endpoint. */
  readonly dropsBy: 'markDrop' | 'filterRules';
  /** A last, target-less rule in KUBE-FW that points to KUBE-PROXY-FIREWALL. */
  readonly firewallChainNote: boolean;
  readonly forwardConntrackRules: 'podSourceAndDestination' | 'one';
  /** nf_conntrack_tcp_be_liberal leaves the drop of INVALID packets out. */
  readonly heedsTcpBeLiberal: boolean;
  readonly nfacctCounters: boolean;
  /** Who writes the rule that keeps packets from outside off 127.0.0.0/8. */
  readonly localnetFirewall: 'kubelet' | 'kubelet and kube-proxy';
  /** kubelet keeps KUBE-MARK-DROP and the drop of marked packets in KUBE-FIREWALL. */
  readonly kubeletMarkDrop: boolean;
  /** kubelet keeps the chain KUBE-IPTABLES-HINT in table mangle. */
  readonly iptablesHint: boolean;
  /** iptables.localhostNodePorts is a setting, and IPv6 loopback is left out of node ports. */
  readonly localhostNodePortsSetting: boolean;
  /** What becomes of a node port when no address of the node is in nodePortAddresses. */
  readonly withoutNodePortAddress: 'skipServicePort' | 'skipNodePort' | 'writeNodePort';
  /** nodePortAddresses knows the word `primary`. */
  readonly primaryNodePortAddress: boolean;
  /** externalTrafficPolicy: Local counts for a ClusterIP Service with external IPs. */
  readonly localPolicyOnExternalIPs: boolean;
  /** A zero CIDR among the source ranges is the same as no ranges. */
  readonly zeroSourceRangeAllowsAll: boolean;
  /** Which of two endpoints with the same address stays. */
  readonly duplicateEndpoints: 'preferLocal' | 'preferNonTerminating';

  /** Whose serving, terminating endpoints are used when there is no ready one. `gated`: gate ProxyTerminatingEndpoints. */
  readonly terminatingFallback: 'none' | 'externalLocal, gated' | 'all, gated' | 'all';
  /** What lets zone hints count, besides gate TopologyAwareHints. */
  readonly hintsCondition: 'annotationAuto' | 'annotationNotDisabled' | 'always';
  /** An endpoint that is not ready and has no hints switches topology off. */
  readonly unreadyNeedsHints: boolean;
  /** Services with externalTrafficPolicy: Local ignore topology and internalTrafficPolicy altogether. */
  readonly externalLocalOverridesAll: boolean;
  /** Hints for nodes count (gate PreferSameTrafficDistribution). */
  readonly nodeHints: boolean;

  /**
   * Which UDP entries of conntrack a sync deletes: those to endpoints that have gone (whatever they were), that are not
   * ready any more, or that were serving until they went; or all that lead to no serving endpoint.
   */
  readonly staleUdpEntries: 'gone' | 'unready' | 'goneWhileServing' | 'notServing';
  /** With the first three, a Service that gets its first endpoint: entries to its load balancer addresses too. */
  readonly cleansLoadBalancerEntries: boolean;
  /** With the last, an endpoint is an address and its port. */
  readonly comparesEndpointPorts: boolean;
  /** With the last, a Service without any serving endpoint is looked at too. */
  readonly cleansWithoutEndpoints: boolean;

  /** Mode ipvs: what a virtual server under policy Local gets where no endpoint is on this node. */
  readonly ipvsLocalFallback: 'nothing' | 'clusterEndpoints';
  /** Mode ipvs: SCTP node ports under policy Local keep the client's address. */
  readonly ipvsKeepsSctpSources: boolean;
  /** Mode ipvs: external addresses that are on another device of the node are bound to the dummy device as well. */
  readonly ipvsBindsOwnAddresses: boolean;
  /** Mode ipvs: what KUBE-IPVS-FILTER lets through to the addresses of the dummy device. */
  readonly ipvsFilter: 'absent' | 'services' | 'servicesAndHealthChecks' | 'all';
  /** Mode ipvs: processes of the node are kept from load balancers whose source ranges leave it out. */
  readonly ipvsFiltersNode: boolean;
  /** Mode ipvs: the scheduler mh hashes ports too. */
  readonly ipvsHashesPorts: boolean;

  /** Every sync is full, or gate MinimizeIPTablesRestore decides. */
  readonly partialSync: boolean;
  /** A full sync is due when the last one is an hour old; in large clusters too? */
  readonly hourlyFullSync: 'no' | 'yes' | 'not in large clusters';
  readonly runner: 'tokenBucket' | 'minInterval';
  /** A change of the node's labels syncs at once, outside the runner. */
  readonly nodeLabelSync: 'inline' | 'runner';

  /** What the answer of a healthCheckNodePort knows besides the count. */
  readonly serviceHealth: 'count' | 'proxierHealth' | 'weight';
  readonly proxyHealthBody: 'times' | 'timesAndEligible' | 'families';
  readonly livez: boolean;
  /** Whose time a stream of events leaves pending. */
  readonly pendingSince: 'latestEvent' | 'firstEvent';
  readonly healthState: 'shared' | 'perFamily';
  readonly missingNodeIsIneligible: boolean;
  /** healthCheckNodePort listens on the addresses of nodePortAddresses only. */
  readonly healthCheckOnNodePortAddresses: boolean;
}

interface Change {
  readonly since: number;
  readonly changes: Partial<ProxyBehaviour>;
}

const OLDEST: ProxyBehaviour = {
  minor: 21,
  ruleForm: 'legacy',
  addressForm: 'cidr',
  masqueradeRules: 'dispatchChain',
  localBalancingComment: 'numbered',
  programs: 'readyEndpoints',
  balancingComment: 'service',
  dropsBy: 'markDrop',
  firewallChainNote: false,
  forwardConntrackRules: 'podSourceAndDestination',
  heedsTcpBeLiberal: false,
  nfacctCounters: false,
  localnetFirewall: 'kubelet',
  kubeletMarkDrop: true,
  iptablesHint: false,
  localhostNodePortsSetting: false,
  withoutNodePortAddress: 'skipServicePort',
  primaryNodePortAddress: false,
  localPolicyOnExternalIPs: false,
  zeroSourceRangeAllowsAll: false,
  duplicateEndpoints: 'preferLocal',
  terminatingFallback: 'none',
  hintsCondition: 'annotationAuto',
  unreadyNeedsHints: true,
  externalLocalOverridesAll: true,
  nodeHints: false,
  staleUdpEntries: 'gone',
  cleansLoadBalancerEntries: false,
  comparesEndpointPorts: false,
  cleansWithoutEndpoints: false,
  ipvsLocalFallback: 'nothing',
  ipvsKeepsSctpSources: false,
  ipvsBindsOwnAddresses: true,
  ipvsFilter: 'absent',
  ipvsFiltersNode: false,
  ipvsHashesPorts: false,
  partialSync: false,
  hourlyFullSync: 'no',
  runner: 'tokenBucket',
  nodeLabelSync: 'inline',
  serviceHealth: 'count',
  proxyHealthBody: 'times',
  livez: false,
  pendingSince: 'latestEvent',
  healthState: 'shared',
  missingNodeIsIneligible: false,
  healthCheckOnNodePortAddresses: false,
};

/** Each entry says what is new since that minor version; the numbers are kubernetes/kubernetes pull requests. */
const CHANGES: readonly Change[] = [
  // 96959, 97238, 104009; the regression that 106030 mends
  {
    since: 22,
    changes: {
      masqueradeRules: 'serviceChain',
      terminatingFallback: 'externalLocal, gated',
      programs: 'allEndpoints',
      cleansLoadBalancerEntries: true,
    },
  },
  // 106030, 106163, 106507, 104742, 104756
  {
    since: 23,
    changes: {
      addressForm: 'plain',
      programs: 'usableEndpoints',
      localBalancingComment: 'service',
      forwardConntrackRules: 'one',
      withoutNodePortAddress: 'skipNodePort',
      unreadyNeedsHints: false,
      healthCheckOnNodePortAddresses: true,
      staleUdpEntries: 'unready',
      ipvsKeepsSctpSources: true,
    },
  },
  // 109060, 106497, 109059, 97081
  {
    since: 24,
    changes: {
      ruleForm: 'current',
      iptablesHint: true,
      terminatingFallback: 'all, gated',
      externalLocalOverridesAll: false,
      ipvsLocalFallback: 'clusterEndpoints',
    },
  },
  // 109826
  {
    since: 25,
    changes: {
      dropsBy: 'filterRules',
      balancingComment: 'serviceAndEndpoint',
      pendingSince: 'firstEvent',
      nodeLabelSync: 'runner',
    },
  },
  // 108250, 110268; issue 72236
  { since: 26, changes: { localhostNodePortsSetting: true, partialSync: true, ipvsFilter: 'services' } },
  // 111661, 116522, 114878; gate IPTablesOwnershipCleanup; issue 114815
  {
    since: 27,
    changes: {
      localnetFirewall: 'kubelet and kube-proxy',
      kubeletMarkDrop: false,
      firewallChainNote: true,
      withoutNodePortAddress: 'writeNodePort',
      hintsCondition: 'annotationNotDisabled',
      serviceHealth: 'proxierHealth',
      ipvsBindsOwnAddresses: false,
      ipvsHashesPorts: true,
    },
  },
  // 118999, 116470
  {
    since: 28,
    changes: {
      terminatingFallback: 'all',
      serviceHealth: 'weight',
      proxyHealthBody: 'timesAndEligible',
      livez: true,
      ipvsFilter: 'servicesAndHealthChecks',
    },
  },
  // 118146, 119394 (the regression that 127780 mends), 120354, 121919, 119791
  {
    since: 29,
    changes: {
      heedsTcpBeLiberal: true,
      localPolicyOnExternalIPs: true,
      healthState: 'perFamily',
      staleUdpEntries: 'goneWhileServing',
      ipvsFiltersNode: true,
    },
  },
  // 122812, 125015, 123105; issue 124260
  { since: 31, changes: { nfacctCounters: true, primaryNodePortAddress: true, ipvsFilter: 'all' } },
  // 127318, 130484
  { since: 32, changes: { staleUdpEntries: 'notServing' } },
  // 129271, 130742, 130844
  {
    since: 33,
    changes: { hintsCondition: 'always', nodeHints: true, hourlyFullSync: 'yes', proxyHealthBody: 'families' },
  },
  // 130542
  {
    since: 34,
    changes: {
      runner: 'minInterval',
      zeroSourceRangeAllowsAll: true,
      missingNodeIsIneligible: true,
      comparesEndpointPorts: true,
    },
  },
  // 135593
  { since: 36, changes: { duplicateEndpoints: 'preferNonTerminating' } },
  // 139629
  { since: 37, changes: { hourlyFullSync: 'not in large clusters', cleansWithoutEndpoints: true } },
];

const byMinor = new Map<number, ProxyBehaviour>();

/** The behaviour of a minor version, the same object each time. Throws a RangeError for a version nobody knows. */
export function behaviourOf(version: string): ProxyBehaviour {
  const minor = minorOf(version);
  let behaviour = byMinor.get(minor);
  if (behaviour === undefined) {
    const changes = CHANGES.filter((change) => change.since <= minor).map((change) => change.changes);
    behaviour = Object.assign({}, OLDEST, ...changes, { minor }) as ProxyBehaviour;
    byMinor.set(minor, behaviour);
  }
  return behaviour;
}
