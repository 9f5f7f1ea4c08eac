/**
 * Revisions of StatefulSets and DaemonSets: which template a pod was made from, by its label controller-revision-hash.
 *
 * Simplified: there are no ControllerRevision objects; the hash is one of ours.
 */
import type { PodObject, PodTemplate, WorkloadObject } from '../objects.js';
import { keyOf } from '../objects.js';
import type { OwnedPods } from './owned-pods.js';
import { templateText } from './rollout.js';

export const REVISION_LABEL = 'controller-revision-hash';

interface Revision {
  hash: string;
  template: PodTemplate | undefined;
}

export class Revisions {
  /** By workload and text of the template. */
  private readonly known = new Map<string, Map<string, Revision>>();

  constructor(private readonly owned: OwnedPods) {}

  /** The present template's. Of a workload that is seen for the first time its pods say what it is called. */
  present(workload: WorkloadObject): Revision {
    const { template } = workload.spec ?? {};
    const text = templateText(template);
    const ofWorkload = this.known.get(keyOf(workload)) ?? new Map<string, Revision>();
    this.known.set(keyOf(workload), ofWorkload);
    let revision = ofWorkload.get(text);
    if (revision === undefined) {
      const hash = (ofWorkload.size === 0 ? this.commonest(workload) : null) ?? this.newHash(workload, text);
      revision = { hash, template };
      ofWorkload.set(text, revision);
    }
    return revision;
  }

  /** Of a pod's label; undefined where nobody knows its template. */
  byHash(workload: WorkloadObject, hash: string): Revision | undefined {
    return [...(this.known.get(keyOf(workload))?.values() ?? [])].find((revision) => revision.hash === hash);
  }

  private commonest(workload: WorkloadObject): string | null {
    const counts = new Map<string, number>();
    for (const pod of this.owned.of(workload)) counts.set(revisionOf(pod), (counts.get(revisionOf(pod)) ?? 0) + 1);
    const [most] = [...counts].sort(([, a], [, b]) => b - a);
    return most?.[0] ?? null;
  }

  private newHash(workload: WorkloadObject, text: string): string {
    return this.owned.letters(`revision of ${workload.kind} ${keyOf(workload)}: ${text}`, 0, 10);
  }
}

export function revisionOf({ metadata }: PodObject): string {
  return metadata.labels?.[REVISION_LABEL] ?? '';
}

export function revisionLabel(hash: string): Record<string, string> {
  return hash === '' ? {} : { [REVISION_LABEL]: hash };
}
