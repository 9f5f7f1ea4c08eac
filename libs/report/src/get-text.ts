import type { GetResource, KubectlCommand, KubeObject } from '#sim';
import { columnTable } from './column-table.js';
import { grepLines } from './grep.js';
import { COLUMNS } from './object-columns.js';
import { objectsYaml } from './object-yaml.js';

export type GetCommand = Extract<KubectlCommand, { verb: 'get' }>;

/** The prefix of a line of `kubectl get -o name`. */
const NAME_PREFIX: Record<GetResource, string> = {
  nodes: 'node',
  pods: 'pod',
  services: 'service',
  deployments: 'deployment.apps',
  replicasets: 'replicaset.apps',
  statefulsets: 'statefulset.apps',
  daemonsets: 'daemonset.apps',
  poddisruptionbudgets: 'poddisruptionbudget.policy',
  endpointslices: 'endpointslice.discovery.k8s.io',
};

/** What `kubectl get` prints of the objects that it found at `nowNs`, filtered where the command pipes into grep. */
export function getText(command: GetCommand, objects: readonly KubeObject[], nowNs: number): string {
  const sorted = [...objects].sort(byNamespaceAndName);
  if (command.output === 'yaml') return grepLines(objectsYaml(sorted, command.name !== null), command.grep);
  if (sorted.length === 0) return nothingFound(command);
  if (command.output === 'name') {
    const names = sorted.map((object) => `${NAME_PREFIX[command.resource]}/${object.metadata.name}`);
    return grepLines(names.join('\n'), command.grep);
  }
  return grepLines(objectTable(command, sorted, nowNs), command.grep);
}

/** Whether the objects need `-A` to be seen at all: some of them are outside of the default namespace. */
export function spansNamespaces(command: GetCommand, objects: readonly KubeObject[]): boolean {
  return command.name === null && objects.some(({ metadata }) => (metadata.namespace ?? 'default') !== 'default');
}

function objectTable(command: GetCommand, objects: readonly KubeObject[], nowNs: number): string {
  const wide = command.output === 'wide';
  const { plain, wide: more } = COLUMNS[command.resource];
  const columns = wide ? [...plain, ...more] : plain;
  const namespaced = spansNamespaces(command, objects);
  const header = columns.map(([title]) => title);
  const rows = objects.map((object) => {
    const cells = columns.map(([, cell]) => cell(object, { wide, nowNs }));
    return namespaced ? [object.metadata.namespace ?? '', ...cells] : cells;
  });
  return columnTable(namespaced ? ['NAMESPACE', ...header] : header, rows);
}

/** kubectl writes this to stderr, so no grep ever hides it. */
function nothingFound(command: GetCommand): string {
  return command.resource === 'nodes' ? 'No resources found' : 'No resources found in default namespace.';
}

/** The API server lists in the order of its keys. */
function byNamespaceAndName(a: KubeObject, b: KubeObject): number {
  return compare(a.metadata.namespace ?? '', b.metadata.namespace ?? '') || compare(a.metadata.name, b.metadata.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
