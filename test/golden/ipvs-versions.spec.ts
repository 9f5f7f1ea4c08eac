/** Every minor version programs every kind of Service in mode ipvs. */
import { describe, expect, it } from 'vitest';
import { type IpvsProgram, ipvsMode, SUPPORTED_VERSIONS } from '../../libs/sim/src/kube-proxy/index.js';
import { FAMILIES, testTexts } from './every-version.js';
import { objectsOf, programOf, textOf } from './ipvs-programs.js';

const allOf = (program: IpvsProgram): string => ipvsMode.formats.map((format) => textOf(program, format)).join('\n');

describe('mode ipvs in every version', () => {
  for (const ipFamily of FAMILIES) {
    it(`asks only sets that it has, and jumps only to chains that it has (${ipFamily})`, () => {
      for (const version of SUPPORTED_VERSIONS) {
        const { tables, sets } = programOf(version, ipFamily).ruleset;
        for (const { chains } of tables.values())
          for (const rule of [...chains.values()].flatMap(({ rules }) => rules)) {
            if (rule.target?.kind === 'jump') expect(chains.has(rule.target.chain), version).toBe(true);
            for (const match of rule.matches)
              if (match.kind === 'set') expect(sets?.has(match.name), version).toBe(true);
          }
      }
    });

    it(`keeps names of sets within 31 characters, and the families apart (${ipFamily})`, () => {
      const names = [...programOf('1.34', ipFamily).ruleset.sets!.keys()];
      expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(31);
      expect(names.every((name) => name.startsWith('KUBE-6-') === (ipFamily === 'IPv6'))).toBe(true);
      expect(new Set(names).size).toBe(17);
    });
  }

  describe('its rules', () => {
    testTexts((version, objects) => allOf(programOf(version, 'IPv4', objects)), objectsOf('IPv4'), [
      ['1.21'],
      ['1.22'],
      ['1.23'],
      ['1.24'],
      ['1.25'],
      ['1.26'],
      ['1.27'],
      ['1.28'],
      ['1.29', '1.30'],
      ['1.31', '1.32', '1.33', '1.34', '1.35', '1.36', '1.37'],
    ]);
  });

  it('binds cluster IPs and external addresses to the dummy device, but not what the node has elsewhere', () => {
    const { services, endpointSlices } = objectsOf('IPv4');
    const spec = { ...services[0]!.spec, externalIPs: ['192.168.0.2'] };
    const objects = { services: [{ ...services[0]!, spec }], endpointSlices };
    const boundIn = (version: string) => [...programOf(version, 'IPv4', objects).ruleset.boundAddresses!];
    expect(boundIn('1.26')).toEqual(['172.30.0.1', '192.168.0.2']);
    expect(boundIn('1.27')).toEqual(['172.30.0.1']);
  });

  it('leaves an address that it has bound out of the node ports, up to 1.26', () => {
    const { services, endpointSlices } = objectsOf('IPv4');
    const nodePort = services.find(({ metadata }) => metadata.name === 'node-port')!;
    const claims = { ...services[0]!, spec: { ...services[0]!.spec, externalIPs: ['192.168.0.2'] } };
    const objects = { services: [nodePort, claims], endpointSlices };
    const hasNodePort = (version: string) => textOf(programOf(version, 'IPv4', objects), 'ipvs').includes(':30002');
    expect([hasNodePort('1.26'), hasNodePort('1.27')]).toEqual([false, true]);
  });

  it('puts what the kernel has no room for into no set', () => {
    const { services, endpointSlices } = objectsOf('IPv4');
    const open = services.map((service) => ({
      ...service,
      spec: { ...service.spec, loadBalancerSourceRanges: ['0.0.0.0/0'] },
    }));
    const program = programOf('1.33', 'IPv4', { services: open, endpointSlices });
    expect(program.ruleset.sets?.get('KUBE-LOAD-BALANCER-SOURCE-CIDR')?.entries).toEqual([]);
    expect(textOf(program, 'iptables')).toContain('--match-set KUBE-LOAD-BALANCER-SOURCE-CIDR');
  });

  it('keeps the node from a load balancer whose ranges leave it out, from 1.29 on', () => {
    const { services, endpointSlices } = objectsOf('IPv4');
    const narrow = services.map((service) => ({
      ...service,
      spec: { ...service.spec, loadBalancerSourceRanges: ['10.0.0.0/8'] },
    }));
    const rulesIn = (version: string) =>
      textOf(programOf(version, 'IPv4', { services: narrow, endpointSlices }), 'iptables');
    const rule = '-A KUBE-IPVS-OUT-FILTER -s 192.168.8.2 -m ipvs --vaddr 192.168.8.2 --vproto tcp --vport 80 -j DROP';
    expect([rulesIn('1.28').includes(rule), rulesIn('1.29').includes(rule)]).toEqual([false, true]);
  });
});
