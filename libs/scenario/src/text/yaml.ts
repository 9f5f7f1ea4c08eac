/**
 * YAML text → documents with the place of every node. The parser of package `yaml` builds trees by recursion, so
 * nesting is bounded while its (iterative) first stage runs; duplicate keys are looked for here because the package
 * compares every key with every other.
 */
import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type ParsedNode,
  Parser,
  type YAMLMap,
} from 'yaml';
import type { IssueList } from '../issues.js';
import type { Limits } from '../limits.js';
import type { Path } from '../pointer.js';
import { readPlainYaml } from './plain-yaml.js';
import { resolveAliases } from './yaml-aliases.js';

type ParsedDocument = Document.Parsed<ParsedNode, boolean>;
type Token = Parameters<Composer['next']>[0];

export interface YamlDocument {
  value: unknown;
  /** Place of what stands at a path, or of the nearest thing around it. */
  locate(path: Path): { line: number; column: number };
}

/** Null when the text has problems, which are in `issues` then. Empty documents are left out. */
export function parseYaml(text: string, issues: IssueList, limits: Limits): YamlDocument[] | null {
  return readPlainYaml(text, limits.depth) ?? parsePackaged(text, issues, limits);
}

function parsePackaged(text: string, issues: IssueList, limits: Limits): YamlDocument[] | null {
  const lines = new LineCounter();
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const tokens = tokensOf(text, lines, limits.depth);
  if (!Array.isArray(tokens)) {
    const message = `The YAML is nested deeper than ${limits.depth} levels.`;
    issues.add('too-deep', [], message, undefined, placeAt(tokens.tooDeepAt));
    return null;
  }
  const options = { uniqueKeys: false, stringKeys: true, merge: true, keepSourceTokens: false } as const;
  const documents: YamlDocument[] = [];
  let failed = false;
  for (const document of new Composer(options).compose(tokens, false, text.length) as Iterable<ParsedDocument>) {
    for (const error of document.errors) {
      issues.add('invalid-yaml', [], firstLine(error.message), undefined, placeAt(error.pos[0]));
      failed = true;
    }
    if (failed || document.contents === null) continue;
    if (reportDuplicateKeys(document, issues, placeAt)) failed = true;
    const aliases = resolveAliases(document, limits);
    if (!(aliases instanceof Map)) {
      issues.add(aliases.code, [], aliases.message, undefined, placeAt(aliases.node.range?.[0] ?? 0));
      failed = true;
      continue;
    }
    const value = plainValue(document, issues, placeAt);
    if (value === undefined) failed = true;
    else if (value.js !== null) {
      documents.push({ value: value.js, locate: (path) => locate(document, path, aliases, placeAt) });
    }
  }
  return failed ? null : documents;
}

/** All tokens of the first stage, or where it nests too deep. */
function tokensOf(text: string, lines: LineCounter, depth: number): Token[] | { tooDeepAt: number } {
  const parser = new Parser(lines.addNewLine);
  const tokens: Token[] = [];
  // The stack holds the document and a scalar beside the collections.
  const most = depth + 2;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > most) return { tooDeepAt: parser.offset };
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0]!;
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

type PlaceAt = (offset: number) => { line: number; column: number };

/** The document as plain data; undefined, with an issue, where the package cannot make any. Aliases are bounded by now. */
function plainValue(document: ParsedDocument, issues: IssueList, placeAt: PlaceAt): { js: unknown } | undefined {
  try {
    return { js: document.toJS({ maxAliasCount: -1 }) };
  } catch (error) {
    issues.add(
      'invalid-yaml',
      [],
      firstLine((error as Error).message),
      undefined,
      placeAt(document.contents?.range?.[0] ?? 0),
    );
    return undefined;
  }
}

function reportDuplicateKeys(document: ParsedDocument, issues: IssueList, placeAt: PlaceAt): boolean {
  let found = false;
  const open: { node: unknown; path: Path }[] = [{ node: document.contents, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, path } = next;
    if (isSeq(node))
      for (const [index, item] of node.items.entries()) open.push({ node: item, path: [...path, index] });
    if (!isMap(node)) continue;
    const keys = new Set<string>();
    for (const pair of node.items) {
      const key = keyText(pair.key);
      if (keys.has(key) && key !== '<<') {
        found = true;
        const place = placeAt((pair.key as Node | null)?.range?.[0] ?? 0);
        issues.add(
          'duplicate-key',
          [...path, key],
          `The key ${JSON.stringify(key)} stands twice in one map.`,
          undefined,
          place,
        );
      }
      keys.add(key);
      open.push({ node: pair.value, path: [...path, key] });
    }
  }
  return found;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

type Aliases = ReadonlyMap<Alias, Node>;

/** Follows the path as far as it goes, through aliases and merge keys. */
function locate(
  document: ParsedDocument,
  path: Path,
  aliases: Aliases,
  placeAt: PlaceAt,
): { line: number; column: number } {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const step of path) {
    node = isAlias(node) ? aliases.get(node) : node;
    if (isMap(node)) {
      const pair = pairOf(node, String(step), aliases);
      if (pair === null) break;
      offset = (pair.key as Node | null)?.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)];
      if (item === undefined) break;
      node = item;
      offset = (item as Node).range?.[0] ?? offset;
    } else break;
  }
  return placeAt(offset);
}

/** The map's own pair first, then those of what it merges; aliases cannot form a loop. */
function pairOf(map: YAMLMap, key: string, aliases: Aliases): { key: unknown; value: unknown } | null {
  for (const pair of map.items) if (keyText(pair.key) === key) return pair;
  for (const pair of map.items) {
    if (keyText(pair.key) !== '<<') continue;
    const value: unknown = pair.value;
    for (const source of isSeq(value) ? value.items : [value]) {
      const merged = isAlias(source) ? aliases.get(source) : source;
      const found = isMap(merged) ? pairOf(merged, key, aliases) : null;
      if (found !== null) return found;
    }
  }
  return null;
}
