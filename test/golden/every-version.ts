/** What the rules of every minor version are held against, in each mode. */
import { expect, it } from 'vitest';
import { SUPPORTED_VERSIONS } from '../../libs/sim/src/kube-proxy/index.js';
import type { IpFamily } from '../../libs/sim/src/objects.js';
import type { VectorObjects } from '../flows/vector-cluster.js';
import { servicesOfEveryKind, slicesOfEveryKind } from './every-service-kind.js';

export const FAMILIES: IpFamily[] = ['IPv4', 'IPv6'];

export const objectsOfEveryKind = (ipFamily: IpFamily): VectorObjects => ({
  services: servicesOfEveryKind(ipFamily),
  endpointSlices: slicesOfEveryKind(ipFamily),
});

/** Two tests of a mode: its text comes of the objects, not of their order, and changes with those versions. */
export function testTexts(
  textOf: (version: string, objects: VectorObjects) => string,
  objects: VectorObjects,
  generations: string[][],
): void {
  it('do not depend on the order in which objects came', () => {
    const { services, endpointSlices } = objects;
    const reversed = { services: services.toReversed(), endpointSlices: endpointSlices.toReversed() };
    for (const version of SUPPORTED_VERSIONS) {
      expect(textOf(version, reversed), version).toBe(textOf(version, objects));
    }
  });

  it('change where kube-proxy changed, and nowhere else', () => {
    const groups: string[][] = [];
    let before = '';
    for (const version of SUPPORTED_VERSIONS) {
      const text = textOf(version, objects);
      if (text === before) groups.at(-1)?.push(version);
      else groups.push([version]);
      before = text;
    }
    expect(groups).toEqual(generations);
  });
}
