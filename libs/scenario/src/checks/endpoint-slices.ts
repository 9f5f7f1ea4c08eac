/** What an API server checks of EndpointSlices, and what kube-proxy makes of odd ones. */
import { type EndpointSliceObject, keyOf, parseIp } from '#sim';
import type { Draft, Placed } from '../draft.js';
import { type IssueList, shown } from '../issues.js';
import { SERVICE_NAME_LABEL } from '../normalize/endpoints.js';
import { of } from './addresses.js';
import { checkSpecial } from './special-addresses.js';

/** Source: pkg/apis/discovery/validation (maxEndpoints, maxAddresses). */
const MOST_ENDPOINTS = 1000;
const MOST_ADDRESSES = 100;

export function checkEndpointSlices(draft: Draft, issues: IssueList): void {
  const refuses = draft.cluster.admission === 'apply';
  for (const placed of of('EndpointSlice', draft)) {
    checkAddresses(placed, refuses, issues);
    if (refuses) checkSizes(placed, issues);
  }
  checkDuplicates(draft, issues);
}

function checkAddresses({ value: slice, at }: Placed<EndpointSliceObject>, refuses: boolean, issues: IssueList): void {
  const isNamed = slice.addressType === 'FQDN';
  if (isNamed) {
    const message = `kube-proxy ignores EndpointSlice ${keyOf(slice)}: its addressType is FQDN.`;
    issues.add('ignored-setting', [...at, 'addressType'], message);
  }
  for (const [index, { addresses }] of slice.endpoints.entries()) {
    for (const [which, text] of addresses.entries()) {
      const place = [...at, 'endpoints', index, 'addresses', which];
      const ip = parseIp(text);
      if (ip === null && isNamed) continue;
      if (ip === null) issues.add('bad-address', place, `${shown(text)} is not an IP address.`);
      else if (ip.family !== slice.addressType)
        issues.add('ip-family-mismatch', place, `${text} is ${ip.family}, and addressType is ${slice.addressType}.`);
      else if (refuses) checkSpecial(ip, place, issues);
    }
  }
}

function checkSizes({ value: slice, at }: Placed<EndpointSliceObject>, issues: IssueList): void {
  const { endpoints } = slice;
  if (endpoints.length > MOST_ENDPOINTS) {
    const message = `EndpointSlice ${keyOf(slice)} has ${endpoints.length} endpoints; one holds ${MOST_ENDPOINTS}.`;
    issues.add(
      'too-many',
      [...at, 'endpoints'],
      message,
      'Spread them over several slices, as the controller does: 100 in each.',
    );
  }
  for (const [index, { addresses }] of endpoints.entries()) {
    if (addresses.length <= MOST_ADDRESSES) continue;
    const message = `One endpoint has ${addresses.length} addresses; ${MOST_ADDRESSES} are the most, and kube-proxy uses the first.`;
    issues.add('too-many', [...at, 'endpoints', index, 'addresses'], message);
  }
}

/** kube-proxy counts an address and port of a service once; one issue a service. */
function checkDuplicates(draft: Draft, issues: IssueList): void {
  const seen = new Map<string, Set<string>>();
  const told = new Set<string>();
  for (const { value: slice, at } of of('EndpointSlice', draft)) {
    const service = `${slice.metadata.namespace}/${slice.metadata.labels?.[SERVICE_NAME_LABEL]}`;
    const ports = (slice.ports ?? []).map(({ name = '', port = 0 }) => `${name}:${port}`).join();
    const addresses = seen.get(`${service} ${ports}`) ?? new Set();
    seen.set(`${service} ${ports}`, addresses);
    for (const [index, endpoint] of slice.endpoints.entries()) {
      const address = endpoint.addresses[0] ?? '';
      if (addresses.has(address) && !told.has(service)) {
        told.add(service);
        const message = `The address ${shown(address)} is there twice among the endpoints of ${service}; kube-proxy counts it once.`;
        issues.add('duplicate-endpoint', [...at, 'endpoints', index, 'addresses', 0], message);
      }
      addresses.add(address);
    }
  }
}
