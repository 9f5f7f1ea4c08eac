import { type GetResource, type KubectlCommand, type Labels, targetOf } from '#sim';
import { grepPipe } from './grep.js';
import { objectsYaml } from './object-yaml.js';
import { shellWord, singleQuoted } from './shell-word.js';

const RESOURCE_WORD: Record<GetResource, string> = {
  nodes: 'nodes',
  pods: 'pod',
  services: 'svc',
  deployments: 'deployment',
  replicasets: 'replicasets',
  statefulsets: 'statefulsets',
  daemonsets: 'daemonsets',
  poddisruptionbudgets: 'poddisruptionbudgets',
  endpointslices: 'endpointslices',
};

const KIND_WORD: Record<Extract<KubectlCommand, { verb: 'patch' | 'delete' }>['kind'], string> = {
  Service: 'svc',
  Deployment: 'deployment',
  ReplicaSet: 'replicaset',
  StatefulSet: 'statefulset',
  DaemonSet: 'daemonset',
  PodDisruptionBudget: 'poddisruptionbudget',
  Pod: 'pod',
  Node: 'node',
  EndpointSlice: 'endpointslice',
};

/** The command as a person types it; `allNamespaces` adds `-A` to a `get`. */
export function kubectlCommandText(command: KubectlCommand, allNamespaces = false): string {
  return `kubectl ${words(command, allNamespaces).join(' ')}${tail(command)}`;
}

function words(command: KubectlCommand, allNamespaces: boolean): string[] {
  switch (command.verb) {
    case 'create-deployment': {
      const replicas = command.replicas === 1 ? [] : [`--replicas=${command.replicas}`];
      return ['create deployment', ...named(command.name), option('image', command.image), ...replicas];
    }
    case 'expose':
      return exposeWords(command);
    case 'run':
      return [
        'run',
        ...named(command.name),
        '-it',
        option('image', command.image),
        ...labelsOption(command),
        '--restart=Never --rm',
      ];
    case 'get':
      return getWords(command, allNamespaces);
    case 'patch':
      return [
        'patch',
        KIND_WORD[command.kind],
        ...named(command.name),
        '-p',
        singleQuoted(JSON.stringify(command.patch)),
      ];
    case 'apply':
      return ['apply -f -'];
    case 'delete':
      return deleteWords(command);
    case 'scale':
      return ['scale', ...targetWords(command), `--replicas=${command.replicas}`];
    case 'rollout-restart':
      return ['rollout restart', command.kind.toLowerCase(), ...named(command.name)];
    case 'rollout-status': {
      const timeout = command.timeoutNs === null ? [] : [`--timeout=${command.timeoutNs / 1e9}s`];
      return ['rollout status', ...targetWords(command), ...timeout];
    }
    case 'set-image':
      return ['set image', ...targetWords(command), shellWord(`${command.container ?? '*'}=${command.image}`)];
    case 'drain':
      return drainWords(command);
    case 'cordon':
    case 'uncordon':
      return [command.verb, shellWord(command.node)];
    case 'taint': {
      const { key, value, effect, remove } = command;
      const taint = `${key}${value === null ? '' : `=${value}`}${effect === null ? '' : `:${effect}`}${remove ? '-' : ''}`;
      return ['taint nodes', shellWord(command.node), shellWord(taint)];
    }
    case 'label': {
      const changes = Object.entries(command.labels).map(([key, value]) =>
        shellWord(value === null ? `${key}-` : `${key}=${value}`),
      );
      return ['label --overwrite', KIND_WORD[command.kind], ...named(command.name), ...changes];
    }
  }
}

function targetWords(command: Extract<KubectlCommand, { verb: 'scale' | 'set-image' | 'rollout-status' }>): string[] {
  const { kind, name } = targetOf<keyof typeof KIND_WORD>(command);
  return [KIND_WORD[kind], ...named(name)];
}

function drainWords(command: Extract<KubectlCommand, { verb: 'drain' }>): string[] {
  return [
    'drain',
    shellWord(command.node),
    ...(command.ignoreDaemonsets ? ['--ignore-daemonsets'] : []),
    ...(command.force ? ['--force'] : []),
    ...(command.timeoutNs === null ? [] : [`--timeout=${command.timeoutNs / 1e9}s`]),
  ];
}

function exposeWords(command: Extract<KubectlCommand, { verb: 'expose' }>): string[] {
  const [deployment, ...namespace] = named(command.deployment);
  const [service] = named(command.name);
  return [
    `expose deployment ${deployment}`,
    ...namespace,
    `--name=${service}`,
    `--port=${command.port}`,
    ...(command.targetPort === null ? [] : [option('target-port', String(command.targetPort))]),
    ...(command.protocol === 'TCP' ? [] : [`--protocol=${command.protocol}`]),
    ...(command.type === 'ClusterIP' ? [] : [`--type=${command.type}`]),
  ];
}

function getWords(command: Extract<KubectlCommand, { verb: 'get' }>, allNamespaces: boolean): string[] {
  return [
    'get',
    RESOURCE_WORD[command.resource],
    ...(command.name === null ? [] : named(command.name)),
    ...(allNamespaces ? ['-A'] : []),
    ...(command.output === 'table' ? [] : [`-o ${command.output}`]),
    ...selectorOption(command.selector),
  ];
}

function deleteWords(command: Extract<KubectlCommand, { verb: 'delete' }>): string[] {
  const namespace =
    command.kind === 'Node' || command.namespace === 'default' ? [] : ['-n', shellWord(command.namespace)];
  const name = command.name === null ? [] : [shellWord(afterSlash(command.name))];
  return ['delete', KIND_WORD[command.kind], ...name, ...namespace, ...selectorOption(command.selector)];
}

/** What stands behind the words: a filter, or the object that is fed in. */
function tail(command: KubectlCommand): string {
  if (command.verb === 'get') return grepPipe(command.grep);
  if (command.verb === 'apply') return ` <<'EOF'\n${objectsYaml([command.object], true)}\nEOF`;
  return '';
}

/** `namespace/name` as `name -n namespace`, without the namespace where it is the default one. */
function named(key: string): string[] {
  const namespace = key.slice(0, Math.max(0, key.lastIndexOf('/')));
  const name = shellWord(afterSlash(key));
  return namespace === '' || namespace === 'default' ? [name] : [name, `-n ${shellWord(namespace)}`];
}

function afterSlash(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

function option(name: string, value: string): string {
  return `--${name}=${shellWord(value)}`;
}

/** Only where they differ from the label that `kubectl run` sets by itself. */
function labelsOption({ name, labels }: Extract<KubectlCommand, { verb: 'run' }>): string[] {
  const pairs = labelPairs(labels);
  return pairs === '' || pairs === `run=${afterSlash(name)}` ? [] : [option('labels', pairs)];
}

function selectorOption(selector: Labels | null): string[] {
  return selector === null ? [] : [`-l ${shellWord(labelPairs(selector))}`];
}

function labelPairs(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
