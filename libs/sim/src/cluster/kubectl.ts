/**
 * kubectl's verbs against the API server.
 *
 * Models: create deployment, expose, run, get, patch, apply, delete, scale, set image, rollout restart and status, drain, cordon,
 *   uncordon, taint, label: what they write and what they print.
 * Source: k8s.io/kubectl pkg/cmd; expose copies the deployment's labels to the service and its selector from the pods'.
 * Simplified: no dry runs, `delete` does not wait, one namespace per command.
 * Who could tell: someone who scripts kubectl's less usual flags.
 */
import { targetOf } from '../command-target.js';
import type { KubeKind, KubeObject, PodObject, ServiceObject, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { StepOutput } from '../results/result.js';
import type { GetResource, KubectlCommand, Nanos } from '../scenario.js';
import { notCreatable } from './admission.js';
import type { Agenda } from './agenda.js';
import { type ApiServer, matchesLabels, RESOURCES } from './api-server.js';
import { Drain } from './drain.js';
import { Evictions } from './eviction.js';
import { label, setSchedulable, taint } from './kubectl-nodes.js';
import { failed, SINGULAR, say, text } from './kubectl-texts.js';
import type { Pods } from './pods.js';
import { RolloutStatus } from './rollout-status.js';
import type { Waiting } from './waiting.js';
import { isWorkload, type Workloads } from './workloads.js';

const GET_KINDS: Record<GetResource, KubeKind> = {
  nodes: 'Node',
  pods: 'Pod',
  services: 'Service',
  deployments: 'Deployment',
  replicasets: 'ReplicaSet',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
  poddisruptionbudgets: 'PodDisruptionBudget',
  endpointslices: 'EndpointSlice',
};

type CommandOf<Verb> = Extract<KubectlCommand, { verb: Verb }>;

const RESTARTED = 'kubectl.kubernetes.io/restartedAt';

export class Kubectl {
  private readonly evictions: Evictions;
  /** Commands that go on, by what they have said so far. */
  private readonly underWay = new Map<StepOutput, Waiting>();

  constructor(
    private readonly api: ApiServer,
    private readonly pods: Pods,
    private readonly workloads: Workloads,
    private readonly agenda: Agenda,
    /** Whether a node of that name could be set up. */
    private readonly canJoin: (node: string) => boolean,
  ) {
    this.evictions = new Evictions(api, pods, workloads);
  }

  /** The command that has answered this goes on; null: it is done. */
  waitingFor(output: StepOutput): Waiting | null {
    const waiting = this.underWay.get(output);
    if (waiting === undefined || !waiting.done) return waiting ?? null;
    this.underWay.delete(output);
    return null;
  }

  run(command: KubectlCommand, nowNs: Nanos): StepOutput {
    switch (command.verb) {
      case 'create-deployment':
        return this.createDeployment(command, nowNs);
      case 'expose':
        return this.expose(command, nowNs);
      case 'run':
        return this.runPod(command, nowNs);
      case 'get':
        return this.get(command, nowNs);
      case 'patch':
        return this.patch(command);
      case 'apply':
        return this.apply(command.object, nowNs);
      case 'delete':
        return this.delete(command, nowNs);
      case 'scale':
        return this.scale(command);
      case 'rollout-restart':
        return this.restart(command, nowNs);
      case 'rollout-status':
        return this.rolloutStatus(command, nowNs);
      case 'set-image':
        return this.setImage(command);
      case 'drain':
        return this.drain(command, nowNs);
      case 'cordon':
        return setSchedulable(this.api, command.node, false);
      case 'uncordon':
        return setSchedulable(this.api, command.node, true);
      case 'taint':
        return taint(this.api, command);
      case 'label':
        return label(this.api, command);
    }
  }

  private createDeployment(command: CommandOf<'create-deployment'>, nowNs: Nanos): StepOutput {
    const [namespace, name] = split(command.name);
    const labels = { ...command.labels, app: name };
    const deployment: WorkloadObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        replicas: command.replicas,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: imageName(command.image), image: command.image }] },
        },
      },
    };
    return say(this.api.create(deployment, nowNs), 'created');
  }

  private expose(command: CommandOf<'expose'>, nowNs: Nanos): StepOutput {
    const deployment = this.api.get<WorkloadObject>('Deployment', command.deployment);
    if (deployment === undefined)
      return failed(`Error from server (NotFound): deployments.apps "${split(command.deployment)[1]}" not found`);
    const [namespace, name] = split(command.name);
    const service: ServiceObject = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels: { ...deployment.metadata.labels } },
      spec: {
        type: command.type,
        selector: { ...deployment.spec?.selector?.matchLabels },
        ports: [{ port: command.port, protocol: command.protocol, targetPort: command.targetPort ?? command.port }],
      },
    };
    return say(this.api.create(service, nowNs), 'exposed');
  }

  private runPod(command: CommandOf<'run'>, nowNs: Nanos): StepOutput {
    const [namespace, name] = split(command.name);
    const pod: PodObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { run: name, ...command.labels } },
      spec: { containers: [{ name, image: command.image }] },
    };
    const error = this.pods.create(pod, this.pods.nextAllocation(command.name), nowNs, false);
    return error === null ? text(waitingText(namespace, name)) : failed(error);
  }

  private get(command: CommandOf<'get'>, nowNs: Nanos): StepOutput {
    const kind = GET_KINDS[command.resource];
    if (command.name !== null) {
      const object = this.api.get<KubeObject>(kind, command.name);
      const bare = command.name.slice(command.name.indexOf('/') + 1);
      if (object === undefined) return failed(`Error from server (NotFound): ${RESOURCES[kind]} "${bare}" not found`);
      return { kind: 'objects', objects: [this.shown(object, nowNs)], nowNs };
    }
    const objects = this.api
      .list<KubeObject>(kind)
      .filter(({ metadata }) => matchesLabels(command.selector ?? {}, metadata.labels));
    return { kind: 'objects', objects: objects.map((object) => this.shown(object, nowNs)), nowNs };
  }

  /** A workload's status is what its pods make of it, and so is a budget's. */
  private shown(object: KubeObject, nowNs: Nanos): KubeObject {
    if (object.kind === 'PodDisruptionBudget') {
      const { healthy, desired } = this.evictions.budget(object) ?? { healthy: 0, desired: 0 };
      return { ...object, status: { disruptionsAllowed: Math.max(0, healthy - desired) } };
    }
    return isWorkload(object) ? { ...object, status: this.workloads.status(object, nowNs) } : object;
  }

  private patch(command: CommandOf<'patch'>): StepOutput {
    const before = this.api.get<KubeObject>(command.kind, command.name);
    const written = this.api.patch(command.kind, command.name, command.patch);
    return say(written, 'object' in written && written.object === before ? 'patched (no change)' : 'patched');
  }

  private apply(object: KubeObject, nowNs: Nanos): StepOutput {
    const before = this.api.get<KubeObject>(object.kind, keyOf(object));
    const { name } = object.metadata;
    if (object.kind === 'Pod' && before === undefined) {
      const error =
        notCreatable(object) ?? this.pods.create(object, this.pods.nextAllocation(keyOf(object)), nowNs, false);
      return error === null ? text(`pod/${name} created`) : failed(error);
    }
    if (object.kind === 'Node' && before === undefined && !this.canJoin(name))
      return failed(`Error from server (Forbidden): nodes "${name}" is forbidden: the scenario has no settings for it`);
    const written = this.api.apply(object, nowNs);
    const unchanged = 'object' in written && written.object === before;
    return say(written, before === undefined ? 'created' : unchanged ? 'unchanged' : 'configured');
  }

  private delete(command: CommandOf<'delete'>, nowNs: Nanos): StepOutput {
    const objects =
      command.name !== null
        ? [this.api.get<KubeObject>(command.kind, command.name)]
        : this.api
            .list<KubeObject>(command.kind)
            .filter(
              ({ metadata }) =>
                (metadata.namespace === undefined || metadata.namespace === command.namespace) &&
                matchesLabels(command.selector ?? {}, metadata.labels),
            );
    const lines: string[] = [];
    for (const object of objects) {
      if (object === undefined) {
        const bare = (command.name ?? '').slice((command.name ?? '').indexOf('/') + 1);
        return failed(`Error from server (NotFound): ${RESOURCES[command.kind]} "${bare}" not found`);
      }
      this.remove(object, nowNs);
      lines.push(`${SINGULAR[object.kind]} "${object.metadata.name}" deleted`);
    }
    return text(lines.length === 0 ? 'No resources found' : lines.join('\n'));
  }

  private remove(object: KubeObject, nowNs: Nanos): void {
    if (object.kind === 'Pod') return this.pods.terminate(keyOf(object), nowNs);
    this.api.delete(object.kind, keyOf(object));
    if (isWorkload(object)) this.workloads.removeAll(object, nowNs);
    if (object.kind === 'Node') this.pods.removeFrom(object.metadata.name);
  }

  private restart({ kind, name }: CommandOf<'rollout-restart'>, nowNs: Nanos): StepOutput {
    const before = this.api.get<WorkloadObject>(kind, name);
    if (before?.spec?.paused === true)
      return failed(
        `error: deployments.apps "${split(name)[1]}" can't restart paused deployment (run rollout resume first)`,
      );
    const annotations = { [RESTARTED]: `${nowNs / 1e9}s` };
    const written = this.api.patch(kind, name, { spec: { template: { metadata: { annotations } } } });
    return say(written, 'restarted');
  }

  private rolloutStatus(command: CommandOf<'rollout-status'>, nowNs: Nanos): StepOutput {
    const { kind, name } = targetOf(command);
    const workload = this.api.get<WorkloadObject>(kind, name);
    if (workload === undefined)
      return failed(`Error from server (NotFound): ${RESOURCES[kind]} "${split(name)[1]}" not found`);
    if (kind !== 'Deployment' && workload.spec?.updateStrategy?.type === 'OnDelete')
      return failed('error: rollout status is only available for RollingUpdate strategy type');
    return this.goesOn(new RolloutStatus(kind, name, this.world, command.timeoutNs, nowNs));
  }

  /** Prints nothing where nothing changes. */
  private setImage(command: CommandOf<'set-image'>): StepOutput {
    const { kind, name } = targetOf(command);
    const { container, image } = command;
    const before = this.api.get<WorkloadObject>(kind, name);
    if (before === undefined) return say(this.api.patch(kind, name, {}), '');
    const containers = before.spec?.template?.spec?.containers ?? [];
    if (container !== null && !containers.some((each) => each.name === container))
      return failed(`error: unable to find container named "${container}"`);
    const changed = containers.map((each) =>
      container === null || each.name === container ? { ...each, image } : each,
    );
    if (changed.every((each, n) => each.image === containers[n]?.image)) return text('');
    const spec = { ...before.spec?.template?.spec, containers: changed };
    const object = { ...before, spec: { ...before.spec, template: { ...before.spec?.template, spec } } };
    this.api.replace(object);
    return say({ object }, 'image updated');
  }

  private drain(command: CommandOf<'drain'>, nowNs: Nanos): StepOutput {
    const cordoned = setSchedulable(this.api, command.node, false);
    if (cordoned.kind !== 'text' || cordoned.failed) return cordoned;
    const drain = new Drain(command, { ...this.world, evictions: this.evictions });
    drain.start(cordoned.text, nowNs);
    return this.goesOn(drain);
  }

  private goesOn(waiting: Waiting): StepOutput {
    if (!waiting.done) this.underWay.set(waiting.output, waiting);
    return waiting.output;
  }

  private get world() {
    return { api: this.api, agenda: this.agenda, workloads: this.workloads };
  }

  private scale(command: CommandOf<'scale'>): StepOutput {
    const { kind, name } = targetOf(command);
    return say(this.api.patch(kind, name, { spec: { replicas: command.replicas } }), 'scaled');
  }
}

function split(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return slash < 0 ? ['default', key] : [key.slice(0, slash), key.slice(slash + 1)];
}

/** `k8s.gcr.io/echoserver:1.4` → `echoserver`, as kubectl names the container. */
function imageName(image: string): string {
  return (image.split('/').pop() ?? image).split(/[:@]/)[0] ?? image;
}

/** What `kubectl run -it` says until the container runs. */
function waitingText(namespace: string, name: string): string {
  return [
    `Waiting for pod ${namespace}/${name} to be running, status is Pending, pod ready: false`,
    "If you don't see a command prompt, try pressing enter.",
  ].join('\n');
}
