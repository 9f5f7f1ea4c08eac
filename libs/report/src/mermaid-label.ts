/**
 * A label of a mermaid graph, in quotes. Everything but letters, digits and a few harmless marks is written as mermaid's
 * numeric character entity, so that no name can end the label, start a statement or become markup.
 */
export function mermaidLabel(...lines: string[]): string {
  return `"${lines.map(escaped).join('<br/>')}"`;
}

/** All but harmless marks, and what would make a label a list in mermaid's markdown: `1. x`, `- x`. */
const HARMFUL = /[^\p{L}\p{N} .:,/_+=-]|^\p{N}+(?=\.\s)|^[-+](?=\s)/gu;

function escaped(text: string): string {
  const shown = text.replace(/\s+/g, ' ').replace(/\p{Cc}|\p{Cs}/gu, '\ufffd');
  return shown.replace(HARMFUL, (found) => [...found].map((character) => `#${character.codePointAt(0)};`).join(''));
}
