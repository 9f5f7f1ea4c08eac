const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for an element or an attribute; what XML cannot hold becomes the replacement character. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  const legal = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|\p{Cs}/gu, '\ufffd');
  return legal.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Cut to what fits, by an estimate of the width of a character; the end of a name tells more than its middle. */
export function fitted(text: string, maxCharacters: number): string {
  const characters = [...text];
  if (characters.length <= maxCharacters) return text;
  const tail = Math.floor(maxCharacters / 3);
  return `${characters.slice(0, maxCharacters - tail - 1).join('')}…${characters.slice(-tail).join('')}`;
}

/** Lines of at most so many characters, broken at spaces; a word that is longer is cut. */
export function wrapped(text: string, maxCharacters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const shown = fitted(word, maxCharacters);
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + shown.length <= maxCharacters)
      lines[lines.length - 1] = `${last} ${shown}`;
    else lines.push(shown);
  }
  return lines;
}
