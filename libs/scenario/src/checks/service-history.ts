/** Every Service that the document tells of: the given ones, and what its commands make of them, as far as it can be known. */
import { type KubectlCommand, keyOf, mergeManifest, type ServiceObject, strategicMerge } from '#sim';
import type { Draft } from '../draft.js';
import { type Path, valueAt } from '../pointer.js';
import { of } from './addresses.js';

export interface ServiceVersion {
  service: ServiceObject;
  at: Path;
  /** What a patch says of it; null where the whole Service stands at the place. */
  patch: Record<string, unknown> | null;
  /** False where only the patch is known, not what it changes. */
  isWhole: boolean;
}

/** The field is what this place of the document says, not what an earlier one has said. */
export const isSaidHere = ({ patch }: ServiceVersion, path: Path): boolean =>
  patch === null || valueAt(patch, path) !== undefined;

interface Change {
  command: KubectlCommand;
  at: Path;
}

/**
 * Steps and timeline have clocks that are not compared: what one of them changes is known to itself alone, and of a
 * Service that both change, or that comes about in the run, a patch is looked at by itself.
 */
export function serviceVersions(draft: Draft): ServiceVersion[] {
  const given: ServiceVersion[] = of('Service', draft).map(({ value, at }) => ({
    service: value,
    at,
    patch: null,
    isWhole: true,
  }));
  const start = new Map(given.map(({ service }) => [keyOf(service), service]));
  const steps = draft.steps.flatMap(({ value, at }): Change[] =>
    value.do === 'kubectl' ? [{ command: value.command, at: [...at, 'kubectl'] }] : [],
  );
  const timeline = [...draft.timeline]
    .sort((a, b) => a.value.atNs - b.value.atNs)
    .flatMap(({ value, at }): Change[] => (value.do === 'kubectl' ? [{ command: value.command, at }] : []));
  const [byStep, byTime] = [changedBy(steps), changedBy(timeline)];
  return [...given, ...versions(steps, without(start, byTime)), ...versions(timeline, without(start, byStep))];
}

const changedBy = (changes: Change[]): Set<string | null> => new Set(changes.map(({ command }) => serviceOf(command)));

const without = (services: Map<string, ServiceObject>, keys: Set<string | null>) =>
  new Map([...services].filter(([key]) => !keys.has(key)));

/** The Service that a command writes; null where it writes none, or not one that is named. */
function serviceOf(command: KubectlCommand): string | null {
  switch (command.verb) {
    case 'apply':
      return command.object.kind === 'Service' ? keyOf(command.object) : null;
    case 'patch':
    case 'delete':
      return command.kind === 'Service' ? command.name : null;
    case 'expose':
      return command.name;
    default:
      return null;
  }
}

function versions(changes: Change[], known: Map<string, ServiceObject>): ServiceVersion[] {
  return changes.flatMap(({ command, at }): ServiceVersion[] => {
    const key = serviceOf(command);
    if (key === null) return [];
    const before = known.get(key);
    known.delete(key);
    if (command.verb === 'patch') {
      const service = patched(before ?? blank(key), command.patch);
      if (before !== undefined) known.set(key, service);
      return [{ service, at: [...at, 'patch', 'patch'], patch: command.patch, isWhole: before !== undefined }];
    }
    if (command.verb === 'expose') known.set(key, exposed(key, command));
    if (command.verb !== 'apply') return [];
    const manifest = command.object as ServiceObject;
    known.set(key, before === undefined ? manifest : mergeManifest(before, manifest));
    return [{ service: manifest, at: [...at, 'apply'], patch: null, isWhole: true }];
  });
}

/** A patch with null takes away whole parts, which an API server refuses in the run. Name and namespace never change. */
function patched(before: ServiceObject, patch: Record<string, unknown>): ServiceObject {
  const { kind, metadata, spec, ...rest }: Partial<ServiceObject> = strategicMerge(before, patch);
  const { name, namespace } = before.metadata;
  return { ...before, ...rest, metadata: { ...metadata, name, namespace: namespace! }, spec: spec ?? {} };
}

/** A Service of which nothing is known; most have a selector. */
function blank(key: string): ServiceObject {
  const [namespace, name] = key.split('/') as [string, string];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: { app: name } } };
}

function exposed(key: string, { type, port, protocol }: Extract<KubectlCommand, { verb: 'expose' }>): ServiceObject {
  const service = blank(key);
  return { ...service, spec: { ...service.spec, type, ports: [{ port, protocol }] } };
}
