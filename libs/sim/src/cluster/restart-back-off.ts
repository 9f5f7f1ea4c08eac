/**
 * How long kubelet waits before it starts a container again.
 *
 * Models: at once after the first exit, then 10 s, doubled up to 5 min, forgotten 10 min after the last start. A process that
 *   ended by itself waits from its end; one that kubelet has killed itself is held against the exit before that, so one that
 *   ran for longer than the back-off is started at once.
 * Source: doBackOff and SyncPod in pkg/kubelet/kuberuntime/kuberuntime_manager.go (the status that SyncPod holds is of before the
 *   kill), client-go util/flowcontrol/backoff.go, MaxContainerBackOff.
 * Simplified: no crashLoopBackOff of KubeletConfiguration (behind a gate since 1.32).
 * Who could tell: someone who has set that.
 */
import type { Nanos } from '../scenario.js';

const FIRST_NS = 10e9;
const LONGEST_NS = 300e9;
const FORGOTTEN_NS = 2 * LONGEST_NS;

export class RestartBackOff {
  /** 0: none yet. */
  private delayNs = 0;
  private updatedNs = -Infinity;
  private lastExitNs: Nanos | null = null;

  /** The process has ended by itself. */
  afterExit(nowNs: Nanos): Nanos {
    return this.next(nowNs, nowNs);
  }

  /** kubelet has killed it. */
  afterKill(nowNs: Nanos): Nanos {
    return this.next(nowNs, this.lastExitNs);
  }

  private next(nowNs: Nanos, measuredFromNs: Nanos | null): Nanos {
    this.lastExitNs = nowNs;
    if (nowNs - this.updatedNs > FORGOTTEN_NS) this.delayNs = 0;
    if (measuredFromNs === null) return 0;
    const waitNs = nowNs - measuredFromNs < this.delayNs ? this.delayNs : 0;
    this.delayNs = this.delayNs === 0 ? FIRST_NS : Math.min(2 * this.delayNs, LONGEST_NS);
    this.updatedNs = nowNs + waitNs;
    return waitNs;
  }
}
