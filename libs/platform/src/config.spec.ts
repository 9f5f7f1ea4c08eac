import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, ENVIRONMENT, loadConfig } from './config.js';

describe('the configuration', () => {
  it('needs nothing: loopback, port 3000, SQLite in ./data', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({ host: '127.0.0.1', port: 3000, database: { type: 'sqlite' } });
    expect(config.database).toHaveProperty('file', expect.stringMatching(/\/data\/hairpin\.db$/));
    expect(config.workerThreads).toBeGreaterThan(0);
  });

  it('takes a Postgres URL, and a SQLite file', () => {
    expect(loadConfig({ DATABASE_URL: 'postgres://u@h/d' }).database).toEqual({
      type: 'postgres',
      url: 'postgres://u@h/d',
    });
    expect(loadConfig({ DATABASE_URL: 'sqlite:/tmp/x.db' }).database).toEqual({ type: 'sqlite', file: '/tmp/x.db' });
    expect(loadConfig({ DATABASE_URL: 'sqlite::memory:' }).database).toEqual({ type: 'sqlite', file: ':memory:' });
  });

  it('names every bad value at once, with what would be good', () => {
    expect(() => loadConfig({ PORT: '70000', WORKER_THREADS: 'many', LOG_LEVEL: 'loud' })).toThrow(
      /PORT=70000: at most 65535[\s\S]*WORKER_THREADS=many: a whole number[\s\S]*LOG_LEVEL=loud: error, warn/,
    );
  });

  it('treats an empty variable as absent', () => {
    expect(loadConfig({ PORT: '' }).port).toBe(3000);
  });

  it('refuses to listen beyond loopback unless that is asked for', () => {
    expect(() => loadConfig({ HOST: '0.0.0.0' })).toThrow(ConfigError);
    expect(() => loadConfig({ HOST: '0.0.0.0' })).toThrow(/HAIRPIN_ALLOW_OPEN=1/);
    expect(loadConfig({ HOST: '0.0.0.0', HAIRPIN_ALLOW_OPEN: '1' }).host).toBe('0.0.0.0');
    // A worker opens no port of the API.
    expect(loadConfig({ HOST: '0.0.0.0' }, 'worker').workerThreads).toBeGreaterThan(0);
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(loadConfig({ HOST: host }).host).toBe(host);
  });

  it('cannot be changed afterwards', () => {
    const config = loadConfig({}) as { port: number };
    expect(() => {
      config.port = 1;
    }).toThrow(TypeError);
  });

  it('is listed, every variable of it, in .env.example with the same words', () => {
    const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
    const listed = [...example.matchAll(/^# (.+)\n#?([A-Z_]+)=/gm)].map(([, comment, name]) => [name, comment]);
    const schema = Object.entries(ENVIRONMENT.shape).map(([name, field]) => [name, field.description]);
    expect(listed).toEqual(schema);
  });
});
