/** The server: API and worker in one process. */
import { ConfigError, loadConfig } from '#platform';
import { createApp } from './create-app.js';
import { tutorialCommand } from './docs/home-page.js';
import { VERSION } from './version.js';

try {
  const config = loadConfig(process.env);
  const app = await createApp(config);
  await app.listen(config.port, config.host);
  const { port } = app.getHttpServer().address() as { port: number };
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const origin = `http://${host}:${port}`;
  console.log(`
Hairpin ${VERSION} is ready.

  Swagger UI       ${origin}/docs
  tutorial preset  ${origin}/v1/presets/source-ip-tutorial
  readiness        ${origin}/readyz

Run the source-IP tutorial:

  ${tutorialCommand(origin)}
`);
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `The port is taken (${message}). Stop what listens there, or set PORT=0 for a free one.`;
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') return `Cannot listen: ${message}`;
  return stack ?? message;
}
