import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { scenarioJsonSchema } from '#scenario';

it('the JSON Schema of scenarios takes the presets and refuses a wrong type', () => {
  const validate = new Ajv2020({ strict: false }).compile(scenarioJsonSchema());
  for (const preset of ['source-ip-tutorial', 'source-ip-real']) {
    const document = parse(readFileSync(new URL(`../../presets/${preset}.yaml`, import.meta.url), 'utf8')) as object;
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...document, seed: 'x' })).toBe(false);
  }
});
