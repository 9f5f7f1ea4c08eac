/** The kernel's sets hold what the model's do: `ipset test` against the text that `ipset save` prints. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../libs/sim/src/netfilter/address.js';
import { isInSet } from '../../libs/sim/src/netfilter/ip-sets.js';
import { readIpSets } from '../../libs/sim/src/netfilter/ipset-text.js';

const MADE = `create nets hash:net
add nets 10.0.0.0/8
add nets 10.1.0.0/16 nomatch
add nets 10.1.2.0/24
add nets 10.1.2.3 nomatch
create hosts hash:ip
add hosts 10.1.2.3
create masked hash:ip netmask 24
add masked 10.2.3.4
create services hash:ip,port
add services 10.1.2.3,tcp:80
create areas hash:net,port
add areas 10.1.0.0/16,tcp:80
add areas 10.1.2.0/24,tcp:80 nomatch
add areas 10.2.0.0/16,udp:80
create ports bitmap:port range 0-65535
add ports 80
`;
const ADDRESSES = ['10.1.2.3', '10.1.2.4', '10.1.9.9', '10.2.3.1', '10.2.4.1', '10.9.9.9', '11.1.1.1'];
const PORTS = [80, 81];

const canHaveSets = spawnSync('unshare', ['--net', 'ipset', 'create', 'x', 'hash:net']).status === 0;

describe.skipIf(!canHaveSets)('sets of the kernel', () => {
  it('hold what the model finds in what ipset save prints of them', () => {
    const questions = ADDRESSES.flatMap((ip) => PORTS.map((port) => ({ ip, port })));
    const names = [...MADE.matchAll(/^create (\S+) (\S+)/gm)].map(([, name = '', type = '']) => ({ name, type }));
    const asked = names.flatMap(({ name, type }) =>
      questions.map(({ ip, port }) => {
        const entry = type === 'bitmap:port' ? `${port}` : type.endsWith('port') ? `${ip},tcp:${port}` : ip;
        return { name, ip, port, command: `ipset -q test ${name} ${entry} && echo yes || echo no` };
      }),
    );
    const script = `ipset restore && ipset save && echo == && ${asked.map(({ command }) => `{ ${command}; }`).join(' && ')}`;
    const output = execFileSync('unshare', ['--net', 'sh', '-c', script], { input: MADE, encoding: 'utf8' });
    const [saved = '', answers = ''] = output.split('==\n');
    const { sets, problems } = readIpSets(saved);
    expect(problems).toEqual([]);
    const modelled = asked.map(({ name, ip, port }) =>
      isInSet(sets.IPv4.get(name)!, ['dst', 'dst'], {
        node: {
          name: 'n1',
          isLocalAddress: () => false,
          addressesOf: () => [],
          egress: () => null as never,
          routeLocalnet: false,
        },
        sourceIp: parseIp('192.0.2.1')!,
        destinationIp: parseIp(ip)!,
        destinationPort: port,
        protocol: 'TCP',
        sourceTested: () => {},
        askedSet: () => {},
      }),
    );
    const told = (answer: boolean[]) => asked.map(({ name, ip, port }, n) => `${name} ${ip}:${port} ${answer[n]}`);
    expect(told(modelled)).toEqual(
      told(
        answers
          .trim()
          .split('\n')
          .map((answer) => answer === 'yes'),
      ),
    );
    expect(new Set(modelled).size).toBe(2);
  });
});
