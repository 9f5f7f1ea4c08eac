/**
 * `npm run test:node24`: the suite on Node 24, in a clone of what is committed, with packages of its own.
 *
 *   npm run test:node24                          as npm test
 *   npm run test:node24 -- test/contracts libs   as vitest run test/contracts libs
 *   node bin/node24.mjs --install                only fetches that Node, for test/e2e/node24.spec.ts
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ensureInstalled, root } from './project.mjs';

const RUN = '24.21.0';
/** What is compiled against the headers of 24.19 to 24.21 aborts when garbage is collected: nodejs/node#65446. */
const COMPILE = '24.18.1';

const folder = join(root, '.work', 'node24');
const packageOf = (name) => join(folder, 'node_modules', name);

const quiet = { ...process.env, npm_config_audit: 'false', npm_config_fund: 'false' };

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** The npm registry has Node's builds as packages, by platform. */
function fetchNode(names) {
  const missing = Object.entries(names).filter(([name]) => !existsSync(packageOf(name)));
  if (missing.length === 0) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  const build = `node-${process.platform}-${process.arch}`;
  const specs = Object.entries(names).map(([name, version]) => `${name}@npm:${build}@${version}`);
  run('npm', ['install', ...specs], { cwd: folder, env: quiet });
}

function testInClone(args) {
  ensureInstalled();
  fetchNode({ 'node-24': RUN, 'node-24-headers': COMPILE });
  const clone = join(folder, 'clone');
  rmSync(clone, { recursive: true, force: true });
  run('git', ['clone', '--quiet', root, clone]);
  const env = {
    ...quiet,
    PATH: [join(packageOf('node-24'), 'bin'), process.env.PATH].join(delimiter),
    npm_config_nodedir: packageOf('node-24-headers'),
    npm_config_build_from_source: 'true',
  };
  run('node', ['--version'], { env });
  run('npm', ['ci'], { cwd: clone, env });
  if (args.length === 0) run('npm', ['test'], { cwd: clone, env });
  else run('npx', ['vitest', 'run', ...args], { cwd: clone, env });
}

const args = process.argv.slice(2);
if (args[0] === '--install') fetchNode({ 'node-24': RUN });
else testInClone(args);
