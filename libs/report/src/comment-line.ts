/** A shell comment: one line, whatever stands in it. */
export function commentLine(text: string): string {
  return `# ${text.replace(/\s+/g, ' ')}`;
}

/** A terminal would obey them, and names and bodies come from whoever wrote the scenario. */
export function withoutControlCharacters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
