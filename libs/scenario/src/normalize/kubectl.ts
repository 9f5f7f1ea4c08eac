/** `kubectl: {verb: …}` and the verbs of the timeline → commands. */

import type { z } from 'zod';
import type { GetResource, KubectlCommand, WorkloadTarget } from '#sim';
import { isSecret } from '../credentials.js';
import type { IssueList } from '../issues.js';
import { warnUnknownFields } from '../kubernetes/unknown-fields.js';
import type { Path } from '../pointer.js';
import { KUBECTL_VERBS, type KubectlVerb } from '../schema/kubectl.js';
import { OBJECT_SCHEMAS } from '../schema/objects.js';
import { validate, validatePatch } from '../schema/validate.js';
import { readObject } from './objects.js';
import { withoutNulls } from './without-nulls.js';

type Input<V extends KubectlVerb> = z.output<(typeof KUBECTL_VERBS)[V]>;

const RESOURCES: Record<string, GetResource> = {
  node: 'nodes',
  nodes: 'nodes',
  no: 'nodes',
  pod: 'pods',
  pods: 'pods',
  po: 'pods',
  service: 'services',
  services: 'services',
  svc: 'services',
  deployment: 'deployments',
  deployments: 'deployments',
  deploy: 'deployments',
  replicaset: 'replicasets',
  replicasets: 'replicasets',
  rs: 'replicasets',
  statefulset: 'statefulsets',
  statefulsets: 'statefulsets',
  sts: 'statefulsets',
  daemonset: 'daemonsets',
  daemonsets: 'daemonsets',
  ds: 'daemonsets',
  endpointslice: 'endpointslices',
  endpointslices: 'endpointslices',
  poddisruptionbudget: 'poddisruptionbudgets',
  poddisruptionbudgets: 'poddisruptionbudgets',
  pdb: 'poddisruptionbudgets',
};

const KINDS = {
  nodes: 'Node',
  pods: 'Pod',
  services: 'Service',
  deployments: 'Deployment',
  replicasets: 'ReplicaSet',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
  endpointslices: 'EndpointSlice',
  poddisruptionbudgets: 'PodDisruptionBudget',
} as const satisfies Record<GetResource, string>;

/** The command of one verb; null with issues where it cannot be read. `at` is the place of the verb's own value. */
export function readCommand(verb: KubectlVerb, value: unknown, at: Path, issues: IssueList): KubectlCommand | null {
  switch (verb) {
    case 'create': {
      const input = validate(KUBECTL_VERBS.create, value, at, issues);
      return (
        input && {
          verb: 'create-deployment',
          name: input.deployment,
          image: input.image,
          replicas: input.replicas ?? 1,
          labels: input.labels ?? {},
        }
      );
    }
    case 'expose': {
      const input = validate(KUBECTL_VERBS.expose, value, at, issues);
      return input && expose(input);
    }
    case 'run': {
      const input = validate(KUBECTL_VERBS.run, value, at, issues);
      return input && { verb: 'run', name: input.pod, image: input.image, labels: input.labels ?? {} };
    }
    case 'get': {
      const input = validate(KUBECTL_VERBS.get, value, at, issues);
      return input && get(input, at, issues);
    }
    case 'patch': {
      const input = validate(KUBECTL_VERBS.patch, value, at, issues);
      return input && patch(input, at, issues);
    }
    case 'apply':
      return apply(value, at, issues);
    case 'delete': {
      const input = validate(KUBECTL_VERBS.delete, value, at, issues);
      return input && remove(input, at, issues);
    }
    case 'scale': {
      const input = validate(KUBECTL_VERBS.scale, value, at, issues);
      return input && { verb: 'scale', ...workload<'ReplicaSet' | 'StatefulSet'>(input), replicas: input.replicas };
    }
    case 'rolloutRestart': {
      const input = validate(KUBECTL_VERBS.rolloutRestart, value, at, issues);
      return input && restart(input);
    }
    case 'rolloutStatus': {
      const input = validate(KUBECTL_VERBS.rolloutStatus, value, at, issues);
      return (
        input && {
          verb: 'rollout-status',
          ...workload<'StatefulSet' | 'DaemonSet'>(input),
          timeoutNs: input.timeout ?? null,
        }
      );
    }
    case 'setImage': {
      const input = validate(KUBECTL_VERBS.setImage, value, at, issues);
      return (
        input && {
          verb: 'set-image',
          ...workload<'ReplicaSet' | 'StatefulSet' | 'DaemonSet'>(input),
          container: input.container ?? null,
          image: input.image,
        }
      );
    }
    case 'drain': {
      const input = validate(KUBECTL_VERBS.drain, value, at, issues);
      return (
        input && {
          verb: 'drain',
          node: input.node,
          force: input.force ?? false,
          ignoreDaemonsets: input.ignoreDaemonsets ?? true,
          timeoutNs: input.timeout ?? null,
        }
      );
    }
    case 'cordon':
    case 'uncordon': {
      const input = validate(KUBECTL_VERBS[verb], value, at, issues);
      return input && { verb, node: input.node };
    }
    case 'taint': {
      const input = validate(KUBECTL_VERBS.taint, value, at, issues);
      return input && { verb: 'taint', node: input.node, ...input.taint };
    }
    case 'label': {
      const input = validate(KUBECTL_VERBS.label, value, at, issues);
      return input && label(input);
    }
  }
}

function restart({ deployment, daemonset, statefulset }: Input<'rolloutRestart'>): KubectlCommand {
  if (deployment !== undefined) return { verb: 'rollout-restart', kind: 'Deployment', name: deployment };
  if (daemonset !== undefined) return { verb: 'rollout-restart', kind: 'DaemonSet', name: daemonset };
  return { verb: 'rollout-restart', kind: 'StatefulSet', name: statefulset! };
}

/** Of several fields the one that is given. */
function workload<Kind extends string>(input: { deployment?: string | undefined }): WorkloadTarget<Kind> {
  if (input.deployment !== undefined) return { deployment: input.deployment };
  const { resource, name } = named(input);
  return { kind: KINDS[resource] as string as Kind, name: name! };
}

function label(input: Input<'label'>): KubectlCommand {
  const { resource, name } = named(input);
  const kind = KINDS[resource] as Extract<KubectlCommand, { verb: 'label' }>['kind'];
  return { verb: 'label', kind, name: name!, labels: input.labels };
}

function expose(input: Input<'expose'>): KubectlCommand {
  return {
    verb: 'expose',
    deployment: input.deployment,
    name: input.name ?? input.deployment,
    port: input.port,
    targetPort: input.targetPort ?? null,
    type: input.type ?? 'ClusterIP',
    protocol: input.protocol ?? 'TCP',
  };
}

/** The resource that a command names, and the object: null for all. A node has no namespace. */
function named(input: Record<string, unknown>): { resource: GetResource; name: string | null } {
  const key = Object.keys(RESOURCES).find((word) => input[word] !== undefined)!;
  const resource = RESOURCES[key]!;
  const which = input[key] as string;
  if (which === '' || which === 'all') return { resource, name: null };
  return { resource, name: resource === 'nodes' ? which.slice(which.indexOf('/') + 1) : which };
}

function selectorWithName(input: { selector?: unknown }, name: string | null, at: Path, issues: IssueList): boolean {
  if (input.selector === undefined || name === null) return false;
  issues.add(
    'bad-value',
    [...at, 'selector'],
    'A selector cannot be combined with a name.',
    'Write the resource as {…: all}, or leave the selector out.',
  );
  return true;
}

function get(input: Input<'get'>, at: Path, issues: IssueList): KubectlCommand | null {
  const { resource, name } = named(input);
  if (selectorWithName(input, name, at, issues)) return null;
  return {
    verb: 'get',
    resource,
    name,
    selector: input.selector ?? null,
    output: input.output ?? 'table',
    grep: input.grep ?? null,
  };
}

function remove(input: Input<'delete'>, at: Path, issues: IssueList): KubectlCommand | null {
  const { resource, name } = named(input);
  if (selectorWithName(input, name, at, issues)) return null;
  const namespace = input.namespace ?? (name?.includes('/') ? name.slice(0, name.indexOf('/')) : 'default');
  return { verb: 'delete', kind: KINDS[resource], name, selector: input.selector ?? null, namespace };
}

function patch(input: Input<'patch'>, at: Path, issues: IssueList): KubectlCommand | null {
  const { resource, name } = named(input);
  const kind = KINDS[resource] as Extract<KubectlCommand, { verb: 'patch' }>['kind'];
  warnUnknownFields(kind, input.patch, [...at, 'patch'], issues);
  if (!validatePatch(OBJECT_SCHEMAS[kind], withoutNulls(input.patch), [...at, 'patch'], issues)) return null;
  return { verb: 'patch', kind, name: name!, patch: input.patch };
}

function apply(value: unknown, at: Path, issues: IssueList): KubectlCommand | null {
  if (validate(KUBECTL_VERBS.apply, value, at, issues) === null || isSecret(value)) return null;
  const object = readObject(value, at, issues);
  return object && { verb: 'apply', object };
}
