const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One word of a shell command, in single quotes where the shell would read it as something else. */
export function shellWord(text: string): string {
  return SAFE.test(text) ? text : singleQuoted(text);
}

/** In single quotes whatever it is: how people write a JSON patch. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One word in which `$node` stays a variable of the loop around it; everything else is literal. */
export function shellWordWithNode(text: string): string {
  const [first = '', ...others] = text.split('$node');
  const bare = SAFE.test(first + others.join('')) || text === '$node';
  const literal = (part: string) => (bare ? part : part.replace(/[\\"`$]/g, (character) => `\\${character}`));
  // Braces where the next character would belong to the variable's name.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell's, not of a template
  const word = others.map((part) => `${/^\w/.test(part) ? '${node}' : '$node'}${literal(part)}`);
  return bare ? [first, ...word].join('') : `"${[literal(first), ...word].join('')}"`;
}
