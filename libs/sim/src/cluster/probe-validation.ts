/**
 * What an API server refuses of probes, with the texts that kubectl shows.
 *
 * Source: k8s.io/kubernetes pkg/apis/core/validation (validateProbe, validateHandler, validateLivenessProbe, validateReadinessProbe,
 *   validateStartupProbe), on top of the defaults.
 * Simplified: the first problem only; headers and host names are not looked at. What a scenario starts with may leave out what
 *   a probe asks; it is then taken for an exec.
 * Who could tell: someone who compares error messages.
 */
import type { PodSpec, ProbeSpec } from '../objects.js';

const KINDS = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;
const NUMBERS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;
const GRACE = 'terminationGracePeriodSeconds';

type Check = (probe: ProbeSpec, at: string, kind: (typeof KINDS)[number]) => string | null;

/** Null where nothing is wrong; `at`: where the pod's spec stands, `spec.template.spec`. */
export function probeProblem(spec: PodSpec | undefined, at: string): string | null {
  return ofProbes(spec, at, (probe, place, kind) => handlerProblem(probe, place) ?? numberProblem(probe, place, kind));
}

/** Of a probe that comes about in the run. */
export function missingHandler(spec: PodSpec | undefined, at: string): string | null {
  return ofProbes(spec, at, (probe, place) =>
    HANDLERS.some((handler) => probe[handler] !== undefined)
      ? null
      : `${place}: Required value: must specify a handler type`,
  );
}

function ofProbes(spec: PodSpec | undefined, at: string, check: Check): string | null {
  for (const [n, container] of (spec?.containers ?? []).entries())
    for (const kind of KINDS) {
      const probe = container[kind];
      const problem = probe === undefined ? null : check(probe, `${at}.containers[${n}].${kind}`, kind);
      if (problem !== null) return problem;
    }
  return null;
}

function handlerProblem(probe: ProbeSpec, at: string): string | null {
  const [, second] = HANDLERS.filter((handler) => probe[handler] !== undefined);
  if (second !== undefined) return `${at}.${second}: Forbidden: may not specify more than 1 handler type`;
  if (probe.exec !== undefined && (probe.exec.command ?? []).length === 0) return `${at}.exec.command: Required value`;
  const { scheme = 'HTTP' } = probe.httpGet ?? {};
  if (!['HTTP', 'HTTPS'].includes(scheme))
    return `${at}.httpGet.scheme: Unsupported value: "${scheme}": supported values: "HTTP", "HTTPS"`;
  for (const handler of ['httpGet', 'tcpSocket', 'grpc'] as const) {
    const given = probe[handler];
    const problem = given === undefined ? null : portProblem(given.port);
    if (problem !== null) return `${at}.${handler}.port: ${problem}`;
  }
  return null;
}

function portProblem(port: number | string | undefined): string | null {
  if (port === undefined) return 'Required value';
  if (typeof port === 'number')
    return port >= 1 && port <= 65535 ? null : `Invalid value: ${port}: must be between 1 and 65535, inclusive`;
  const isName = port.length <= 15 && /[a-z]/.test(port) && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(port);
  return isName ? null : `Invalid value: ${JSON.stringify(port)}: must be a port's number or name`;
}

function numberProblem(probe: ProbeSpec, at: string, kind: (typeof KINDS)[number]): string | null {
  const negative = NUMBERS.find((field) => (probe[field] ?? 0) < 0);
  if (negative !== undefined)
    return `${at}.${negative}: Invalid value: ${probe[negative]}: must be greater than or equal to 0`;
  // 0 is "not given".
  const { successThreshold } = probe;
  if (kind !== 'readinessProbe' && (successThreshold || 1) !== 1)
    return `${at}.successThreshold: Invalid value: ${successThreshold}: must be 1`;
  const grace = probe[GRACE];
  if (grace === undefined) return null;
  if (kind === 'readinessProbe') return `${at}.${GRACE}: Invalid value: ${grace}: must not be set for readinessProbes`;
  return grace > 0 ? null : `${at}.${GRACE}: Invalid value: ${grace}: must be greater than 0`;
}
