import { Document, isScalar, parse, visit } from 'yaml';
import type { KubeObject } from '#sim';

const YAML_OPTIONS = { version: '1.1' as const, sortMapEntries: true };
const TEXT_OPTIONS = { indentSeq: false, lineWidth: 0, singleQuote: true };

/**
 * Objects as `kubectl -o yaml` prints them: keys in alphabetical order, sequences not indented, one object by itself
 * where one was asked for by name and a List otherwise.
 *
 * Source: kubectl's own output; sigs.k8s.io/yaml for order and quotes.
 * Simplified: no dates (nothing in a run knows one), no uid or resourceVersion, long strings are not folded.
 * Who could tell: a program that reads those fields.
 */
export function objectsYaml(objects: readonly KubeObject[], single: boolean): string {
  const documents = objects.map(publicForm);
  if (single && documents.length === 1) return yamlText(documents[0]);
  return yamlText({
    apiVersion: 'v1',
    items: documents,
    kind: 'List',
    metadata: { resourceVersion: '', selfLink: '' },
  });
}

/** Without the model's own fields, which no API server has. */
function publicForm(object: KubeObject): unknown {
  const { creationTimestampNs: _created, deletionTimestampNs: _deleted, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function yamlText(value: unknown): string {
  const document = new Document(value, { ...YAML_OPTIONS, aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && needsDoubleQuotes(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString(TEXT_OPTIONS).trimEnd();
}

/** Go's YAML writer: double quotes for what would be read as another type and for control characters, else single. */
function needsDoubleQuotes(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(text)) return true;
  if (text.includes('\n')) return false;
  if (text === '') return true;
  try {
    return typeof parse(text, { version: '1.1' }) !== 'string' && /^[\w.+:-]+$|^~$/.test(text);
  } catch {
    return false;
  }
}
