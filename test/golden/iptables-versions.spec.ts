/** Every minor version programs every kind of Service, and a kernel takes the text. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { iptablesMode, SUPPORTED_VERSIONS } from '../../libs/sim/src/kube-proxy/index.js';
import { writeRestore } from '../../libs/sim/src/netfilter/iptables-save.js';
import type { IptablesTable, Ruleset } from '../../libs/sim/src/netfilter/rules.js';
import type { IpFamily } from '../../libs/sim/src/objects.js';
import { vectorNode, vectorView } from '../flows/vector-cluster.js';
import { nodeOfEveryKind } from './every-service-kind.js';
import { FAMILIES, objectsOfEveryKind, testTexts } from './every-version.js';

function rulesetOf(
  version: string,
  ipFamily: IpFamily,
  objects = objectsOfEveryKind(ipFamily),
): Ruleset<IptablesTable> {
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

  testTexts((version, objects) => textOf(rulesetOf(version, 'IPv4', objects)), objectsOfEveryKind('IPv4'), [
    ['1.21'],
    ['1.22'],
    ['1.23'],
    ['1.24'],
    ['1.25', '1.26'],
    ['1.27', '1.28'],
    ['1.29', '1.30', '1.31', '1.32', '1.33', '1.34', '1.35', '1.36', '1.37'],
  ]);
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
