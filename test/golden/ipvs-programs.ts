/** What mode ipvs makes of every kind of Service. */
import { type IpvsProgram, ipvsMode } from '../../libs/sim/src/kube-proxy/index.js';
import type { RulesFormat, RulesView } from '../../libs/sim/src/kube-proxy/modes/mode.js';
import type { IpFamily, Protocol } from '../../libs/sim/src/objects.js';
import { type VectorObjects, vectorNode, vectorView } from '../flows/vector-cluster.js';
import { nodeOfEveryKind } from './every-service-kind.js';
import { objectsOfEveryKind } from './every-version.js';

/** SCTP has sets of its own: the UDP port becomes one. */
export function objectsOf(ipFamily: IpFamily): VectorObjects {
  const asSctp = <T extends { protocol?: Protocol | null }>(port: T): T =>
    port.protocol === 'UDP' ? { ...port, protocol: 'SCTP' } : port;
  const { services, endpointSlices } = objectsOfEveryKind(ipFamily);
  const last = services.length - 1;
  return {
    services: services.map((service, n) =>
      n < last ? service : { ...service, spec: { ...service.spec, ports: service.spec.ports!.map(asSctp) } },
    ),
    endpointSlices: endpointSlices.map((slice, n) =>
      n < last ? slice : { ...slice, ports: slice.ports!.map(asSctp) },
    ),
  };
}

export function programOf(version: string, ipFamily: IpFamily, objects = objectsOf(ipFamily)): IpvsProgram {
  return ipvsMode.program(vectorView(vectorNode(nodeOfEveryKind(ipFamily), version), objects));
}

export const textOf = (program: IpvsProgram, format: RulesFormat, view: RulesView = 'restore'): string =>
  ipvsMode.rulesText(program, view, format)!;
