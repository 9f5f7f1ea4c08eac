import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';

/** The scenarios that come with the server, as YAML text by name; read once, when they are first asked for. */
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
    const files = readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .sort();
    this.texts = new Map(
      files.map((file) => [file.slice(0, -'.yaml'.length), readFileSync(join(folder, file), 'utf8')]),
    );
    return this.texts;
  }
}
