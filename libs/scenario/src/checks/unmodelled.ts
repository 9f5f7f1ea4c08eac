/**
 * Fields of a Service that the model would leave without effect where a cluster would not: whoever counts on them is told.
 * With `admission: asStored` the Service is there in a cluster, so it is a warning.
 */
import { featureGatesOf, keyOf, type ServiceObject } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import { SERVICE_NAME_LABEL } from '../normalize/endpoints.js';
import { refuseTopology } from '../not-modelled.js';
import type { Path } from '../pointer.js';
import { of } from './addresses.js';
import { isSaidHere, type ServiceVersion } from './service-history.js';

type Gates = ReturnType<typeof featureGatesOf>;

export function checkUnmodelled(draft: Draft, versions: ServiceVersion[], issues: IssueList): void {
  const gates = featureGatesOf(draft.cluster.version, draft.featureGates);
  const sliced = new Set(
    of('EndpointSlice', draft).map(
      ({ value }) => `${value.metadata.namespace}/${value.metadata.labels?.[SERVICE_NAME_LABEL]}`,
    ),
  );
  for (const version of versions) {
    const { service, at } = version;
    const key = keyOf(service);
    const add = (path: Path, report: (place: Path) => void) => {
      if (isSaidHere(version, path)) report([...at, ...path]);
    };
    const warn = (path: Path, message: string) => add(path, (place) => issues.add('ignored-setting', place, message));

    if (service.spec.loadBalancerClass && draft.loadBalancers.byService[key] === undefined) {
      const message = 'The default load balancer leaves a Service with loadBalancerClass alone; here it serves it.';
      warn(['spec', 'loadBalancerClass'], `${message} Say in loadBalancers what the one of that class does.`);
    }
    if (((service.spec as { topologyKeys?: string[] }).topologyKeys ?? []).length > 0) {
      warn(
        ['spec', 'topologyKeys'],
        'topologyKeys has no effect: its feature gate is off by default, and gone since 1.22.',
      );
    }
    if (!slicesAreMade(service) || sliced.has(key)) continue;
    for (const { field, path } of topologyOf(service, gates)) {
      if (draft.cluster.admission === 'apply') add(path, (place) => refuseTopology(field, place, issues));
      else
        warn(
          path,
          `${field} has no effect without the Service's EndpointSlices, which hold the hints: import them too.`,
        );
    }
  }
}

/** Where the endpoint slice controller would write hints for kube-proxy. */
function slicesAreMade({ spec }: ServiceObject): boolean {
  return Object.keys(spec.selector ?? {}).length > 0 && spec.type !== 'ExternalName' && spec.clusterIP !== 'None';
}

const TOPOLOGY_ANNOTATIONS = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints'];

function topologyOf({ metadata, spec }: ServiceObject, gates: Gates): { field: string; path: Path }[] {
  const found: { field: string; path: Path }[] = [];
  const { trafficDistribution = '' } = spec;
  const isKnown = trafficDistribution === 'PreferClose' || gates.PreferSameTrafficDistribution;
  if (trafficDistribution !== '' && gates.ServiceTrafficDistribution && isKnown) {
    found.push({ field: `trafficDistribution ${trafficDistribution}`, path: ['spec', 'trafficDistribution'] });
  }
  for (const name of TOPOLOGY_ANNOTATIONS) {
    const value = metadata.annotations?.[name];
    if (!gates.TopologyAwareHints || (value !== 'Auto' && value !== 'auto')) continue;
    found.push({ field: `${name}: ${value}`, path: ['metadata', 'annotations', name] });
  }
  return found;
}
