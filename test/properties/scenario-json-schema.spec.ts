import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseScenario, scenarioJsonSchema } from '#scenario';

const FOLDER = new URL('../../presets/', import.meta.url);
const presets = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Record<string, unknown>);
const isValid = new Ajv2020({ strict: false }).compile(scenarioJsonSchema());

it('the JSON Schema of scenarios takes the presets and refuses a wrong type', () => {
  for (const document of presets) {
    expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
    expect(isValid({ ...document, seed: 'x' })).toBe(false);
  }
});

/** One map for each way in, so that not every traffic of every preset is tried. */
function mapsIn(value: unknown, way: string, found: Map<string, Record<string, unknown>>): typeof found {
  if (typeof value !== 'object' || value === null) return found;
  if (!Array.isArray(value) && !found.has(way)) found.set(way, value as Record<string, unknown>);
  for (const [key, inner] of Object.entries(value)) mapsIn(inner, Array.isArray(value) ? way : `${way}/${key}`, found);
  return found;
}

it('a field that the schema does not know is an error at the door too, wherever it stands', () => {
  const [tried, refused] = [new Set<string>(), new Set<string>()];
  for (const document of presets) {
    for (const [way, map] of mapsIn(document, '', new Map())) {
      if (tried.has(way)) continue;
      tried.add(way);
      map.unheardOf = { of: 1 };
      if (!isValid(document)) {
        refused.add(way);
        expect(parseScenario(document).scenario, way).toBeNull();
      }
      delete map.unheardOf;
    }
  }
  expect([...refused]).toEqual(
    expect.arrayContaining(['', '/cluster/kubeProxy', '/steps/kubectl/get', '/expect/share']),
  );
  expect(refused.size).toBeGreaterThan(50);
}, 60_000);
