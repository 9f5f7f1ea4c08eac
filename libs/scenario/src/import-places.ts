/**
 * From places in the document that an import makes back to what came in: an object stands where it stood, and a setting
 * of the cluster where it was read. Paths lead through one document; in a text of several the line tells which.
 */
import type { Manifest } from './import-cluster.js';
import type { ParsedText } from './parse.js';
import { type Path, valueAt } from './pointer.js';

export interface Place {
  document: ParsedText;
  path: Path;
}

/** One object and where it stood in what came in. */
export interface Found extends Place {
  manifest: Manifest;
}

const NODE_NAME: Path = ['metadata', 'name'];
const NODE_INFO: Record<string, string> = { version: 'kubeletVersion', kernel: 'kernelVersion' };
const KUBELET_VERSION: Path = ['status', 'nodeInfo', 'kubeletVersion'];

/** `objects`: in their order in the document. `kubeProxy`: the ConfigMap with its configuration, and the key there. Null: all of what came in, or nothing of it, says that. */
export function placesInImport(
  objects: readonly Found[],
  kubeProxy: { from: Found; key: string } | null,
): (path: Path) => Place | null {
  const nodes = objects.filter(({ manifest }) => manifest.kind === 'Node');
  const byName = new Map(nodes.map((node) => [valueAt(node.manifest, NODE_NAME), node]));
  const versioned = nodes.find(({ manifest }) => valueAt(manifest, KUBELET_VERSION) !== undefined);
  return ([field, part, ...rest]) => {
    if (field === 'objects') return within(objects[Number(part)], rest);
    if (field !== 'cluster') return null;
    if (part === 'version') return within(versioned, KUBELET_VERSION);
    if (part === 'kubeProxy') return within(kubeProxy?.from, ['data', kubeProxy?.key ?? '']);
    const info = NODE_INFO[String(rest[1])];
    return part === 'nodes'
      ? within(byName.get(rest[0]), info === undefined ? [] : ['status', 'nodeInfo', info])
      : null;
  };
}

function within(found: Found | undefined, rest: Path): Place | null {
  return found === undefined ? null : { document: found.document, path: [...found.path, ...rest] };
}
