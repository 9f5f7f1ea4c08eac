/** What a call needs. GET needs `read`, everything else `write`, where `@Access` says nothing else. */
import { AppError, DEFAULT_TENANT, ERRORS, includesScope, type Principal, type Scope } from '#platform';

/** `operator-…`: it tells of all tenants, so it is for a key of the tenant that runs the server. */
export type Access = 'open' | Scope | `operator-${Scope}`;

const declared = new Map<string, Access>();

export function Access(access: Access): MethodDecorator {
  return (target, method) => {
    declared.set(`${target.constructor.name}.${String(method)}`, access);
  };
}

/** `handler`: `Controller.method`. */
export function accessOf(handler: string, httpMethod: string): Access {
  return declared.get(handler) ?? (/^(GET|HEAD)$/i.test(httpMethod) ? 'read' : 'write');
}

export function scopeOf(access: Exclude<Access, 'open'>): Scope {
  return access.replace('operator-', '') as Scope;
}

/** AppError `unauthenticated` or `forbidden`. */
export function demand(principal: Principal | undefined, access: Access): void {
  if (access === 'open') return;
  if (!principal) throw unauthenticated();
  const scope = scopeOf(access);
  if (!includesScope(principal.scope, scope))
    throw forbidden(scope, `This call needs the scope ${scope}; the key ${principal.name} has ${principal.scope}.`);
  if (access.startsWith('operator-') && principal.tenant !== DEFAULT_TENANT)
    throw forbidden(scope, `This call tells of all tenants; it needs a key of the tenant ${DEFAULT_TENANT}.`);
}

/** `sent`: there was a key, which opens nothing. */
export function unauthenticated(sent = false): AppError {
  const message = sent
    ? 'The key opens nothing: it is wrong, was revoked or has expired.'
    : 'A key is needed, and none was sent.';
  return new AppError('unauthenticated', message, {
    headers: { 'www-authenticate': `Bearer realm="hairpin"${sent ? ', error="invalid_token"' : ''}` },
  });
}

function forbidden(scope: Scope, message: string): AppError {
  const { hint } = ERRORS.forbidden;
  return new AppError('forbidden', message, {
    issues: [{ code: 'missing-scope', severity: 'error', path: 'Authorization', message, hint }],
    headers: { 'www-authenticate': `Bearer realm="hairpin", error="insufficient_scope", scope="${scope}"` },
  });
}
