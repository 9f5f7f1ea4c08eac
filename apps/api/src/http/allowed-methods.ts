/** Which methods a path takes, so that another one is told from a path that is not there. */
import type { OpenAPIObject } from '@nestjs/swagger';

/** In upper case, GET with HEAD; empty for a path that nobody serves. */
export type AllowedMethods = (path: string) => readonly string[];

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;
/** Beside what the document describes. */
const ITSELF = [/^\/openapi\.(?:json|yaml)$/, /^\/docs\/?$/];

export function allowedMethods({ paths }: Pick<OpenAPIObject, 'paths'>): AllowedMethods {
  const routes = Object.entries(paths).map(([path, item]) => ({
    form: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}/?$`),
    methods: METHODS.filter((method) => item[method] !== undefined).map((method) => method.toUpperCase()),
  }));
  return (path) => {
    if (ITSELF.some((form) => form.test(path))) return ['GET', 'HEAD'];
    const methods = routes.filter(({ form }) => form.test(path)).flatMap((route) => route.methods);
    return methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  };
}
