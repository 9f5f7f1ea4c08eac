/**
 * The cluster of one moment under other settings: its objects as they are then, left alone until everything has settled.
 *
 * Models: rules and health checks as they would be; policies as `kubectl patch` sets them, health-check node ports included.
 * Source: cluster/admission.ts; the start of a run.
 * Simplified: endpoint slices stay as the scenario's own version and settings had written them.
 * Who could tell: someone who varies the version across a change of the slice controller.
 */
import { reserve } from '../cluster/admission.js';
import { ApiServer } from '../cluster/api-server.js';
import { isExternal } from '../cluster/service-validation.js';
import type { KubeObject, ServiceObject, TrafficPolicy } from '../objects.js';
import { keyOf } from '../objects.js';
import type { Cluster, Scenario } from '../scenario.js';
import { Run } from '../simulate.js';
import { ModelError } from '../trace-question.js';
import type { MatrixVariant } from './result.js';

export interface Variant extends MatrixVariant {
  /** Null: the scenario's. */
  cluster: Cluster | null;
  /** For every service that has such a policy; null: each its own. */
  externalTrafficPolicy: TrafficPolicy | null;
  internalTrafficPolicy: TrafficPolicy | null;
}

const NOTHING = (): void => {};

/** `objects`: of that moment. Throws ModelError. */
export function variantRun(scenario: Scenario, objects: readonly KubeObject[], variant: Variant): Run {
  const cluster: Cluster = { ...(variant.cluster ?? scenario.cluster), admission: 'asStored' };
  const settled = { ...scenario, cluster, steps: [], timeline: [], traffic: [], expect: [] };
  return new Run({ ...settled, objects: withPolicies(objects, cluster, variant) }, { onChunk: NOTHING });
}

function withPolicies(objects: readonly KubeObject[], cluster: Cluster, variant: Variant): KubeObject[] {
  const api = new ApiServer(cluster, NOTHING);
  for (const object of objects) {
    if (object.kind === 'Service') reserve(object, api.allocators);
    api.replace(object);
  }
  for (const service of api.list<ServiceObject>('Service')) {
    const spec = policiesFor(service, variant);
    const written = spec === null ? { object: service } : api.patch('Service', keyOf(service), { spec });
    if ('error' in written)
      throw new ModelError(
        'not-admitted',
        '/vary',
        `with ${variant.name} an API server refuses ${keyOf(service)}: ${written.error}`,
        'mend the service, or take it out of the scenario',
      );
  }
  return api.all();
}

/** Null where nothing changes. */
function policiesFor({ spec }: ServiceObject, variant: Variant): Partial<ServiceObject['spec']> | null {
  const { externalTrafficPolicy: external, internalTrafficPolicy: internal } = variant;
  const changes: Partial<ServiceObject['spec']> = {};
  if (external !== null && isExternal(spec) && external !== (spec.externalTrafficPolicy ?? 'Cluster'))
    changes.externalTrafficPolicy = external;
  if (internal !== null && spec.type !== 'ExternalName' && internal !== (spec.internalTrafficPolicy ?? 'Cluster'))
    changes.internalTrafficPolicy = internal;
  return Object.keys(changes).length === 0 ? null : changes;
}
