/** Reads the markup of reports, strictly. */
import { expect } from 'vitest';

const VOID = new Set(['meta', 'link', 'br', 'rect', 'path', 'line', 'circle']);
const TAG = /<!doctype html>|<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g;

/** The names of elements as they open, with their attributes' names; fails where they are not nested, or a `<` is no tag. */
export function elements(markup: string): string[] {
  // Raw text: of an element of its own kind, without its end tag inside.
  const plain = markup.replace(/<(style|script)([^>]*)>[\s\S]*?<\/\1>/g, '<$1$2></$1>');
  const open: string[] = [];
  const found: string[] = [];
  const rest = plain.replace(
    TAG,
    (tag, close: string, name: string | undefined, attributes: string, selfClosed: string) => {
      if (name === undefined) return '';
      if (close === '/') expect(open.pop(), tag).toBe(name);
      else {
        if (selfClosed === '' && !VOID.has(name)) open.push(name);
        found.push([name, ...[...attributes.matchAll(/\s([a-zA-Z-]+)(?==|\s|$)/g)].map((match) => match[1])].join(' '));
      }
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  return found;
}
