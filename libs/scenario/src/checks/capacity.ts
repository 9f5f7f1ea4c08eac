/** Workloads that want more pods than all nodes take together: what is beyond that stays Pending, in a cluster as here. */
import { type KubectlCommand, type KubeObject, keyOf, type NodeObject, targetOf } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';
import { writtenObjects } from './version-fields.js';

/** kubelet's --max-pods, where a node's status.allocatable.pods does not say another number. */
const PODS_OF_NODE = 110;

interface Wish {
  pods: number;
  who: string;
  at: Path;
}

export function checkCapacity(draft: Draft, issues: IssueList): void {
  if (draft.cluster.admission !== 'apply') return;
  const commands = commandsOf(draft);
  const nodes = new Map(
    writtenObjects(draft).flatMap(({ value }) => (value.kind === 'Node' ? [[keyOf(value), value]] : [])),
  );
  const room = [...nodes.values()].reduce((sum, node) => sum + podsOn(node), 0);
  const wishes = [
    ...draft.objects.flatMap(({ value, at }) => wishOf(value, at)),
    ...commands.flatMap(({ command, at }) => wishOfCommand(command, at)),
  ];
  for (const { pods, who, at } of wishes) {
    if (pods <= room || nodes.size === 0) continue;
    const named = nodes.size === 1 ? '1 node takes' : `${nodes.size} nodes take`;
    issues.add(
      'more-pods-than-room',
      at,
      `${pods} pods of ${who}: ${named} ${room} of them by status.allocatable.pods, ${PODS_OF_NODE} each where it is not said. Here each takes as many as its podCIDR has addresses.`,
    );
  }
}

/** Of kubectl, in the order in which the document has them. */
export function commandsOf({ steps, timeline }: Draft): { command: KubectlCommand; at: Path }[] {
  return [
    ...steps.flatMap(({ value, at }) =>
      value.do === 'kubectl' ? [{ command: value.command, at: [...at, 'kubectl'] }] : [],
    ),
    ...timeline.flatMap(({ value, at }) => (value.do === 'kubectl' ? [{ command: value.command, at }] : [])),
  ];
}

function podsOn({ status }: NodeObject): number {
  const said = Number(status?.allocatable?.pods ?? PODS_OF_NODE);
  return Number.isFinite(said) ? said : PODS_OF_NODE;
}

function wishOf(object: KubeObject, at: Path): Wish[] {
  if (object.kind !== 'Deployment' && object.kind !== 'ReplicaSet' && object.kind !== 'StatefulSet') return [];
  return [
    { pods: object.spec?.replicas ?? 1, who: `${object.kind} ${keyOf(object)}`, at: [...at, 'spec', 'replicas'] },
  ];
}

function wishOfCommand(command: KubectlCommand, at: Path): Wish[] {
  switch (command.verb) {
    case 'apply':
      return wishOf(command.object, [...at, 'apply']);
    case 'scale': {
      const { kind, name } = targetOf(command);
      return [{ pods: command.replicas, who: `${kind} ${name}`, at: [...at, 'scale', 'replicas'] }];
    }
    case 'create-deployment':
      return [{ pods: command.replicas, who: `Deployment ${command.name}`, at: [...at, 'create', 'replicas'] }];
    default:
      return [];
  }
}
