import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** Whose a row is where nobody is asked for a key. */
export const DEFAULT_TENANT = 'default';

/** Who asks; set on the request by whoever checks its key. */
export interface Principal {
  tenant: string;
}

/** A handler's parameter: the tenant that asks. It sees what is its own, and nothing else. */
export const Tenant = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { principal } = context.switchToHttp().getRequest<{ principal?: Principal }>();
  return principal?.tenant ?? DEFAULT_TENANT;
});
