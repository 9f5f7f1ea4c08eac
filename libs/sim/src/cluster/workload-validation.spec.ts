import { describe, expect, it } from 'vitest';
import { pod, service, smallCluster, workload } from '../testing/small-scenario.js';
import { ApiServer } from './api-server.js';

function server(): ApiServer {
  const api = new ApiServer(smallCluster(), () => {});
  for (const object of [workload('Deployment', 'web', 2), service('web'), pod('lone', null)]) api.create(object, 0);
  return api;
}

const ofDeployment = (patch: Record<string, unknown>) => server().patch('Deployment', 'default/web', patch);
const invalid = (problem: string) => ({ error: `The Deployment "web" is invalid: ${problem}` });

describe('a patched Deployment', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ spec: null }, 'spec.selector: Required value'],
    [{ spec: { selector: null } }, 'spec.selector: Required value'],
    [
      { spec: { selector: { matchLabels: null } } },
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [{ spec: { template: { spec: null } } }, 'spec.template.spec.containers: Required value'],
    [{ spec: { template: { spec: { containers: null } } } }, 'spec.template.spec.containers: Required value'],
    [{ spec: { template: { spec: { containers: [] } } } }, 'taken'],
    [
      { spec: { selector: { matchLabels: { tier: 'x' } }, template: { metadata: { labels: { tier: 'x' } } } } },
      'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"x"}}: field is immutable',
    ],
  ])('keeps what it must have: %j', (patch, problem) => {
    if (problem === 'taken') expect(ofDeployment(patch)).toHaveProperty('object');
    else expect(ofDeployment(patch)).toEqual(invalid(problem));
  });

  it('may get labels and replicas, and the selector that it has', () => {
    const selector = { matchLabels: { app: 'web' } };
    expect(ofDeployment({ metadata: { labels: { x: 'y' } }, spec: { replicas: 3, selector } })).toHaveProperty(
      'object',
    );
  });
});

const rolling = (kind: 'Deployment' | 'DaemonSet', rollingUpdate: object, type = 'RollingUpdate') => {
  const { spec, ...rest } = workload(kind, 'rolling', 1);
  const field = kind === 'Deployment' ? 'strategy' : 'updateStrategy';
  const written = server().create({ ...rest, spec: { ...spec, [field]: { type, rollingUpdate } } }, 0);
  return 'error' in written ? written.error : 'taken';
};

it('a rollout may add a pod or take one away', () => {
  const field = 'The Deployment "rolling" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value';
  expect(rolling('Deployment', { maxSurge: 0, maxUnavailable: 0 })).toBe(
    `${field}: intstr.IntOrString{Type:0, IntVal:0, StrVal:""}: may not be 0 when \`maxSurge\` is 0`,
  );
  expect(rolling('Deployment', { maxSurge: '0%', maxUnavailable: '0%' })).toBe(
    `${field}: intstr.IntOrString{Type:1, IntVal:0, StrVal:"0%"}: may not be 0 when \`maxSurge\` is 0`,
  );
  for (const update of [{ maxSurge: 0 }, { maxUnavailable: 0 }, { maxSurge: 0, maxUnavailable: '1%' }])
    expect(rolling('Deployment', update)).toBe('taken');
  const required = 'The DaemonSet "rolling" is invalid: spec.updateStrategy.rollingUpdate.maxUnavailable';
  for (const update of [{ maxUnavailable: 0 }, { maxSurge: '0%', maxUnavailable: '0%' }])
    expect(rolling('DaemonSet', update)).toBe(`${required}: Required value: cannot be 0 when maxSurge is 0`);
  expect(rolling('DaemonSet', { maxSurge: 1, maxUnavailable: 0 })).toBe('taken');
  expect(rolling('DaemonSet', { maxUnavailable: 0 }, 'OnDelete')).toBe('taken');
});

it('an applied Deployment has selector and containers; what a scenario starts with may lack them', () => {
  const bare = { apiVersion: 'apps/v1', kind: 'Deployment' as const, metadata: { name: 'new', namespace: 'default' } };
  expect(server().apply(bare, 0)).toEqual({
    error: 'The Deployment "new" is invalid: spec.selector: Required value',
  });
  const { spec } = workload('Deployment', 'new', 1);
  expect(server().apply({ ...bare, spec: { ...spec, template: {} } }, 0)).toEqual({
    error: 'The Deployment "new" is invalid: spec.template.spec.containers: Required value',
  });
  expect(server().create(bare, 0)).toHaveProperty('object');
  expect(server().apply(workload('Deployment', 'new', 1), 0)).toHaveProperty('object');
});

it('a patch that takes away what an object is known by, or a Service has, is refused', () => {
  const refused = (kind: 'Service' | 'Pod', key: string, patch: Record<string, unknown>) => {
    const written = server().patch(kind, key, patch);
    return 'error' in written ? written.error : 'taken';
  };
  expect(refused('Service', 'default/web', { metadata: null })).toBe(
    'Error from server (BadRequest): the name of the object (web based on URL) was undeterminable: name must be provided',
  );
  expect(refused('Pod', 'default/lone', { metadata: { namespace: null } })).toContain('does not match');
  expect(refused('Pod', 'default/lone', { kind: null })).toContain("Object 'Kind' is missing");
  expect(refused('Service', 'default/web', { spec: null })).toBe(
    'The Service "web" is invalid: spec.ports: Required value',
  );
  expect(refused('Pod', 'default/lone', { status: { podIPs: [{}] } })).toContain('status.podIPs[0].ip: Required value');
  expect(refused('Service', 'default/web', { spec: { ports: [null] } })).toContain('spec.ports[0]: expected a map');
});
