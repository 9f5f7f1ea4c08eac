/** Telling Kubernetes objects from scenarios: either is mistaken for the other where it is sent. */

/** One object, a `List`, or several of them. */
export function isKubernetes(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isKubernetes);
  const { apiVersion, kind } = fieldsOf(value);
  return typeof apiVersion === 'string' && typeof kind === 'string';
}

/** Fields that no object has at its top. */
const SCENARIO_FIELDS = ['objects', 'cluster', 'clients', 'steps', 'timeline', 'traffic'];

export function isScenario(value: unknown): boolean {
  const { apiVersion, kind, ...fields } = fieldsOf(value);
  return (
    apiVersion === undefined && kind === undefined && SCENARIO_FIELDS.some((field) => Object.hasOwn(fields, field))
  );
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
