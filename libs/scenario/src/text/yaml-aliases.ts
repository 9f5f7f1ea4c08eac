/**
 * What YAML aliases stand for, and how much they multiply a document. Done here, before the package expands them: its own
 * guard takes minutes over an alias that stands inside what it stands for.
 */
import { type Alias, type Document, isAlias, isMap, isNode, isSeq, type Node } from 'yaml';
import type { Limits } from '../limits.js';

export interface AliasProblem {
  code: 'alias-bomb' | 'invalid-yaml';
  message: string;
  node: Alias;
}

/** The node behind each alias; or the first problem. The tree's depth is bounded by then, so it is walked by recursion. */
export function resolveAliases(
  document: Document.Parsed,
  limits: Pick<Limits, 'aliases' | 'aliasedValues'>,
): Map<Alias, Node> | AliasProblem {
  const resolved = new Map<Alias, Node>();
  const anchors = new Map<string, Node>();
  const sizes = new Map<Node, number>();
  let aliasedValues = 0;
  let problem: AliasProblem | null = null;

  const follow = (alias: Alias): number => {
    const target = anchors.get(alias.source);
    const size = target === undefined ? undefined : sizes.get(target);
    if (target === undefined)
      problem = {
        code: 'invalid-yaml',
        message: `There is no anchor &${shortened(alias)} before this alias.`,
        node: alias,
      };
    else if (size === undefined)
      problem = {
        code: 'alias-bomb',
        message: `The alias *${shortened(alias)} stands inside what it stands for.`,
        node: alias,
      };
    else {
      resolved.set(alias, target);
      aliasedValues += size;
      if (resolved.size > limits.aliases)
        problem = { code: 'alias-bomb', message: `There are more than ${limits.aliases} aliases.`, node: alias };
      else if (aliasedValues > limits.aliasedValues) {
        problem = {
          code: 'alias-bomb',
          message: `Aliases stand for more than ${limits.aliasedValues} values.`,
          node: alias,
        };
      }
    }
    return size ?? 0;
  };

  /** Values in a node, aliases counted as what they stand for. */
  const measure = (node: unknown): number => {
    if (problem !== null || !isNode(node)) return 0;
    if (isAlias(node)) return follow(node);
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    let size = 1;
    if (isSeq(node)) for (const item of node.items) size += measure(item);
    if (isMap(node)) for (const { key, value } of node.items) size += measure(key) + measure(value);
    if (node.anchor !== undefined) sizes.set(node, size);
    return size;
  };

  measure(document.contents);
  return problem ?? resolved;
}

const shortened = ({ source }: Alias): string => source.slice(0, 40);
