import { Logger } from '@nestjs/common';
import { afterEach, expect, it, vi } from 'vitest';
import { AppError, type ScenarioStore } from '#platform';
import { PresetFiles } from '../presets/preset-files.js';
import type { ModelThreads } from './model-threads.js';
import { prepareScenario, type ScenarioText } from './prepare-scenario.js';
import { ScenarioSource } from './scenario-source.js';

const NODE =
  '{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 10.0.0.1}]}}';
const TEXTS = new Map([
  ['bad', 'name: bad\nobjects: 7\n'],
  ['broken', 'name: [\n'],
  ['good', `name: good\nnotes: It is.\nobjects: [${NODE}]\n`],
]);

class SomePresets extends PresetFiles {
  override names = () => [...TEXTS.keys()];
  override text = (name: string) => TEXTS.get(name);
}

function source(prepare: (text: ScenarioText) => unknown): ScenarioSource {
  const threads = { prepare: async (text: ScenarioText) => prepare(text) } as unknown as ModelThreads;
  const limits = { maxBodyBytes: 1e6, runLimits: { requests: 1e6, events: 1e6, wallMs: 1e6 } };
  return new ScenarioSource({} as ScenarioStore, new SomePresets(), threads, limits as never);
}

afterEach(() => vi.restoreAllMocks());

it('lists the presets that are scenarios, and names the others in the log once', async () => {
  const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
  const presets = source(prepareScenario);
  for (let n = 0; n < 2; n++) {
    expect(await presets.presetOutlines()).toMatchObject([{ name: 'good', title: 'good', notes: 'It is.' }]);
  }
  expect(logged.mock.calls.map(([text]) => String(text).split(':')[0]).sort()).toEqual([
    'The preset bad is left out',
    'The preset broken is left out',
  ]);
});

it('does not take a server that cannot answer now for a bad preset', async () => {
  const busy = source(() => {
    throw new AppError('took-too-long', 'Later.');
  });
  await expect(busy.presetOutlines()).rejects.toThrow('Later.');
});
