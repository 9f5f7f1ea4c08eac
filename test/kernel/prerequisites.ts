/** What the suite needs of the machine; it says so where something is missing, and CI must have it all. */
import { spawnSync } from 'node:child_process';
import { bridgesCallIptables } from './network.js';

const TOOLS: [program: string, ...args: string[]][] = [
  ['ip', '-V'],
  ['nsenter', '--version'],
  ['iptables-restore', '--version'],
  ['ip6tables-restore', '--version'],
  ['nft', '--version'],
  ['gcc', '--version'],
];

/** Empty where the suite can run. */
export function missingPrerequisites(): string[] {
  if (process.platform !== 'linux') return ['Linux'];
  const tools = TOOLS.filter(([program, ...args]) => spawnSync(program, args).error !== undefined);
  return [
    ...(process.getuid?.() === 0 ? [] : ['root']),
    ...tools.map(([program]) => program),
    ...(bridgesCallIptables() ? [] : ['the kernel module br_netfilter']),
    ...(tools.length === 0 && process.getuid?.() === 0 && !canUnshare()
      ? ['the right to make network namespaces']
      : []),
  ];
}

function canUnshare(): boolean {
  return spawnSync('unshare', ['--net', 'iptables', '-t', 'nat', '-S']).status === 0;
}
