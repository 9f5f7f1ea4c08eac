import type { StepOutput } from '#sim';

type Interfaces = Extract<StepOutput, { kind: 'interfaces' }>['interfaces'];

/**
 * What `ip addr` prints.
 *
 * Source: ip-address(8) of iproute2; BusyBox prints the same lines.
 * Simplified: no MAC address, MTU or queue, which the model does not have.
 * Who could tell: someone who looks for them.
 */
export function ipAddrText(interfaces: Interfaces): string {
  return interfaces
    .flatMap(({ name, addresses }, index) => [
      `${index + 1}: ${name}: <${name === 'lo' ? 'LOOPBACK' : 'BROADCAST,MULTICAST'},UP,LOWER_UP>`,
      ...addresses.flatMap(({ family, cidr }) => [
        `    ${family === 'IPv4' ? 'inet' : 'inet6'} ${cidr} scope ${addressScope(cidr, name)}`,
        '       valid_lft forever preferred_lft forever',
      ]),
    ])
    .join('\n');
}

function addressScope(cidr: string, name: string): string {
  const loopback = cidr.startsWith('127.') || cidr.startsWith('::1/');
  const scope = loopback ? 'host' : /^fe[89ab]/i.test(cidr) ? 'link' : 'global';
  // Only IPv4 lines carry the interface's name as label.
  return cidr.includes(':') ? scope : `${scope} ${name}`;
}
