/** Every minor version programs every kind of Service, and a kernel takes the text. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { iptablesMode, SUPPORTED_VERSIONS } from '../../libs/sim/src/kube-proxy/index.js';
import { writeRestore } from '../../libs/sim/src/netfilter/iptables-save.js';
import type { IptablesTable, Ruleset } from '../../libs/sim/src/netfilter/rules.js';
import type { IpFamily } from '../../libs/sim/src/objects.js';
import { type VectorObjects, vectorNode, vectorView } from '../flows/vector-cluster.js';
import { nodeOfEveryKind, servicesOfEveryKind, slicesOfEveryKind } from './every-service-kind.js';

const FAMILIES: IpFamily[] = ['IPv4', 'IPv6'];

const objectsOf = (ipFamily: IpFamily): VectorObjects => ({
  services: servicesOfEveryKind(ipFamily),
  endpointSlices: slicesOfEveryKind(ipFamily),
});

function rulesetOf(version: string, ipFamily: IpFamily, objects = objectsOf(ipFamily)): Ruleset<IptablesTable> {
  return iptablesMode.program(vectorView(vectorNode(nodeOfEveryKind(ipFamily), version), objects)).ruleset;
}

const textOf = (ruleset: Ruleset<IptablesTable>): string =>
  writeRestore(ruleset, { markFormat: 'padded', baseChains: true });

/** The chains that a rule of the table jumps to and that are not there. */
function missingChains(ruleset: Ruleset<IptablesTable>): string[] {
  return [...ruleset.tables.values()].flatMap(({ chains }) =>
    [...chains.values()]
      .flatMap(({ rules }) => rules.map(({ target }) => (target?.kind === 'jump' ? target.chain : 'KUBE-SERVICES')))
      .filter((chain) => !chains.has(chain)),
  );
}

describe('the rules of every version', () => {
  for (const ipFamily of FAMILIES) {
    it(`jump to chains that exist (${ipFamily})`, () => {
      for (const version of SUPPORTED_VERSIONS) {
        expect(missingChains(rulesetOf(version, ipFamily)), version).toEqual([]);
      }
    });

    it(`keep chain names within 28 characters (${ipFamily})`, () => {
      for (const version of SUPPORTED_VERSIONS) {
        const names = [...rulesetOf(version, ipFamily).tables.values()].flatMap(({ chains }) => [...chains.keys()]);
        expect(Math.max(...names.map((name) => name.length)), version).toBeLessThanOrEqual(28);
      }
    });
  }

  it('do not depend on the order in which objects came', () => {
    const { services, endpointSlices } = objectsOf('IPv4');
    const reversed = { services: services.toReversed(), endpointSlices: endpointSlices.toReversed() };
    for (const version of SUPPORTED_VERSIONS) {
      expect(textOf(rulesetOf(version, 'IPv4', reversed)), version).toBe(textOf(rulesetOf(version, 'IPv4')));
    }
  });

  it('change where kube-proxy changed, and nowhere else', () => {
    const groups: string[][] = [];
    let before = '';
    for (const version of SUPPORTED_VERSIONS) {
      const text = textOf(rulesetOf(version, 'IPv4'));
      if (text === before) groups.at(-1)?.push(version);
      else groups.push([version]);
      before = text;
    }
    expect(groups).toEqual([
      ['1.21'],
      ['1.22'],
      ['1.23'],
      ['1.24'],
      ['1.25', '1.26'],
      ['1.27', '1.28'],
      ['1.29', '1.30', '1.31', '1.32', '1.33', '1.34', '1.35', '1.36', '1.37'],
    ]);
  });
});

/** A network namespace of its own, so that nothing of this machine is touched. */
function canTestRestore(): boolean {
  return spawnSync('unshare', ['--net', 'iptables-restore', '--version']).status === 0;
}

describe.skipIf(!canTestRestore())('iptables-restore takes the text as it is', () => {
  const TOOL: Record<IpFamily, string> = { IPv4: 'iptables-restore', IPv6: 'ip6tables-restore' };
  for (const ipFamily of FAMILIES) {
    it(`of every version (${ipFamily})`, () => {
      const texts = new Set(SUPPORTED_VERSIONS.map((version) => textOf(rulesetOf(version, ipFamily))));
      for (const input of texts) {
        const load = () => execFileSync('unshare', ['--net', TOOL[ipFamily], '--test'], { input, stdio: 'pipe' });
        expect(load).not.toThrow();
      }
    });
  }
});
