/** The rules of mode nftables load into a kernel as they are, and `nft list ruleset` then prints what the model says. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { nftablesMode, SUPPORTED_VERSIONS } from '../../libs/sim/src/kube-proxy/index.js';
import type { IpFamily } from '../../libs/sim/src/objects.js';
import { type VectorCluster, vectorNode, vectorView } from '../flows/vector-cluster.js';
import { nodeOfEveryKind, servicesOfEveryKind, slicesOfEveryKind } from '../golden/every-service-kind.js';
import { missingPrerequisites } from './prerequisites.js';

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];
const VERSIONS = SUPPORTED_VERSIONS.filter((version) => Number(version.slice(2)) >= 29);

const SETTINGS: readonly (readonly [name: string, over: (ipFamily: IpFamily) => Partial<VectorCluster>])[] = [
  ['as it comes', () => ({})],
  ['node ports everywhere', (family) => ({ nodePortAddresses: [family === 'IPv4' ? '0.0.0.0/0' : '::/0'] })],
  ['masqueradeAll', () => ({ masqueradeAll: true, localDetector: { mode: 'None' } })],
  [
    'ranges of cluster IPs are known',
    (family) => ({
      serviceCIDRs: [family === 'IPv4' ? '172.30.0.0/16' : 'fd00:172::/32'],
      featureGates: { MultiCIDRServiceAllocator: true },
    }),
  ],
];

function programOf(version: string, ipFamily: IpFamily, over: Partial<VectorCluster>) {
  const node = vectorNode({ ...nodeOfEveryKind(ipFamily), ...over }, version);
  const services = servicesOfEveryKind(ipFamily).map((service) => ({
    ...service,
    spec: { ...service.spec, loadBalancerSourceRanges: service.spec.loadBalancerSourceRanges?.map(apart) ?? [] },
  }));
  return nftablesMode.program(vectorView(node, { services, endpointSlices: slicesOfEveryKind(ipFamily) }));
}

/** The kernel refuses the set of 1.29 where a range holds the VIP itself, which is let in beside it: that sync fails. */
const apart = (range: string): string => (range === 'fd00::/16' ? 'fd00:10::/32' : range);

/** Ranges of concatenations are listed in the order of the kernel's own tree. */
function ordered(text: string): string {
  return text.replace(/(flags interval\n.*\n\t\telements = \{ )([^}]*)( \})/g, (_, before, elements, after) => {
    return before + elements.split(/,\s+/).sort().join(', ') + after;
  });
}

/** What nft lists in a network namespace of its own after it has loaded the text. */
function listed(text: string): string {
  const { stdout, stderr, status } = spawnSync('unshare', ['--net', 'sh', '-c', 'nft -f - && nft list ruleset'], {
    input: text,
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

const hasNft = spawnSync('nft', ['--version']).error === undefined;
const missing = [...missingPrerequisites(), ...(hasNft ? [] : ['nft'])];
if (missing.length > 0 && process.env.CI === 'true') throw new Error(`the kernel suite lacks ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('the rules of mode nftables', () => {
  for (const ipFamily of FAMILIES) {
    for (const [name, over] of SETTINGS) {
      it(`load, and are listed as foretold (${ipFamily}, ${name})`, () => {
        for (const version of VERSIONS) {
          const program = programOf(version, ipFamily, over(ipFamily));
          const text = nftablesMode.rulesText(program, 'restore')!;
          const foretold = nftablesMode.rulesText(program, 'save')!;
          expect(ordered(`${listed(text).trimEnd()}\n`), version).toBe(ordered(foretold));
        }
      });
    }
  }
});
