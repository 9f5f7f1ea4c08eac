import type { Request } from 'express';
import { AppError } from '#platform';

/** Media types by the short names that handlers use. */
export const MEDIA = {
  json: 'application/json',
  yaml: 'application/yaml',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  arrow: 'application/vnd.apache.arrow.stream',
  text: 'text/plain',
  markdown: 'text/markdown',
  html: 'text/html',
  svg: 'image/svg+xml',
} as const;
export type Media = keyof typeof MEDIA;

/** The format that the client likes best of those that are there; AppError 406 names them. The first is the default. */
export function accepted<Offer extends Media>(request: Request, ...offers: Offer[]): Offer {
  const best = request.accepts(offers.map((offer) => MEDIA[offer]));
  const offer = offers.find((candidate) => MEDIA[candidate] === best);
  if (offer) return offer;
  throw new AppError(
    'not-acceptable',
    `Not there as ${request.headers.accept}. There are: ${offers.map((candidate) => MEDIA[candidate]).join(', ')}.`,
  );
}
