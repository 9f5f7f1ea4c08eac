import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { DEFAULT_TENANT, type Principal } from '#platform';

export { DEFAULT_TENANT, type Principal };

/** Who asks stands on the request, from where its key is checked; absent: nobody who is known. */
export interface WithPrincipal {
  principal?: Principal;
}

/** A handler's parameter: who asks. */
export const Asks = createParamDecorator((_: unknown, context: ExecutionContext) => principalOf(context));

/** A handler's parameter: the tenant that asks. It sees what is its own, and nothing else. */
export const Tenant = createParamDecorator((_: unknown, context: ExecutionContext) => principalOf(context).tenant);

/** Whoever forgets to ask for a key gets an error here, not somebody's rows. */
function principalOf(context: ExecutionContext): Principal {
  const { principal } = context.switchToHttp().getRequest<WithPrincipal>();
  if (!principal) throw new Error(`${context.getHandler().name} is open to anybody, and wants to know who asks`);
  return principal;
}
