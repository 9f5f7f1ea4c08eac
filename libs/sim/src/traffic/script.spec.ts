import { describe, expect, it } from 'vitest';
import type { HttpExchange, StepOutput, StepRecord } from '../results/result.js';
import type { Nanos, Step } from '../scenario.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { MS, pod, SECOND, smallScenario } from '../testing/small-scenario.js';
import { type HttpRequest, Script } from './script.js';

interface Rig {
  /** Since when the condition holds. */
  holdsFromNs?: Nanos;
  /** Since when every pod is ready. */
  readyFromNs?: Nanos;
  answer?: (request: HttpRequest) => HttpExchange | string;
  said?: StepOutput;
}

const text = (value: string, failed = false): StepOutput => ({ kind: 'text', text: value, failed });

/** Plays the steps on a clock of its own; a request takes 10 ms. */
function play(steps: Step[], rig: Rig = {}): { records: StepRecord[]; asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const events: { atNs: Nanos; run: () => void }[] = [];
  let now = 0;
  const later = (delayNs: Nanos, run: () => void) => events.push({ atNs: now + delayNs, run });
  const { locations } = loneCluster({ objects: [pod('a', '10.1.1.2')] });
  const script = new Script(smallScenario({ steps }), {
    locations,
    kubectl: () => rig.said ?? text('done'),
    request: (request, done) => {
      asked.push(request);
      const answer = rig.answer?.(request) ?? exchange(request);
      if (typeof answer === 'string') done(answer);
      else later(answer.elapsedNs, () => done(answer));
    },
    holds: () => now >= (rig.holdsFromNs ?? 0),
    isUnderWay: () => false,
    interrupt: () => {},
    isReady: () => now >= (rig.readyFromNs ?? 0),
    scheduleScript: (delayNs) => later(delayNs, () => script.onEvent(now)),
  });
  later(0, () => script.onEvent(now));
  for (let n = 0; n < 10_000 && events.length > 0; n++) {
    events.sort((a, b) => a.atNs - b.atNs);
    const { atNs, run } = events.shift() as (typeof events)[number];
    now = atNs;
    run();
  }
  expect(script.done).toBe(true);
  return { records: script.records, asked };
}

function exchange({ node, url }: HttpRequest): HttpExchange {
  return {
    node,
    url,
    method: 'GET',
    request: 0,
    outcome: 'ok',
    status: 200,
    headers: {},
    body: '',
    elapsedNs: 10 * MS,
  };
}

const curl = (over: Partial<Extract<Step, { do: 'curl' }>> = {}): Step => ({
  do: 'curl',
  tool: 'curl',
  on: { client: 'laptop' },
  url: 'http://$node:31234',
  forEachNode: null,
  connectTimeoutNs: null,
  maxTimeNs: null,
  grep: null,
  ...over,
});
const sleep: Step = { do: 'sleep', forNs: 3 * SECOND };
const wait = (timeoutNs: Nanos): Step => ({
  do: 'waitUntil',
  condition: { loadBalancer: 'default/web', unhealthy: 2 },
  timeoutNs,
});
const spans = (records: StepRecord[]) => records.map(({ fromNs, toNs }) => [fromNs / SECOND, toNs / SECOND]);

describe('steps', () => {
  it('follow one another with a pause between them', () => {
    const { records } = play([sleep, curl({ url: 'web' }), sleep]);
    expect(spans(records)).toEqual([
      [0, 3],
      [4, 4.01],
      [5.01, 8.01],
    ]);
    expect(records.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('of which there are none are done at once', () => {
    expect(play([]).records).toEqual([]);
  });
});

describe('a loop over nodes', () => {
  it('asks one after the other, each by its address', () => {
    const { records, asked } = play([curl({ forEachNode: ['n2', 'n1'] })]);
    expect(asked.map(({ node, url }) => `${node} ${url}`)).toEqual([
      'n2 http://10.0.0.2:31234',
      'n1 http://10.0.0.1:31234',
    ]);
    expect(spans(records)).toEqual([[0, 0.02]]);
    expect(records[0]?.output).toMatchObject({ kind: 'http', exchanges: [{ node: 'n2' }, { node: 'n1' }] });
  });

  it('asks a node that is not there by its name', () => {
    expect(play([curl({ forEachNode: ['n9'] })]).asked[0]?.url).toBe('http://n9:31234');
  });

  it('ends with what a request could not even try', () => {
    const { records } = play([curl({ url: 'nowhere' })], { answer: () => 'curl: (6) Could not resolve host: nowhere' });
    expect(records[0]?.output).toEqual(text('curl: (6) Could not resolve host: nowhere', true));
  });
});

describe('waiting', () => {
  it('ends as soon as a look finds the condition true', () => {
    const { records } = play([wait(60 * SECOND)], { holdsFromNs: 2.05 * SECOND });
    expect(records[0]?.output).toEqual({ kind: 'waited', fulfilled: true, forNs: 2.1 * SECOND });
    expect(play([wait(60 * SECOND)]).records[0]?.output).toMatchObject({ fulfilled: true, forNs: 0 });
  });

  it('ends with its time, and not later', () => {
    for (const timeoutNs of [0, 0.25 * SECOND, 5 * SECOND]) {
      const { records } = play([wait(timeoutNs)], { holdsFromNs: Infinity });
      expect(records[0]?.output).toEqual({ kind: 'waited', fulfilled: false, forNs: timeoutNs });
    }
  });
});

describe('kubectl', () => {
  const run: Step = { do: 'kubectl', command: { verb: 'run', name: 'default/busybox', image: 'busybox', labels: {} } };

  it('run returns when its pod is ready, when it is refused, or when it has waited long enough', () => {
    expect(spans(play([run], { readyFromNs: 2 * SECOND }).records)).toEqual([[0, 2]]);
    expect(spans(play([run], { readyFromNs: Infinity, said: text('no', true) }).records)).toEqual([[0, 0]]);
    expect(spans(play([run], { readyFromNs: Infinity }).records)).toEqual([[0, 60]]);
  });

  it('else returns at once', () => {
    const scale: Step = { do: 'kubectl', command: { verb: 'scale', deployment: 'default/web', replicas: 2 } };
    const { records } = play([scale], { readyFromNs: Infinity });
    expect([spans(records), records[0]?.output]).toEqual([[[0, 0]], text('done')]);
  });
});

describe('ip addr', () => {
  const addresses = (on: Extract<Step, { do: 'exec' }>['on']) => {
    const { output } = play([{ do: 'exec', on, command: 'ip addr' }]).records[0] as StepRecord;
    return output.kind === 'interfaces' ? output.interfaces.at(-1)?.addresses.map(({ cidr }) => cidr) : output;
  };

  it('shows a pod its address in its node’s range, a node and a client theirs', () => {
    expect(addresses({ pod: 'default/a' })).toEqual(['10.1.1.2/24']);
    expect(addresses({ node: 'n2' })).toEqual(['10.0.0.2/32']);
    expect(addresses({ client: 'laptop' })).toEqual(['198.51.100.79/32']);
  });

  it('finds no pod that is not there', () => {
    expect(addresses({ pod: 'default/nobody' })).toEqual(
      text('Error from server (NotFound): pods "nobody" not found', true),
    );
  });
});
