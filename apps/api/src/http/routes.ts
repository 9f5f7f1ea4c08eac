/** Which paths there are: so that a wrong method is told from a wrong path, and a wrong path the one that was meant. */
import type { OpenAPIObject } from '@nestjs/swagger';
import { nearestName } from '#sim';

export interface Routes {
  /** In upper case, GET with HEAD; empty for a path that nobody serves. */
  methodsOf(path: string): readonly string[];
  /** Of those without parameters. */
  nearest(path: string): string | null;
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;
/** Beside what the document describes. */
const ITSELF = [/^\/openapi\.(?:json|yaml)$/, /^\/docs\/?$/];

export function routesOf({ paths }: Pick<OpenAPIObject, 'paths'>): Routes {
  const routes = Object.entries(paths).map(([path, item]) => ({
    form: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}/?$`),
    methods: METHODS.filter((method) => item[method] !== undefined).map((method) => method.toUpperCase()),
  }));
  const plain = Object.keys(paths).filter((path) => !path.includes('{'));
  return {
    methodsOf: (path) => {
      if (ITSELF.some((form) => form.test(path))) return ['GET', 'HEAD'];
      const methods = routes.filter(({ form }) => form.test(path)).flatMap((route) => route.methods);
      return methods.includes('GET') ? [...methods, 'HEAD'] : methods;
    },
    nearest: (path) => nearestName(path, plain),
  };
}
