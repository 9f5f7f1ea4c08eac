/**
 * The programs that are measured. Each runs in a process of its own and prints one line of JSON as its last line.
 *
 * A program: `id` (programs with the same id are one, and run once a round), `command`, `args`, `tool` (the peer it needs,
 * see harness/peers.mjs) and `check(figures)`, which throws where it cannot have done the same work as the others.
 */
import { join } from 'node:path';
import { compiled, peers, work } from './harness/folders.mjs';
import { tools } from './harness/peers.mjs';

export const engine = (name, ...args) => ({
  id: ['engine', name, ...args].join(' '),
  command: process.execPath,
  args: [join(compiled, 'bench', 'engine', `${name}.js`), ...args.map(String)],
});

export const cpp = (name, ...args) => ({
  id: ['C++', name, ...args].join(' '),
  tool: 'cpp',
  command: join(work, name),
  args: args.map(String),
});

export const simpy = (name, ...args) => ({
  id: ['SimPy', name, ...args].join(' '),
  tool: 'simpy',
  command: tools.simpy.command,
  args: ['-B', join(peers, `${name}.py`), ...args.map(String)],
});
