/**
 * What the program in a pod answers to kubelet's probes.
 *
 * Models: nothing listens: refused; a TCP probe passes as soon as something does, whatever the program has to do; one by HTTP or
 *   gRPC is a request like any other, which waits for its turn, is worked on, takes its place from others, and fails where the
 *   queue is full or the answer later than timeoutSeconds; statuses by path, errors by chance.
 * Source: pkg/probe/http, pkg/probe/grpc, pkg/probe/tcp; `apps` of the scenario.
 * Simplified: a path for which `apps[].paths` gives a status is not subject to `apps[].errors`; headers that the program
 *   expects (`expects`) are not looked at.
 * Who could tell: someone whose health endpoint is served by other workers than the rest, and knows no `paths`.
 */
import type { Host, Locations } from '../cluster/locations.js';
import { isSuccess, type Probe, type ProbeAnswer, statusOfProbe } from '../cluster/probes.js';
import { hashName } from '../kernel/index.js';
import type { Nanos } from '../scenario.js';
import { failsByItself, workNs } from './pod-work.js';
import { hasLimits, type WorkQueues } from './work-queues.js';

const HTTP_OK = 200;
const HTTP_INTERNAL_ERROR = 500;
const HTTP_UNAVAILABLE = 503;

export class AppProbes {
  constructor(
    private readonly locations: Locations,
    private readonly queues: WorkQueues,
    private readonly seed: number,
    private readonly podWorkNs: Nanos,
    private readonly now: () => Nanos,
  ) {}

  /** The `n`-th probe of the pod's container comes now. */
  ask(pod: string, probe: Probe, n: number): ProbeAnswer {
    const host = this.locations.hostsNamed(pod)[0];
    if (host === undefined || host.state !== 'running') return failed(0, 'dial tcp: connect: connection refused');
    if (probe.asks === 'tcp' || probe.asks === 'exec') return PASSED;
    if (hasLimits(host) && this.queues.isFull(host, this.now())) return judged(probe, 0, HTTP_UNAVAILABLE);
    const dice = { flow: { key: hashName(`${probe.kind} probe of ${pod}`) }, dice: n };
    const takesNs = this.doneNs(host, workNs(this.seed, host, dice, this.podWorkNs)) - this.now();
    if (takesNs > probe.timeoutNs) return failed(probe.timeoutNs, 'context deadline exceeded');
    const byChance = failsByItself(this.seed, host, dice) ? HTTP_INTERNAL_ERROR : HTTP_OK;
    return judged(probe, takesNs, statusOfProbe(probe, host.app) ?? byChance);
  }

  private doneNs(host: Host, worksNs: Nanos): Nanos {
    return hasLimits(host) ? this.queues.take(host, this.now(), worksNs) : this.now() + worksNs;
  }
}

const PASSED: ProbeAnswer = { passes: true, afterNs: 0, why: '' };

function judged({ asks }: Probe, afterNs: Nanos, status: number): ProbeAnswer {
  if (isSuccess(status)) return { ...PASSED, afterNs };
  return failed(afterNs, asks === 'grpc' ? 'service unhealthy' : `HTTP probe failed with statuscode: ${status}`);
}

function failed(afterNs: Nanos, why: string): ProbeAnswer {
  return { passes: false, afterNs, why };
}
