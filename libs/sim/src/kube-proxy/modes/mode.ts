/** What every mode of kube-proxy does: turn what it knows into the rules of its node. */
import type { Ruleset } from '../../netfilter/rules.js';
import type { ProxyMode as ModeName } from '../../scenario.js';
import type { ProxyView } from '../proxy-node.js';
import type { ProxySockets } from './userspace-sockets.js';

/** What a mode's rules are written as. */
export type RulesFormat = 'iptables' | 'nft' | 'ipvs' | 'ipset';

/** `restore`: as kube-proxy hands them to the tool that loads them. `save`: as the node lists them afterwards. */
export type RulesView = 'restore' | 'save';

export interface ProxyProgram {
  readonly view: ProxyView;
  /** All rules of the node in that family after the sync, kubelet's included. */
  readonly ruleset: Ruleset;
  /** On which kube-proxy itself accepts what its rules send it; absent in modes whose rules lead to endpoints. */
  readonly sockets?: ProxySockets;
}

export interface ProxyMode<P extends ProxyProgram = ProxyProgram> {
  /** What `/proxyMode` answers. */
  readonly name: ModeName;
  /** What its rules can be written as; the first is what is meant where nobody says. */
  readonly formats: readonly [RulesFormat, ...RulesFormat[]];
  /** `previous`, if any, is this mode's own and only saves work: what did not change since is taken over. */
  program(view: ProxyView, previous?: P): P;
  /** `format` is one of `formats`, if not given the first. Null: not modelled. */
  rulesText(program: P, view: RulesView, format?: RulesFormat): string | null;
}
