import { describe, expect, it } from 'vitest';
import type { ContainerSpec, ProbeSpec } from '../objects.js';
import { loneCluster } from '../testing/lone-cluster.js';
import { pod, workload } from '../testing/small-scenario.js';
import { missingHandler, probeProblem } from './probe-validation.js';

const tcp = { tcpSocket: { port: 80 } };
const problem = (container: Partial<ContainerSpec>) =>
  probeProblem({ containers: [{ name: 'app', ...container }] }, 'spec');

describe('an API server refuses a probe', () => {
  it.each<[ProbeSpec, string]>([
    [{ ...tcp, exec: { command: ['true'] } }, '.tcpSocket: Forbidden: may not specify more than 1 handler type'],
    [{ exec: {} }, '.exec.command: Required value'],
    [{ httpGet: { path: '/' } }, '.httpGet.port: Required value'],
    [{ httpGet: { port: 70_000 } }, '.httpGet.port: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    [{ tcpSocket: { port: '--' } }, '.tcpSocket.port: Invalid value: "--": must be a port\'s number or name'],
    [{ grpc: {} }, '.grpc.port: Required value'],
    [
      { httpGet: { port: 80, scheme: 'FTP' as 'HTTP' } },
      '.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
    ],
    [{ ...tcp, periodSeconds: -1 }, '.periodSeconds: Invalid value: -1: must be greater than or equal to 0'],
    [{ ...tcp, successThreshold: 2 }, '.successThreshold: Invalid value: 2: must be 1'],
    [
      { ...tcp, terminationGracePeriodSeconds: 0 },
      '.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0',
    ],
  ])('%j', (probe, text) => {
    expect(problem({ livenessProbe: probe })).toBe(`spec.containers[0].livenessProbe${text}`);
  });

  it('only where the kind of probe does not have it so', () => {
    expect(problem({ readinessProbe: { ...tcp, successThreshold: 2 } })).toBeNull();
    expect(problem({ startupProbe: { ...tcp, successThreshold: 2 } })).toContain('must be 1');
    expect(problem({ readinessProbe: { ...tcp, terminationGracePeriodSeconds: 5 } })).toContain(
      'must not be set for readinessProbes',
    );
    expect(problem({ livenessProbe: { ...tcp, terminationGracePeriodSeconds: 5, periodSeconds: 0 } })).toBeNull();
    expect(problem({ livenessProbe: { httpGet: { port: 'web' } } })).toBeNull();
  });

  it('that asks nothing, when it comes about in the run', () => {
    const container = { name: 'app', livenessProbe: { periodSeconds: 5 } };
    expect(missingHandler({ containers: [container] }, 'spec')).toBe(
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    );
    const cluster = loneCluster({ objects: [workload('Deployment', 'web', 1)] });
    const applied = pod('a', null, { spec: { containers: [container] } });
    expect(cluster.kubectlAt(0, { verb: 'apply', object: applied })).toContain('must specify a handler type');
    const template = { spec: { containers: [{ name: 'a', livenessProbe: { periodSeconds: 5 } }] } };
    const patch = { spec: { template } };
    expect(cluster.kubectlAt(0, { verb: 'patch', kind: 'Deployment', name: 'default/web', patch })).toBe(
      'The Deployment "web" is invalid: spec.template.spec.containers[1].livenessProbe: Required value: must specify a handler type',
    );
  });
});
