/**
 * Fields of a Service that have no effect, be it in that version or in the model: whoever counts on them is told. With
 * `admission: asStored` the Service is there in a cluster, so it is a warning.
 */
import { featureGatesOf, keyOf, type ServiceObject } from '#sim';
import type { Draft } from '../draft.js';
import type { IssueCode, IssueList } from '../issues.js';
import { minorNumber } from '../normalize/version.js';
import type { Path } from '../pointer.js';
import { isSaidHere, type ServiceVersion } from './service-history.js';

type Gates = ReturnType<typeof featureGatesOf>;

export function checkWithoutEffect(draft: Draft, versions: ServiceVersion[], issues: IssueList): void {
  const gates = featureGatesOf(draft.cluster.version, draft.cluster.featureGates);
  for (const version of versions) {
    const { service, at } = version;
    const report = (code: IssueCode, path: Path, message: string) => {
      if (isSaidHere(version, path)) issues.add(code, [...at, ...path], message);
    };
    const warn = (path: Path, message: string) => report('ignored-setting', path, message);

    if (service.spec.loadBalancerClass && draft.loadBalancers.byService[keyOf(service)] === undefined) {
      const message = 'The default load balancer leaves a Service with loadBalancerClass alone; here it serves it.';
      warn(['spec', 'loadBalancerClass'], `${message} Say in loadBalancers what the one of that class does.`);
    }
    if ((service.spec.topologyKeys ?? []).length > 0 && !gates.ServiceTopology) {
      const message = 'topologyKeys has no effect: its feature gate is off by default, and gone since 1.22.';
      warn(['spec', 'topologyKeys'], message);
    }
    if (draft.proxyModes.has('userspace')) checkUserspace(service, warn);
    checkDistribution(service, gates, draft.cluster, report);
    checkAnnotations(service, gates, draft.cluster.version, warn);
  }
}

/** kube-proxy of mode userspace reads addresses, ports and affinity, and nothing else. */
function checkUserspace({ spec }: ServiceObject, warn: (path: Path, message: string) => void): void {
  const silent = (field: string) => warn(['spec', field], `${field} has no effect on nodes in mode userspace.`);
  if (spec.externalTrafficPolicy === 'Local') silent('externalTrafficPolicy');
  if (spec.internalTrafficPolicy === 'Local') silent('internalTrafficPolicy');
  if ((spec.loadBalancerSourceRanges ?? []).length > 0) silent('loadBalancerSourceRanges');
  for (const [index, { protocol }] of (spec.ports ?? []).entries())
    if (protocol === 'SCTP')
      warn(
        ['spec', 'ports', index, 'protocol'],
        'Nodes in mode userspace proxy no SCTP: this port has no rules there.',
      );
}

type Cluster = Pick<Draft['cluster'], 'version' | 'admission'>;
type Report = (code: IssueCode, path: Path, message: string) => void;

function checkDistribution(
  { spec }: ServiceObject,
  gates: Gates,
  { version, admission }: Cluster,
  report: Report,
): void {
  const { trafficDistribution: value = '' } = spec;
  const path: Path = ['spec', 'trafficDistribution'];
  if (value === '') return;
  if (!gates.ServiceTrafficDistribution) {
    const message = `trafficDistribution has no effect in Kubernetes ${version}: the gate ServiceTrafficDistribution is off.`;
    report('ignored-setting', path, message);
  } else if (value !== 'PreferClose' && !gates.PreferSameTrafficDistribution) {
    const message = `trafficDistribution ${value} needs the gate PreferSameTrafficDistribution, which is off in Kubernetes ${version}.`;
    report(admission === 'apply' ? 'version-lacks-feature' : 'ignored-setting', path, message);
  }
}

const OLD_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';
const ANNOTATION = 'service.kubernetes.io/topology-mode';

function checkAnnotations(
  { metadata }: ServiceObject,
  gates: Gates,
  version: string,
  warn: (path: Path, message: string) => void,
): void {
  for (const name of [OLD_ANNOTATION, ANNOTATION]) {
    const value = metadata.annotations?.[name];
    if (value !== 'Auto' && value !== 'auto') continue;
    const path: Path = ['metadata', 'annotations', name];
    if (!gates.TopologyAwareHints)
      warn(path, `${name} has no effect in Kubernetes ${version}: the gate TopologyAwareHints is off.`);
    else if (name === ANNOTATION && minorNumber(version) < 27)
      warn(path, `${name} is known since 1.27; in Kubernetes ${version} it is ${OLD_ANNOTATION}.`);
  }
}
