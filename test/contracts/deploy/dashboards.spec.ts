/** Every query of the dashboard and of the alerts, and the autoscaler's: PromQL about metrics and labels that there are. */
import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { Metrics } from '#platform';

const read = (name: string) => readFileSync(new URL(`../../../deploy/${name}`, import.meta.url), 'utf8');

interface Panel {
  title: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}
const { panels } = JSON.parse(read('grafana/hairpin.json')) as { panels: Panel[] };
const charts = panels.filter(({ type }) => type !== 'row');
const { groups } = parseYaml(read('prometheus/alerts.yaml')) as {
  groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const { spec } = parseYaml(read('kubernetes/autoscaling.yaml')) as {
  spec: { triggers: { metadata: { query: string } }[] };
};

const queries: [string, string][] = [
  ...charts.flatMap(({ title, targets }) => targets!.map(({ expr }): [string, string] => [`panel ${title}`, expr])),
  ...rules.map(({ alert, expr }): [string, string] => [`alert ${alert}`, expr]),
  ...spec.triggers.map(({ metadata }): [string, string] => ['autoscaler', metadata.query]),
];

/** By the name of a series: the labels that it may have. */
const series = new Map<string, Set<string>>();
/** Prometheus puts these on whatever it reads. */
const TARGET = ['job', 'instance'];

beforeAll(async () => {
  const { registry } = new Metrics();
  for (const { name, type } of await registry.getMetricsAsJSON()) {
    const { labelNames = [] } = registry.getSingleMetric(name) as unknown as { labelNames?: string[] };
    const labels = [...labelNames, ...TARGET];
    if (String(type) === 'histogram')
      for (const suffix of ['_bucket', '_sum', '_count']) series.set(name + suffix, new Set([...labels, 'le']));
    else series.set(name, new Set(labels));
  }
});

function namesIn(query: string) {
  const text = query.replaceAll('$__rate_interval', '5m');
  const found = { errors: [] as string[], metrics: [] as string[], labels: [] as string[] };
  parser.parse(text).iterate({
    enter({ type, from, to, node }) {
      const word = text.slice(from, to);
      if (type.isError) found.errors.push(`${text.slice(0, from)} >>> ${text.slice(from)}`);
      if (type.name === 'Identifier' && node.parent?.name === 'VectorSelector') found.metrics.push(word);
      if (type.name === 'LabelName') found.labels.push(word);
    },
  });
  return found;
}

describe('every query', () => {
  it('is one: PromQL, about series that /metrics has, by labels that these have', () => {
    expect(queries.length).toBeGreaterThan(30);
    for (const [name, query] of queries) {
      const { errors, metrics, labels } = namesIn(query);
      expect(errors, name).toEqual([]);
      expect(metrics.length, `${name}: ${query}`).toBeGreaterThan(0);
      for (const metric of metrics) expect([...series.keys()], name).toContain(metric);
      const known = metrics.flatMap((metric) => [...series.get(metric)!]);
      for (const label of labels) expect(known, `${name}: ${query}`).toContain(label);
    }
  });

  it('of a gauge that every process tells of the database takes the largest, never the sum', () => {
    for (const [name, query] of queries)
      for (const [gauge] of query.matchAll(/hairpin_(queue_\w+|simulations|experiments|webhook_deliveries)(?![\w])/g))
        if (!gauge.endsWith('_total')) expect(query, name).toMatch(new RegExp(`max by \\([^)]*\\) \\(${gauge}`));
  });

  it('would not pass with a metric or a label that is not there, or with words that are no PromQL', () => {
    expect(namesIn('sum by (colour) (rate(hairpin_made_up_total[5m]))')).toEqual({
      errors: [],
      metrics: ['hairpin_made_up_total'],
      labels: ['colour'],
    });
    expect(namesIn('sum by rate(').errors.length).toBeGreaterThan(0);
  });
});

it('every metric of Hairpin is on the dashboard', () => {
  const shown = new Set(charts.flatMap(({ targets }) => targets!.flatMap(({ expr }) => namesIn(expr).metrics)));
  const own = [...series.keys()].filter((name) => name.startsWith('hairpin_') && !/_(sum|count)$/.test(name));
  for (const name of own) expect([...shown]).toContain(name);
});

it('no panel lies over another', () => {
  const taken = new Set<string>();
  for (const { title, gridPos } of panels)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x},${y}`), title).toBe(false);
        taken.add(`${x},${y}`);
      }
});

it('every alert says what is wrong, and the manual what to do', () => {
  const manual = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  for (const { alert, annotations } of rules) {
    expect(annotations.summary).toMatch(/\.$/);
    expect(manual).toContain(`\`${alert}\``);
  }
});
