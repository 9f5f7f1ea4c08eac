/** Matrices that are much too large are refused before they are walked. */
import { expect, it } from 'vitest';
import { matrixOf, type PodObject } from '#sim';
import {
  LAPTOP,
  pod,
  type SmallScenario,
  service,
  smallCluster,
  smallScenario,
} from '../../libs/sim/src/testing/small-scenario.js';

const ask = (world: SmallScenario) =>
  matrixOf(smallScenario(world), { sources: [], services: [], families: [], via: [], onlyDifferences: false }, 0, []);
const RUNNING: Pick<PodObject, 'status'> = {
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};

it('a matrix is refused before much is walked where senders that rules tell apart are too many', () => {
  const pods = Array.from({ length: 4000 }, (_, n) =>
    pod(`p${n}`, `10.2.${n >> 8}.${n & 255}`, { ...RUNNING, spec: { nodeName: `n${1 + (n % 3)}` } }),
  );
  const before = process.cpuUsage();
  expect(() => ask({ objects: [...pods, service('web', { type: 'NodePort' })] })).toThrow(
    expect.objectContaining({ code: 'matrix-too-large', message: expect.stringContaining('600000 different ways') }),
  );
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
});

it('a matrix is refused where it is too large', () => {
  const clients = Array.from({ length: 1000 }, (_, n) => ({ ...LAPTOP, name: `c${n}` }));
  const services = Array.from({ length: 3000 }, (_, n) =>
    service(`s${n}`, { type: 'NodePort', ports: [{ port: 80 }] }),
  );
  const cluster = smallCluster({ nodePortRange: { from: 20_000, to: 40_000 } });
  expect(() => ask({ clients, objects: services, cluster })).toThrow(
    /1003 sources × 12000 addresses and ports are 12036000 cells/,
  );
}, 60_000);
