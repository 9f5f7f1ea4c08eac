/** Every version that has mode userspace programs every kind of Service, and a kernel takes the rules. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type UserspaceProgram, userspaceMode } from '../../libs/sim/src/kube-proxy/index.js';
import type { RulesView } from '../../libs/sim/src/kube-proxy/modes/mode.js';
import type { IpFamily } from '../../libs/sim/src/objects.js';
import { type VectorObjects, vectorNode, vectorView } from '../flows/vector-cluster.js';
import { nodeOfEveryKind, servicesOfEveryKind, slicesOfEveryKind } from './every-service-kind.js';

const FAMILIES: IpFamily[] = ['IPv4', 'IPv6'];
const VERSIONS = ['1.21', '1.22', '1.23', '1.24', '1.25'];

const objectsOf = (ipFamily: IpFamily): VectorObjects => ({
  services: servicesOfEveryKind(ipFamily),
  endpointSlices: slicesOfEveryKind(ipFamily),
});

function programOf(version: string, ipFamily: IpFamily, objects = objectsOf(ipFamily)): UserspaceProgram {
  return userspaceMode.program(vectorView(vectorNode(nodeOfEveryKind(ipFamily), version), objects));
}

const textOf = (program: UserspaceProgram, view: RulesView): string => userspaceMode.rulesText(program, view)!;

const rulesIn = (text: string): string[] =>
  text.split('\n').filter((line) => /^(\*|-A )/.test(line) && line !== '*mangle');

describe('mode userspace in every version', () => {
  for (const ipFamily of FAMILIES) {
    it(`leads each address and port of a Service to the socket of its service port (${ipFamily})`, () => {
      for (const version of VERSIONS) {
        const { ruleset, sockets } = programOf(version, ipFamily);
        const ports = new Set([...sockets.values()].map(({ port }) => port));
        expect(ports.size).toBe(objectsOf(ipFamily).services.reduce((sum, { spec }) => sum + spec.ports!.length, 0));
        const led = new Set<number>();
        for (const rule of [...ruleset.tables.get('nat')!.chains.values()].flatMap(({ rules }) => rules)) {
          const { target } = rule;
          if (target?.kind === 'DNAT') led.add(target.port);
          if (target?.kind === 'translate') led.add(target.ports!.first);
          if (target?.kind === 'jump') expect(ruleset.tables.get('nat')!.chains.has(target.chain)).toBe(true);
        }
        expect(led).toEqual(ports);
      }
    });
  }

  it('does not depend on the order in which objects came, nor on endpoints', () => {
    const { services, endpointSlices } = objectsOf('IPv4');
    const reversed = { services: services.toReversed(), endpointSlices: endpointSlices.toReversed() };
    const restored = (objects: VectorObjects) => textOf(programOf('1.25', 'IPv4', objects), 'restore');
    expect(restored(reversed)).toBe(restored({ services, endpointSlices }));
    expect(restored({ services, endpointSlices: [] })).toBe(restored({ services, endpointSlices }));
  });

  it('changes with kubelet alone', () => {
    const own = (version: string) =>
      rulesIn(textOf(programOf(version, 'IPv4'), 'restore')).filter((line) => /PORTALS|NODEPORT/.test(line));
    for (const version of VERSIONS) expect(own(version), version).toEqual(own('1.21'));
  });
});

/** A network namespace of its own, so that nothing of this machine is touched. */
const canLoad = spawnSync('unshare', ['--net', 'iptables', '-m', 'physdev', '-h']).status === 0;

describe.skipIf(!canLoad)('a kernel', () => {
  const TOOL: Record<IpFamily, string> = { IPv4: 'iptables', IPv6: 'ip6tables' };
  for (const ipFamily of FAMILIES) {
    it(`loads the rules of every version, and lists them as they are served (${ipFamily})`, () => {
      const rules = join(mkdtempSync(join(tmpdir(), 'hairpin-userspace-')), 'rules');
      for (const version of VERSIONS) {
        const program = programOf(version, ipFamily);
        writeFileSync(rules, textOf(program, 'restore'));
        const script = `${TOOL[ipFamily]}-restore < ${rules} && ${TOOL[ipFamily]}-save`;
        const shown = execFileSync('unshare', ['--net', 'sh', '-c', script], { encoding: 'utf8', stdio: 'pipe' });
        expect(rulesIn(shown), version).toEqual(rulesIn(textOf(program, 'save')));
        expect(rulesIn(shown).length).toBeGreaterThan(80);
      }
    });
  }
});
