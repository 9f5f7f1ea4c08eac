/** The text of a scenario that a user named: a file, standard input, or a preset. */
import { readFileSync } from 'node:fs';
import { nearestName } from '#sim';
import { presetFiles } from './preset-files.js';
import { Refusal } from './refusal.js';
import type { ScenarioFile } from './run-here.js';

/** A file comes before a preset of that name. Throws a Refusal. */
export function readScenario(file: string): ScenarioFile {
  try {
    return { file, text: readFileSync(file === '-' ? 0 : file, 'utf8') };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new Refusal(`${file} cannot be read: ${message}`);
    return readPreset(file);
  }
}

function readPreset(name: string): ScenarioFile {
  const presets = presetFiles();
  const path = presets.get(name);
  if (path !== undefined) return { file: name, text: readFileSync(path, 'utf8') };
  const wanted = name.replace(/^.*\//, '').replace(/\.yaml$/, '');
  const nearest = nearestName(wanted, presets.keys()) ?? partlyNamed(wanted, presets.keys());
  const hint = nearest === null ? 'Presets are the files in the folder presets.' : `Did you mean ${nearest}?`;
  throw new Refusal(`${name} cannot be read: there is no such file, and no such preset. ${hint}`);
}

/** The shortest name with that in it. */
function partlyNamed(part: string, names: Iterable<string>): string | null {
  const found = [...names].filter((name) => part !== '' && name.includes(part));
  return found.sort((a, b) => a.length - b.length)[0] ?? null;
}
