/** The kernel takes the sets and rules that mode ipvs writes, of every version. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SUPPORTED_VERSIONS } from '../../libs/sim/src/kube-proxy/index.js';
import type { IpFamily } from '../../libs/sim/src/objects.js';
import { FAMILIES } from '../golden/every-version.js';
import { programOf, textOf } from '../golden/ipvs-programs.js';

/** A network namespace of its own, so that nothing of this machine is touched. */
function canLoadSets(): boolean {
  const script = 'ipset create T hash:ip,port,net && iptables -A INPUT -m set --match-set T dst,dst,src';
  return spawnSync('unshare', ['--net', 'sh', '-c', script]).status === 0;
}

describe.skipIf(!canLoadSets())('a kernel', () => {
  const TOOL: Record<IpFamily, string> = { IPv4: 'iptables-restore', IPv6: 'ip6tables-restore' };
  for (const ipFamily of FAMILIES) {
    it(`loads the sets of every version, then the rules, and shows both again (${ipFamily})`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'hairpin-ipvs-'));
      for (const version of SUPPORTED_VERSIONS) {
        const program = programOf(version, ipFamily);
        const [sets, rules] = [join(folder, 'sets'), join(folder, 'rules')];
        writeFileSync(sets, textOf(program, 'ipset'));
        writeFileSync(rules, textOf(program, 'iptables'));
        const script = `ipset restore < ${sets} && ${TOOL[ipFamily]} < ${rules} && ipset save && ${TOOL[ipFamily].replace('restore', 'save')}`;
        const shown = execFileSync('unshare', ['--net', 'sh', '-c', script], { encoding: 'utf8', stdio: 'pipe' });
        const rulesIn = (text: string) =>
          text
            .split('\n')
            .filter((line) => /^(\*|-A )/.test(line) && line !== '*mangle')
            .join('\n');
        const sorted = (text: string, kind: RegExp) =>
          text
            .split('\n')
            .filter((line) => kind.test(line))
            .sort();
        expect(sorted(shown, /^add /), version).toEqual(sorted(textOf(program, 'ipset'), /^add /));
        const saved = textOf(program, 'iptables', 'save');
        expect(rulesIn(shown), version).toBe(rulesIn(saved));
      }
    });
  }
});
