/** What all rules of one sync in mode nftables have in common, worked out once. */
import { type Ip, parseCidr, parseCidrLenient } from '../../netfilter/address.js';
import { isLoopback } from '../../netfilter/loopback.js';
import type { NftStatement } from '../../netfilter/nft-rules.js';
import { type CategorizedEndpoints, categorizeEndpoints, type NodeTopology } from '../categorize-endpoints.js';
import type { EndpointInfo } from '../endpoint-map.js';
import type { LocalDetector } from '../local-detector.js';
import { nodePortAddressesOf } from '../node-port-addresses.js';
import { masqueradeMarkOf, type ProxyNode, type ProxyView } from '../proxy-node.js';
import { type ServicePortInfo, settingsText } from '../service-map.js';
import { differs, equals, type FamilyWords, jump, meta, network, setMark, value, WORDS } from './nftables-parts.js';
import { type NftablesBehaviour, nftablesBehaviourOf } from './nftables-versions.js';

export interface NftablesContext {
  readonly node: ProxyNode;
  readonly topology: NodeTopology;
  /** What decides about a service port's parts, but for `topology` and `node.primaryIP`. */
  readonly settings: string;
  readonly behaviour: NftablesBehaviour;
  readonly words: FamilyWords;
  readonly masqueradeMark: number;
  /** Marks a packet for masquerade. */
  readonly mark: NftStatement;
  /** Where node ports work; null: on all of the node's addresses but the loopback. */
  readonly nodePortIPs: readonly Ip[] | null;
  /** Null: no detector. */
  readonly ifLocal: NftStatement | null;
  readonly ifNotLocal: NftStatement | null;
  readonly categorize: (endpoints: readonly EndpointInfo[], info: ServicePortInfo) => CategorizedEndpoints;
}

export function nftablesContext({ node, nodeLabels }: ProxyView): NftablesContext {
  const behaviour = nftablesBehaviourOf(node.behaviour.minor);
  const topology = { nodeName: node.name, nodeLabels, behaviour: node.behaviour, gates: node.gates };
  const words = WORDS[node.ipFamily];
  const masqueradeMark = masqueradeMarkOf(node);
  const detector = node.localDetector;
  const others = [detector, node.masqueradeAll, node.masqueradeBit];
  return {
    node,
    topology,
    settings: `${settingsText(node)} ${JSON.stringify(others)}`,
    behaviour,
    words,
    masqueradeMark,
    mark: behaviour.endpoints === 'maps' ? setMark(masqueradeMark) : jump('mark-for-masquerade'),
    nodePortIPs: nodePortIPsOf(node, behaviour),
    ifLocal: detector && detection(detector, words, behaviour, equals),
    ifNotLocal: detector && detection(detector, words, behaviour, differs),
    categorize: (list, info) => categorizeEndpoints(list, info, topology),
  };
}

function detection(
  detector: LocalDetector,
  { source }: FamilyWords,
  { interfaceBy }: NftablesBehaviour,
  compare: typeof equals,
): NftStatement {
  const inInterface = meta(interfaceBy === 'index' ? 'iif' : 'iifname');
  switch (detector.kind) {
    case 'cidr':
      return compare(source, network(parseCidr(detector.cidr)!));
    case 'interface':
      return compare(inInterface, value(detector.name));
    case 'interfacePrefix':
      return compare(inInterface, value(`${detector.prefix}*`));
  }
}

/** The loopback never has node ports; since 1.30 only the primary address has, where nothing else is said. */
function nodePortIPsOf(node: ProxyNode, { nodePortsByDefault }: NftablesBehaviour): readonly Ip[] | null {
  const { bridgeIPs, ipFamily, ips, nodePortAddresses: settings, primaryIP } = node;
  const isSaid =
    nodePortsByDefault === 'primary'
      ? settings.length > 0
      : settings.some((setting) => parseCidrLenient(setting)?.family === ipFamily);
  const effective = isSaid || nodePortsByDefault === 'everywhere' ? settings : ['primary'];
  const found = nodePortAddressesOf(effective, ipFamily, [...ips, ...bridgeIPs], primaryIP).ips;
  return found === null ? null : found.filter((ip) => !isLoopback(ip));
}
