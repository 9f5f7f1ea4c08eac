import { expect, it } from 'vitest';
import type { Step, TimelineEntry } from '../scenario.js';
import { runEvent } from './run-event.js';

const at = 60e9;
const ENTRIES: [TimelineEntry, string][] = [
  [{ atNs: at, do: 'readiness', pod: 'default/web-1', ready: false }, 'readiness default/web-1 (fails) at 60 s'],
  [{ atNs: at, do: 'crash', node: 'n2', forNs: 90e9, vmDeleted: false }, 'crash n2 for 90 s at 60 s'],
  [{ atNs: at, do: 'crash', pod: 'default/web-1' }, 'crash default/web-1 at 60 s'],
  [{ atNs: at, do: 'freeze', kubeProxy: null, forNs: 5e9 }, 'freeze kube-proxy of all nodes for 5 s at 60 s'],
  [{ atNs: at, do: 'restart', kubeProxy: ['n1', 'n2'] }, 'restart kube-proxy of n1, n2 at 60 s'],
  [
    { atNs: at, do: 'partition', kubelets: ['n1'], kubeProxy: true, forNs: 300e9 },
    'partition kubelets of n1 for 300 s at 60 s',
  ],
  [{ atNs: at, do: 'upgrade', node: 'n1', version: '1.28' }, 'upgrade n1 to 1.28 at 60 s'],
  [
    { atNs: 1500e6, do: 'kubectl', command: { verb: 'scale', deployment: 'default/web', replicas: 0 } },
    'scale default/web to 0 at 1.5 s',
  ],
  [
    {
      atNs: at,
      do: 'kubectl',
      command: { verb: 'delete', kind: 'Pod', name: null, selector: { app: 'web' }, namespace: 'default' },
    },
    'delete Pod app=web at 60 s',
  ],
  [
    {
      atNs: at,
      do: 'kubectl',
      command: { verb: 'apply', object: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n4' } } },
    },
    'apply Node n4 at 60 s',
  ],
];

it.each(ENTRIES)('an entry of the timeline is told in a few words: %j', (entry, text) => {
  expect(runEvent({ timeline: [entry], steps: [] }, 0)).toEqual({ path: '/timeline/0', text });
});

it('steps come after the timeline, and are told by their number', () => {
  const steps: Step[] = [
    { do: 'sleep', forNs: 1e9 },
    { do: 'kubectl', command: { verb: 'scale', deployment: 'default/web', replicas: 2 } },
  ];
  const [entry] = ENTRIES.map(([first]) => first) as [TimelineEntry];
  expect(runEvent({ timeline: [entry], steps }, 2)).toEqual({
    path: '/steps/1',
    text: 'scale default/web to 2 in step 2',
  });
});
