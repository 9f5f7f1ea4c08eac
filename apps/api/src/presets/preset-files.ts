import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectRoot } from '#platform';

/** The scenarios that come with the server, in `presets` and its folders, as YAML text by name; read once, when they are first asked for. */
export class PresetFiles {
  private texts: Map<string, string> | null = null;

  names(): string[] {
    return [...this.all().keys()];
  }

  text(name: string): string | undefined {
    return this.all().get(name);
  }

  private all(): Map<string, string> {
    if (this.texts) return this.texts;
    const folder = join(projectRoot(), 'presets');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yaml'))
      .map((file): [string, string] => [basename(file, '.yaml'), join(folder, file)])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    this.texts = new Map(files.map(([name, path]) => [name, readFileSync(path, 'utf8')]));
    return this.texts;
  }
}
