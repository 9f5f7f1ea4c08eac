/** How kubectl names objects, and what its commands answer with. */
import type { KubeKind } from '../objects.js';
import type { StepOutput } from '../results/result.js';
import type { Written } from './admission.js';

/** How a message names an object: `deployment.apps/source-ip-app`. */
export const SINGULAR: Partial<Record<KubeKind, string>> = {
  Node: 'node',
  Pod: 'pod',
  Deployment: 'deployment.apps',
  ReplicaSet: 'replicaset.apps',
  DaemonSet: 'daemonset.apps',
  StatefulSet: 'statefulset.apps',
  Service: 'service',
  Namespace: 'namespace',
  EndpointSlice: 'endpointslice.discovery.k8s.io',
  PodDisruptionBudget: 'poddisruptionbudget.policy',
};

export function say(written: Written, verb: string): StepOutput {
  return 'error' in written
    ? failed(written.error)
    : text(`${SINGULAR[written.object.kind]}/${written.object.metadata.name} ${verb}`);
}

export function text(value: string): StepOutput {
  return { kind: 'text', text: value, failed: false };
}

export function failed(value: string): StepOutput {
  return { kind: 'text', text: value, failed: true };
}
