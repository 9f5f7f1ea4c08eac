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
    case 'freeze':
      return `kube-proxy of ${names(step.kubeProxy)} writes no rules${lasting(step.forNs)}`;
    case 'restart':
      return `kube-proxy of ${names(step.kubeProxy)} starts anew`;
    case 'upgrade':
      if ('node' in step) return `kubelet and kube-proxy of ${step.node} become ${step.version}`;
      return `kube-proxy of ${names(step.kubeProxy)} gets other settings: ${Object.keys(step.set).join(', ')}`;
    case 'cut':
      return `the link between ${step.between.join(' and ')} is cut${lasting(step.forNs)}`;
    case 'slow':
      return `the link between ${step.between.join(' and ')} takes ${secondsText(step.byNs)} longer${lasting(step.forNs)}`;
    case 'lose':
      return `the link between ${step.between.join(' and ')} loses ${Math.round(step.share * 1000) / 10} % of its packets${lasting(step.forNs)}`;
    case 'scaleDown':
      return `the autoscaler taints ${step.node}; its machine is gone in ${secondsText(step.afterNs)}`;
    case 'upgradeCloudProvider':
      return `the cloud provider's controller is set to ${step.cloudProvider}`;
    case 'loseZone':
      return `zone ${step.zone} of the load balancers is lost${lasting(step.forNs)}`;
  }
}

function names(nodes: readonly string[] | null): string {
  return nodes === null ? 'every node' : nodes.join(', ');
}

function lasting(forNs: number | null): string {
  return forNs === null ? '' : ` for ${secondsText(forNs)}`;
}
