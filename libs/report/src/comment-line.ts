/** A shell comment: one line, whatever stands in it. */
export function commentLine(text: string): string {
  return `# ${text.replace(/\s+/g, ' ')}`;
}
