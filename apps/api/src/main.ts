/** The server: API and worker in one process. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { endInTime, HairpinLogger, loadConfig, misspeltSettings, startupProblem, VERSION } from '#platform';
import { createApp } from './create-app.js';
import { tutorialCommand } from './docs/home-page.js';

try {
  const config = loadConfig(process.env);
  for (const misspelt of misspeltSettings(process.env)) new HairpinLogger(config).warn(misspelt, 'Api');
  endInTime(config.drainMs);
  const app = await createApp(config);
  await app.init();
  const server: Server = app.getHttpServer();
  // Nest's own listen() logs a taken port as an error, before it is told in words here.
  server.listen(config.port, config.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const origin = `http://${host}:${port}`;
  // For machines one line, as all the others.
  if (config.logFormat === 'json') new Logger('Api').log(`Hairpin ${VERSION} is ready: readiness ${origin}/readyz`);
  else console.log(welcome(origin, config.apiKeys.length > 0));
} catch (error) {
  console.error(startupProblem(error, 'PORT'));
  process.exit(1);
}

function welcome(origin: string, needsKey: boolean): string {
  return `
Hairpin ${VERSION} is ready.

  Swagger UI       ${origin}/docs
  tutorial preset  ${origin}/v1/presets/source-ip-tutorial
  readiness        ${origin}/readyz

Run the source-IP tutorial${needsKey ? ', with the secret of a key of API_KEYS in HAIRPIN_KEY' : ''}:

  ${tutorialCommand(origin, needsKey)}
`;
}
