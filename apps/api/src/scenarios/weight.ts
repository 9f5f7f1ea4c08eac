/** How much of a cluster a scenario makes. A document of a thousand letters may ask for a hundred thousand pods. */
import type { KubeObject, Scenario } from '#sim';

const LIGHT = { pods: 300, podsByServices: 10_000 };

/** So little that its world is built in some milliseconds. */
export function isLight({ objects }: Scenario): boolean {
  const count = (kind: string) => objects.filter((object) => object.kind === kind).length;
  const nodes = count('Node');
  const services = count('Service');
  const pods = objects.reduce((sum, object) => sum + (object.kind === 'DaemonSet' ? nodes : podsOf(object)), 0);
  return pods <= LIGHT.pods && pods * services <= LIGHT.podsByServices;
}

function podsOf(object: KubeObject): number {
  if (object.kind === 'Pod') return 1;
  return 'spec' in object && 'replicas' in object.spec ? Number(object.spec.replicas ?? 1) : 0;
}
