/** The scenarios that come with Hairpin: `presets` and its folders. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectRoot } from './project-root.js';

/** Paths of files by name. */
export function presetFiles(): Map<string, string> {
  const folder = join(projectRoot(), 'presets');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  return new Map(files.sort().map((file) => [basename(file, '.yaml'), join(folder, file)]));
}
