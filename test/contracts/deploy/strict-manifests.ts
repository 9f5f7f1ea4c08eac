/**
 * What `kubectl apply --validate=strict` would say: unknown fields, missing ones, values of the wrong kind. The manifests are
 * read as literals of Kubernetes' own types, as the packages kubernetes-models and @kubernetes-models/keda have them of
 * its OpenAPI document; the compiler finds what does not fit.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

export const textIn = (folder: URL, name: string) => readFileSync(new URL(name, folder), 'utf8');

/** Of all files in a folder but its kustomization, or of some. */
export function manifestsIn(folder: URL, files?: readonly string[]): Manifest[] {
  const all = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
  return (files ?? all).flatMap((name) =>
    parseAllDocuments(textIn(folder, name)).map((document) => document.toJS() as Manifest),
  );
}

const require = createRequire(import.meta.url);
const FILE = join(fileURLToPath(new URL('.', import.meta.url)), 'manifests-as-literals.ts');
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

const moduleOf = ({ apiVersion, kind }: Manifest) =>
  `${apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models'}/${apiVersion}/${kind}`;

/** Nothing: all of them fit. */
export function problemsOf(manifests: readonly Manifest[]): string[] {
  return [...shapeProblems(manifests), ...manifests.flatMap(valueProblems)];
}

function shapeProblems(manifests: readonly Manifest[]): string[] {
  const source = manifests
    .map(
      (manifest, number) =>
        `import type { I${manifest.kind} as T${number} } from '${moduleOf(manifest)}';\nexport const m${number}: T${number} = ${JSON.stringify(manifest)};`,
    )
    .join('\n');
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === FILE || fileExists(name);
  host.readFile = (name) => (name === FILE ? source : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === FILE ? ts.createSourceFile(name, source, OPTIONS.target!) : getSourceFile(name, ...rest);
  return ts.getPreEmitDiagnostics(ts.createProgram([FILE], OPTIONS, host)).map(({ messageText, start = 0 }) => {
    const { kind, metadata } = manifests[Math.floor(source.slice(0, start).split('\n').length / 2 - 0.5)]!;
    return `${kind} ${metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

/** Formats and bounds, which types do not tell. */
function valueProblems(manifest: Manifest): string[] {
  const { [manifest.kind]: Model } = require(moduleOf(manifest)) as Record<
    string,
    new (
      data: unknown,
    ) => { validate(): void }
  >;
  try {
    new Model!(manifest).validate();
    return [];
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`];
  }
}
