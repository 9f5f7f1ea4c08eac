/** Which of the formats that there are an answer has. One rule for all calls: what `Accept` excludes is a 406, before anything is done. */
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError } from '#platform';
import { type OperationSpec, operationKey, operations } from './operation.js';

/** Media types by the short names that handlers use. */
export const MEDIA = {
  json: 'application/json',
  yaml: 'application/yaml',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  arrow: 'application/vnd.apache.arrow.stream',
  schema: 'application/schema+json',
  text: 'text/plain',
  markdown: 'text/markdown',
  html: 'text/html',
  svg: 'image/svg+xml',
} as const;
export type Media = keyof typeof MEDIA;

/** The format that the client likes best of those that are there; AppError 406 names them. The first is the default. */
export function accepted<Offer extends Media>(request: Request, ...offers: Offer[]): Offer {
  const types = offers.map((offer) => MEDIA[offer]);
  return offers[types.indexOf(bestOf(request, types) as (typeof types)[number])]!;
}

/** The media types of an operation's answers, errors apart. */
export function typesOf({ responses }: Pick<OperationSpec, 'responses'>): string[] {
  return [...new Set(Object.values(responses).flatMap(({ content = {} }) => Object.keys(content)))];
}

/** Asks for every operation what it declares, so that none answers with what its client does not read. */
@Injectable()
export class AcceptGuard implements CanActivate {
  private readonly types = new Map<string, readonly string[]>();

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const types = this.typesAt(operationKey(context.getClass().name, context.getHandler().name));
    if (types.length > 1) http.getResponse<Response>().vary('Accept');
    if (types.length > 0) bestOf(http.getRequest<Request>(), types);
    return true;
  }

  private typesAt(key: string): readonly string[] {
    const known = this.types.get(key);
    if (known) return known;
    const spec = operations.get(key);
    const types = spec === undefined ? [] : typesOf(spec);
    this.types.set(key, types);
    return types;
  }
}

/** Of a range, `;charset=utf-8` and the like: everything here is UTF-8, and no type comes in several versions. */
const PARAMETERS = /;(?!\s*q=)[^;,]*/gi;

function bestOf(request: Request, types: readonly string[]): string {
  const { accept } = request.headers;
  if (!accept || accept === '*/*') return types[0]!;
  request.headers.accept = accept.replace(PARAMETERS, '');
  const best = request.accepts([...types]);
  if (best !== false) return best;
  throw new AppError('not-acceptable', `There is nothing here that Accept takes: ${accept.slice(0, 200)}.`, {
    hint: `Ask for ${types.join(' or ')}, or leave Accept out.`,
  });
}
