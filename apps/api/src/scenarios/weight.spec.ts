import { expect, it } from 'vitest';
import { loadScenario } from '../../../../test/e2e/load-scenario.js';
import { prepareLight, prepareScenario } from './prepare-scenario.js';

const LIMITS = { textChars: 1e6, requests: 1e6, events: 1e7 };
const text = (document: object) =>
  ({ content: { json: JSON.stringify(document) }, as: 'scenario', limits: LIMITS }) as const;
const base = loadScenario({ ratePerSecond: 1, seconds: 1 });
const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'more' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'more' } },
    template: { metadata: { labels: { app: 'more' } }, spec: { containers: [{ name: 'c', image: 'c' }] } },
  },
});

it('what makes little of a cluster is prepared at once, to the same', () => {
  const light = text({ ...base, objects: [...base.objects, deployment(200)] });
  expect(prepareLight(light)).toEqual(prepareScenario(light));
  expect(prepareLight(text({ ...base, objects: 7 }))).toMatchObject({ ok: false });
});

it('what makes many pods of a few letters is left to a thread', () => {
  expect(prepareLight(text({ ...base, objects: [...base.objects, deployment(5_000)] }))).toBeNull();
});
