/**
 * What a node lists after kube-proxy wrote: the served text of every version and of random clusters is loaded, and
 * `view=save` must be what iptables-save prints then, byte for byte, apart from the comments that tell tool and time.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withCanaries } from '../../libs/sim/src/kube-proxy/canary-chains.js';
import { behaviourOf, iptablesMode, SUPPORTED_VERSIONS } from '../../libs/sim/src/kube-proxy/index.js';
import { writeRestore, writeSaved } from '../../libs/sim/src/netfilter/iptables-save.js';
import type { IptablesTable, Ruleset } from '../../libs/sim/src/netfilter/rules.js';
import type { IpFamily } from '../../libs/sim/src/objects.js';
import { rulesText } from '../../libs/sim/src/questions.js';
import { smallScenario } from '../../libs/sim/src/testing/small-scenario.js';
import { vectorNode, vectorView } from '../flows/vector-cluster.js';
import { nodeOfEveryKind, servicesOfEveryKind, slicesOfEveryKind } from '../golden/every-service-kind.js';
import { smallWorld } from '../properties/small-worlds.js';
import { missingPrerequisites } from './prerequisites.js';

const PREFIX: Record<IpFamily, string> = { IPv4: 'iptables', IPv6: 'ip6tables' };

/** In a namespace of its own. */
function loadedAndSaved(restore: string, family: IpFamily, variant: 'nft' | 'legacy'): string {
  const tool = `${PREFIX[family]}-${variant}`;
  const script = `${tool}-restore && ${tool}-save`;
  const saved = execFileSync('unshare', ['--net', 'sh', '-c', script], { input: restore, encoding: 'utf8' });
  return saved.replace(/^#.*\n/gm, '');
}

const hasLegacy = spawnSync('unshare', ['--net', 'iptables-legacy', '-t', 'nat', '-S']).status === 0;
const variants = hasLegacy ? (['nft', 'legacy'] as const) : (['nft'] as const);

/** iptables-legacy lists tables as the kernel made them. */
function byTable(text: string): string[] {
  return text.split(/(?<=^COMMIT\n)/m).sort();
}

function rulesetOf(version: string, family: IpFamily): Ruleset<IptablesTable> {
  const objects = { services: servicesOfEveryKind(family), endpointSlices: slicesOfEveryKind(family) };
  const { ruleset } = iptablesMode.program(vectorView(vectorNode(nodeOfEveryKind(family), version), objects));
  return withCanaries(ruleset, behaviourOf(version));
}

describe.runIf(missingPrerequisites().length === 0).each(['IPv4', 'IPv6'] as const)('%s rules', (family) => {
  it.each(SUPPORTED_VERSIONS)('of %s are listed as view=save has them', (version) => {
    const ruleset = rulesetOf(version, family);
    const restore = writeRestore(ruleset, { markFormat: 'padded', baseChains: true });
    const expected = writeSaved(ruleset);
    for (const variant of variants) {
      const saved = loadedAndSaved(restore, family, variant);
      if (variant === 'nft') expect(saved).toBe(expected);
      else expect(byTable(saved)).toEqual(byTable(expected));
    }
    // What a node lists can be loaded too, and is then the same again.
    expect(loadedAndSaved(expected, family, 'nft')).toBe(expected);
  });
});

describe.runIf(missingPrerequisites().length === 0)('rules of random clusters', () => {
  it('are listed as view=save has them', () => {
    const worlds = fc.sample(smallWorld, { numRuns: 40, seed: 41 });
    for (const world of worlds) {
      const scenario = smallScenario(world);
      const question = { node: 'n1', ipFamily: 'IPv4', atNs: 0, format: 'iptables' } as const;
      const saved = rulesText(scenario, { ...question, view: 'save' });
      // The canaries are no part of what kube-proxy hands to iptables-restore.
      const canaries = /^:KUBE-(KUBELET-CANARY|PROXY-CANARY|IPTABLES-HINT) - .*\n/gm;
      const withoutCanaries = saved.replace(/^\*mangle\n[\s\S]*?COMMIT\n/, '').replace(canaries, '');
      expect(loadedAndSaved(rulesText(scenario, question), 'IPv4', 'nft')).toBe(withoutCanaries);
      expect(loadedAndSaved(saved, 'IPv4', 'nft')).toBe(saved);
    }
  });
});
