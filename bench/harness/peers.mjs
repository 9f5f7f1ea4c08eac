/** What the machine has of the peers. */
import { spawnSync } from 'node:child_process';

const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Debian's package is for Debian's Python, which need not be the first one on the path. */
const pythonWithSimpy = ['/usr/bin/python3', 'python3'].find((python) => works(python, ['-c', 'import simpy']));

/** By name: the command to run it with, or null; and how a Debian machine gets it. */
export const tools = {
  simpy: { command: pythonWithSimpy ?? null, title: 'SimPy', install: 'apt-get install -y python3-simpy3' },
  cpp: { command: works('g++', ['--version']) ? 'g++' : null, title: 'C++', install: 'apt-get install -y g++' },
};

export const has = (tool) => tool === undefined || tools[tool].command !== null;

export function tellMissing() {
  for (const { command, title, install } of Object.values(tools)) {
    if (command !== null) continue;
    console.error(`\n!!! ${title} IS NOT ON THIS MACHINE: every ratio against it is "not measured".\n!!! ${install}\n`);
  }
}
