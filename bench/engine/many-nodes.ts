/**
 * many-nodes MODE VERSION: a hundred nodes, ten services of a hundred pods each, one of them with externalTrafficPolicy
 * Local; for a minute a pod's readiness changes every second, so that every node syncs all the time, and clients ask.
 */
import { parseScenario } from '#scenario';
import { createRun } from '#sim';

const NODES = 100;
const SERVICES = 10;
const PODS = 100;
const SECONDS = 60;
const RATE = 100;

const [mode, version] = process.argv.slice(2) as [string, string];
const { scenario, issues } = parseScenario(document());
if (scenario === null) throw new Error(JSON.stringify(issues.slice(0, 5)));
const before = process.cpuUsage();
const run = createRun(scenario, { onChunk: () => {} });
while (!run.step(10_000));
const { summary, fingerprint } = run.result();
const { user, system } = process.cpuUsage(before);
const { ok = 0, ...others } = summary.outcomes;
if (ok < 0.95 * SERVICES * RATE * SECONDS) throw new Error(`only ${ok} answered, ${JSON.stringify(others)}`);
console.log(
  JSON.stringify({
    cpuSeconds: (user + system) / 1e6,
    peakMb: process.resourceUsage().maxRSS / 1024,
    ruleSyncs: summary.ruleSyncs,
    fingerprint,
  }),
);

function document(): Record<string, unknown> {
  return {
    name: 'many-nodes',
    seed: 1,
    cluster: { version, kubeProxy: { mode, clusterCIDR: '10.128.0.0/10' }, serviceCIDRs: ['10.96.0.0/16'] },
    objects: [
      ...Array.from({ length: NODES }, (_, n) => ({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: `node-${n}` },
        spec: { podCIDR: `10.128.${n}.0/24` },
        status: { addresses: [{ type: 'InternalIP', address: `192.168.0.${n + 1}` }] },
      })),
      ...Array.from({ length: SERVICES * PODS }, (_, p) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `pod-${p}`, labels: { app: `app-${Math.floor(p / PODS)}` } },
        spec: { nodeName: `node-${p % NODES}`, containers: [{ name: 'app', image: 'echoserver:1.4' }] },
      })),
      ...Array.from({ length: SERVICES }, (_, s) => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: `service-${s}` },
        spec: {
          type: 'NodePort',
          ...(s === 0 ? { externalTrafficPolicy: 'Local' } : {}),
          selector: { app: `app-${s}` },
          ports: [{ port: 80, targetPort: 8080 }],
        },
      })),
    ],
    clients: [{ name: 'client', ip: '203.0.113.1', count: 100 }],
    timeline: Array.from({ length: SECONDS - 1 }, (_, second) => ({
      at: `${second + 1}s`,
      readiness: { pod: `pod-${((second >> 1) * 37) % (SERVICES * PODS)}`, ready: second % 2 === 1 },
    })),
    traffic: Array.from({ length: SERVICES }, (_, s) => ({
      name: `load-${s}`,
      from: { client: 'client' },
      to: { service: `service-${s}`, via: 'nodePort' },
      start: '0s',
      stop: `${SECONDS}s`,
      rate: `${RATE}/s`,
    })),
    duration: `${SECONDS}s`,
  };
}
