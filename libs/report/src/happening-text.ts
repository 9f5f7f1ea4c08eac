/** What the timeline did beside kubectl's verbs, in words. */
import type { StepRecord } from '#sim';
import { secondsText } from './human-duration.js';

type Happening = Exclude<StepRecord['step'], { do: 'kubectl' | 'curl' | 'exec' | 'sleep' | 'waitUntil' | 'event' }>;

export function happeningText(step: Happening): string {
  switch (step.do) {
    case 'readiness':
      return `the readiness probe of ${step.pod} ${step.ready ? 'passes again' : 'fails from now on'}`;
    case 'crash':
      if ('pod' in step) return `the process of ${step.pod} ends by itself`;
      return `${step.node} loses power${lasting(step.forNs)}${step.vmDeleted ? '; the cloud has no such machine any more' : ''}`;
    case 'partition': {
      const which =
        step.kubelets === null
          ? 'every kubelet'
          : `kubelet${step.kubeProxy ? ' and kube-proxy' : ''} of ${step.kubelets.join(', ')}`;
      const all = step.kubelets === null && step.kubeProxy ? ' and kube-proxy' : '';
      return `${which}${all} is cut off from the control plane${lasting(step.forNs)}`;
    }
  }
}

function lasting(forNs: number | null): string {
  return forNs === null ? '' : ` for ${secondsText(forNs)}`;
}
