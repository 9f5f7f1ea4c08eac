import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../netfilter/address.js';
import type { IpFamily, PodObject, ServiceObject } from '../objects.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { pod, service, smallCluster } from '../testing/small-scenario.js';
import { ApiServer } from './api-server.js';
import { slicesOf } from './endpoint-slices.js';

type Spec = Partial<ServiceObject['spec']>;

const RANGES = {
  v4: ['10.96.0.0/16'],
  v6: ['fd00:96::/112'],
  both: ['10.96.0.0/16', 'fd00:96::/112'],
  v6first: ['fd00:96::/112', '10.96.0.0/16'],
};
const FOUR = '10.96.0.9';
const SIX = 'fd00:96::9';
const IPS = { IPv4: FOUR, IPv6: SIX };
const NO_DUAL = 'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack';
const MULTIPLE = `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple`;

const server = (ranges: keyof typeof RANGES) => new ApiServer(smallCluster({ serviceCIDRs: RANGES[ranges] }), () => {});

/** Policy, families and addresses; or why not. */
function answer(written: ReturnType<ApiServer['create']>): string | unknown[] {
  if ('error' in written) return written.error.replace('The Service "web" is invalid: ', '');
  const { ipFamilyPolicy, ipFamilies, clusterIPs } = (written.object as ServiceObject).spec;
  return [ipFamilyPolicy, ipFamilies?.join(), clusterIPs];
}

const patch = (api: ApiServer, spec: Record<string, unknown>) => answer(api.patch('Service', 'default/web', { spec }));

describe('a new Service', () => {
  it.each<[string, keyof typeof RANGES, Spec, string, string, string[]]>([
    ['says nothing', 'v6first', {}, 'SingleStack', 'IPv6', ['fd00:96::101']],
    [
      'prefers two, there is one',
      'v4',
      { ipFamilyPolicy: 'PreferDualStack' },
      'PreferDualStack',
      'IPv4',
      ['10.96.1.1'],
    ],
    [
      'prefers two',
      'both',
      { ipFamilyPolicy: 'PreferDualStack' },
      'PreferDualStack',
      'IPv4,IPv6',
      ['10.96.1.1', 'fd00:96::101'],
    ],
    [
      'requires two, IPv6 first',
      'both',
      { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] },
      'RequireDualStack',
      'IPv6,IPv4',
      ['fd00:96::101', '10.96.1.1'],
    ],
    [
      'names its second address only by family',
      'both',
      { ipFamilyPolicy: 'RequireDualStack', clusterIP: SIX },
      'RequireDualStack',
      'IPv6,IPv4',
      [SIX, '10.96.1.1'],
    ],
    [
      'names both addresses',
      'both',
      { ipFamilyPolicy: 'PreferDualStack', clusterIPs: [SIX, FOUR] },
      'PreferDualStack',
      'IPv6,IPv4',
      [SIX, FOUR],
    ],
    ['names one address', 'both', { clusterIP: SIX }, 'SingleStack', 'IPv6', [SIX]],
    ['is headless', 'both', { clusterIP: 'None' }, 'SingleStack', 'IPv4', ['None']],
    [
      'is headless and prefers two',
      'both',
      { clusterIP: 'None', ipFamilyPolicy: 'PreferDualStack' },
      'PreferDualStack',
      'IPv4,IPv6',
      ['None'],
    ],
    [
      'is headless without a selector: any family, whatever the cluster has',
      'v6',
      { clusterIP: 'None', selector: {} },
      'RequireDualStack',
      'IPv6,IPv4',
      ['None'],
    ],
    [
      'is headless without a selector and names a family',
      'v4',
      { clusterIP: 'None', selector: {}, ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] },
      'SingleStack',
      'IPv6',
      ['None'],
    ],
  ])('%s', (_, ranges, spec, policy, families, ips) => {
    expect(answer(server(ranges).create(service('web', spec), 0))).toEqual([policy, families, ips]);
  });

  it.each<[string, keyof typeof RANGES, Spec, string]>([
    ['two addresses without a policy', 'both', { clusterIPs: [FOUR, SIX] }, `${MULTIPLE} cluster IPs are specified`],
    ['two families without one', 'both', { ipFamilies: ['IPv4', 'IPv6'] }, `${MULTIPLE} IP families are specified`],
    ['two where there is one', 'v4', { ipFamilyPolicy: 'RequireDualStack' }, NO_DUAL],
    ['two, headless', 'v6', { ipFamilyPolicy: 'RequireDualStack', clusterIP: 'None' }, NO_DUAL],
    ['another family', 'v4', { ipFamilies: ['IPv6'] }, 'ipFamilies[0]: Invalid value: "IPv6": not configured'],
    ['an address of another family', 'v4', { clusterIP: SIX }, 'IPv6 is not configured on this cluster'],
    ['one family twice', 'both', { ipFamilies: ['IPv4', 'IPv4'] }, 'ipFamilies[1]: Duplicate value: "IPv4"'],
    [
      'two addresses of one family',
      'both',
      { ipFamilyPolicy: 'PreferDualStack', clusterIPs: [FOUR, '10.96.0.10'] },
      'may specify no more than one IP for each IP family',
    ],
    [
      'an address beside None',
      'both',
      { ipFamilyPolicy: 'PreferDualStack', clusterIPs: ['None', FOUR] },
      "'None' must be the first and only value",
    ],
    ['a family that the address denies', 'both', { clusterIP: SIX, ipFamilies: ['IPv4'] }, 'expected an IPv4 value as'],
    [
      'families for a mere name',
      'both',
      { type: 'ExternalName', externalName: 'example.com', ipFamilies: ['IPv4'] },
      'spec.ipFamilies: Forbidden: may not be set for ExternalName',
    ],
  ])('is refused %s', (_, ranges, spec, text) => {
    expect(answer(server(ranges).create(service('web', spec), 0))).toContain(text);
  });
});

describe('a Service that changes', () => {
  it('goes to two families and back, and the address is free again', () => {
    const api = server('both');
    api.create(service('web'), 0);
    const two = ['RequireDualStack', 'IPv4,IPv6', ['10.96.1.1', 'fd00:96::101']];
    expect(patch(api, { ipFamilyPolicy: 'RequireDualStack' })).toEqual(two);
    expect(patch(api, { sessionAffinity: 'ClientIP' })).toEqual(two);
    expect(patch(api, { ipFamilyPolicy: 'SingleStack' })).toEqual(['SingleStack', 'IPv4', ['10.96.1.1']]);
    expect(answer(api.create(service('six', { ipFamilies: ['IPv6'] }), 0))).toEqual([
      'SingleStack',
      'IPv6',
      ['fd00:96::101'],
    ]);
  });

  it('loses no family without SingleStack, and keeps its first', () => {
    const api = server('both');
    api.create(service('web', { ipFamilyPolicy: 'PreferDualStack' }), 0);
    expect(patch(api, { clusterIPs: ['10.96.1.1'] })).toContain(
      "must be 'SingleStack' to release the secondary cluster IP",
    );
    expect(patch(api, { ipFamilies: ['IPv4'] })).toContain("must be 'SingleStack' to release the secondary IP family");
    expect(patch(api, { ipFamilies: ['IPv6', 'IPv4'] })).toContain('ipFamilies[0]');
    expect(patch(api, {})).toEqual(['PreferDualStack', 'IPv4,IPv6', ['10.96.1.1', 'fd00:96::101']]);
  });

  it('keeps the addresses that it has', () => {
    const api = server('both');
    api.create(service('web', { ipFamilyPolicy: 'PreferDualStack' }), 0);
    const kept = ['PreferDualStack', 'IPv4,IPv6', ['10.96.1.1', 'fd00:96::101']];
    for (const spec of [{ clusterIP: '' }, { clusterIPs: [] }, { clusterIP: null, clusterIPs: null }])
      expect(patch(api, spec)).toEqual(kept);
    const changed = (n: number) => expect.stringContaining(`spec.clusterIPs[${n}]: Invalid value: `);
    expect(patch(api, { clusterIP: FOUR, ipFamilyPolicy: 'SingleStack' })).toEqual(changed(0));
    expect(patch(api, { clusterIPs: [FOUR, 'fd00:96::101'] })).toEqual(changed(0));
    expect(patch(api, { clusterIPs: ['10.96.1.1', SIX] })).toEqual(changed(1));
    expect(patch(api, { clusterIP: 'None', ipFamilyPolicy: 'SingleStack' })).toContain('may not change once set');
    expect(patch(api, {})).toEqual(kept);
  });

  it('that was stored with two addresses and no policy keeps both', () => {
    const stored = service('web', { clusterIPs: [FOUR, SIX] });
    const cluster = smallCluster({ serviceCIDRs: RANGES.both, admission: 'asStored' });
    const api = new ApiServer(cluster, () => {});
    api.replace(stored);
    expect(patch(api, { sessionAffinity: 'ClientIP' })).toEqual(['RequireDualStack', 'IPv4,IPv6', [FOUR, SIX]]);
  });

  it('that has one of a preferred two is left alone when the cluster gets the second', () => {
    const api = server('both');
    api.replace(service('web', { ipFamilyPolicy: 'PreferDualStack', clusterIPs: [FOUR], ipFamilies: ['IPv4'] }));
    expect(patch(api, { sessionAffinity: 'ClientIP' })).toEqual(['PreferDualStack', 'IPv4', [FOUR]]);
  });
});

/** A pod of both families; its spec names the node. */
function dualPod(n: number, ips: readonly string[]): PodObject {
  return pod(`p${n}`, ips[0]!, { spec: { nodeName: 'n1' }, status: { podIPs: ips.map((ip) => ({ ip })) } });
}

const families = fc.constantFrom<IpFamily[]>([], ['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4']);
const someSpec = fc.record(
  {
    clusterIPs: fc.constantFrom(['None'], [FOUR], [SIX], [FOUR, SIX], [SIX, FOUR], ['None', SIX]),
    ipFamilies: families,
    ipFamilyPolicy: fc.constantFrom('SingleStack', 'PreferDualStack', 'RequireDualStack'),
    selector: fc.constantFrom({ app: 'web' }, {}),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Spec>;
/** Half of them can be had everywhere. */
const firstSpec = fc.oneof(
  someSpec,
  fc.constantFrom<Spec>({}, { ipFamilyPolicy: 'PreferDualStack' }, { clusterIP: 'None' }),
);
const someRanges = fc.constantFrom<keyof typeof RANGES>('v4', 'v6', 'both', 'v6first');

it('families, policy and addresses of a Service that is taken always agree', () => {
  let taken = 0;
  fc.assert(
    fc.property(someRanges, firstSpec, fc.array(someSpec, { maxLength: 4 }), (ranges, first, changes) => {
      const api = server(ranges);
      const offered = RANGES[ranges].map((cidr) => parseIp(cidr.split('/')[0]!)!.family);
      const check = (written: ReturnType<ApiServer['create']>) => {
        if ('error' in written) return;
        taken++;
        const {
          clusterIPs = [],
          clusterIP,
          ipFamilies = [],
          ipFamilyPolicy,
          selector,
        } = (written.object as ServiceObject).spec;
        const anywhere = clusterIP === 'None' && Object.keys(selector ?? {}).length === 0;
        expect(ipFamilies.length).toBeGreaterThan(0);
        expect(new Set(ipFamilies).size).toBe(ipFamilies.length);
        expect(clusterIP).toBe(clusterIPs[0]);
        if (clusterIP === 'None') expect(clusterIPs).toEqual(['None']);
        else expect(clusterIPs.map((ip) => parseIp(ip)!.family)).toEqual(ipFamilies);
        if (!anywhere) expect(offered).toEqual(expect.arrayContaining(ipFamilies));
        const count = { SingleStack: 1, RequireDualStack: 2, PreferDualStack: anywhere ? 2 : offered.length };
        expect(ipFamilies).toHaveLength(count[ipFamilyPolicy!]);
      };
      check(api.create(service('web', first), 0));
      for (const spec of changes) check(api.patch('Service', 'default/web', { spec }));
      api.delete('Service', 'default/web');
      // All is free again: each address can be had.
      for (const family of offered)
        expect(answer(api.create(service(family, { clusterIP: IPS[family] }), 0))).toContainEqual([IPS[family]]);
    }),
    { numRuns: 400, seed: 5 },
  );
  expect(taken).toBeGreaterThan(300);
});

it('slices hold each family of the Service, and of the pods’ addresses those of that family', () => {
  const ips = fc.constantFrom(['10.1.1.', 'fd00:1::'], ['fd00:1::', '10.1.1.'], ['10.1.1.'], ['fd00:1::']);
  fc.assert(
    fc.property(fc.array(ips, { minLength: 1, maxLength: 5 }), someSpec, (pods, spec) => {
      const web = service('web', { ...spec, selector: { app: 'web' } });
      const objects = pods.map((of, n) =>
        dualPod(
          n,
          of.map((prefix) => `${prefix}${n + 2}`),
        ),
      );
      const cluster = loneCluster({ cluster: { serviceCIDRs: RANGES.both }, objects });
      const written = cluster.api.create(web, 0);
      if ('error' in written) return;
      cluster.slices.reconcile('default/web');
      const { ipFamilies = [] } = (written.object as ServiceObject).spec;
      const wanted = ipFamilies.flatMap((family) =>
        objects.flatMap(({ status }) =>
          (status!.podIPs ?? []).filter(({ ip }) => parseIp(ip)!.family === family).map(({ ip }) => `${family} ${ip}`),
        ),
      );
      const slices = slicesOf(cluster.api, 'default/web');
      const found = slices.flatMap((s) => s.endpoints.map(({ addresses }) => `${s.addressType} ${addresses[0]}`));
      expect(found.sort()).toEqual(wanted.sort());
      expect(slices.every((s) => s.endpoints.length > 0)).toBe(true);
      expect(new Set(slices.map((s) => s.addressType)).size).toBe(slices.length);
      // Taking the second family away takes its slices away.
      const single = cluster.api.patch('Service', 'default/web', { spec: { ipFamilyPolicy: 'SingleStack' } });
      if ('error' in single) throw new Error(single.error);
      cluster.slices.reconcile('default/web');
      const left = slicesOf(cluster.api, 'default/web').filter((s) => s.addressType !== ipFamilies[0]);
      expect(left).toEqual([]);
    }),
    { numRuns: 150, seed: 3 },
  );
});
