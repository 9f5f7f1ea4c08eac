import type { INestApplication } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import swaggerUi from 'swagger-ui-express';
import { stringify } from 'yaml';
import { openApiDocument } from '../http/openapi.js';
import { PresetFiles } from '../presets/preset-files.js';
import { ScenarioSource } from '../scenarios/scenario-source.js';
import { homePage } from './home-page.js';

/** Serves the page for people at `/`, Swagger UI at `/docs`, and the OpenAPI document as JSON and YAML. */
export function serveDocs(app: INestApplication, version: string): void {
  const document = openApiDocument(app, version);
  const json = JSON.stringify(document);
  const yaml = stringify(document, { aliasDuplicateObjects: false });
  const express = app.getHttpAdapter();
  express.get('/openapi.json', (_: Request, response: Response) => void response.type('application/json').send(json));
  express.get('/openapi.yaml', (_: Request, response: Response) => void response.type('application/yaml').send(yaml));
  app.use(
    '/docs',
    swaggerUi.serve,
    swaggerUi.setup(document, {
      customSiteTitle: 'Hairpin API',
      swaggerOptions: {
        tryItOutEnabled: true,
        displayRequestDuration: true,
        docExpansion: 'list',
        persistAuthorization: true,
      },
    }),
  );
  const presets = app.get(PresetFiles);
  const source = app.get(ScenarioSource);
  const home = async (request: Request, response: Response, next: NextFunction) => {
    try {
      const lines = await Promise.all(
        presets.names().map(async (name) => {
          const preset = await source.preset(name);
          const { notes = '' } = JSON.parse(preset.document) as { notes?: string };
          return { name, title: preset.name, notes };
        }),
      );
      response.type('text/html').send(homePage(version, `${request.protocol}://${request.get('host')}`, lines));
    } catch (error) {
      next(error);
    }
  };
  express.get('/', (request: Request, response: Response, next: NextFunction) => void home(request, response, next));
}
