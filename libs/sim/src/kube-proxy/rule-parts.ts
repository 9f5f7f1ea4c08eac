/** The parts that rules of iptables are put together from. */
import type { Match, Rule, Target } from '../netfilter/rules.js';
import type { Protocol } from '../objects.js';

export const comment = (text: string): Match => ({ kind: 'comment', text });
export const protocol = (name: Protocol): Match => ({ kind: 'protocol', protocol: name });
export const destination = (cidr: string): Match => ({ kind: 'destination', cidr });
export const source = (cidr: string): Match => ({ kind: 'source', cidr });
export const destinationPort = (port: number): Match => ({ kind: 'destinationPort', port });
export const toLocalAddress: Match = { kind: 'addrtype', destination: 'LOCAL' };
export const fromLocalAddress: Match = { kind: 'addrtype', source: 'LOCAL' };

export const rule = (matches: readonly Match[], target: Target | null): Rule => ({ matches, target });
export const jump = (matches: readonly Match[], chain: string): Rule => rule(matches, { kind: 'jump', chain });
