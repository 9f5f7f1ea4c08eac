import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import swaggerUi from 'swagger-ui-express';
import { stringify } from 'yaml';
import { VERSION } from '#platform';
import { accepted, MEDIA } from '../http/accept.js';
import { openApiDocument } from '../http/openapi.js';
import { WEBHOOK_EVENTS } from '../webhooks/webhook-events.js';

/** Serves Swagger UI at `/docs`, and the OpenAPI document as JSON and YAML. */
export function serveDocs(app: INestApplication): OpenAPIObject {
  const document = openApiDocument(app, VERSION, WEBHOOK_EVENTS);
  const json = JSON.stringify(document);
  const yaml = stringify(document, { aliasDuplicateObjects: false });
  const express = app.getHttpAdapter();
  for (const [format, text] of [
    ['json', json],
    ['yaml', yaml],
  ] as const)
    express.get(`/openapi.${format}`, (request: Request, response: Response) => {
      response.type(MEDIA[accepted(request, format)]).send(text);
    });
  const swaggerOptions = { tryItOutEnabled: true, displayRequestDuration: true, docExpansion: 'list' };
  app.use('/docs', swaggerUi.serve, swaggerUi.setup(document, { customSiteTitle: 'Hairpin API', swaggerOptions }));
  return document;
}
