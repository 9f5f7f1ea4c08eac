/** Keys that the environment gives (API_KEYS): they exist before there is anybody who could make one by a call. */
import { hashOf } from './key-text.js';
import { DEFAULT_TENANT, KEY_NAME, type Principal, SCOPES, type Scope, TENANT_NAME } from './principal.js';

/** The secret itself is forgotten when the environment has been read. */
export interface GivenKey {
  readonly principal: Principal;
  readonly hash: string;
}

const SECRET = /^[A-Za-z0-9_-]{32,200}$/;
const FORM = 'tenant/name:scope:secret, or name:scope:secret for the tenant default, with commas between';

/** Of `text`, or what is wrong with it, in words that tell no secret. */
export function readGivenKeys(text: string): { keys: GivenKey[] } | { error: string } {
  const keys: GivenKey[] = [];
  for (const [index, entry] of text.split(',').entries()) {
    const parts = entry.trim().split(':');
    const [who = '', scope = '', secret = ''] = parts;
    const [name = '', tenant = DEFAULT_TENANT] = who.split('/').reverse();
    const where = `entry ${index + 1}`;
    if (parts.length !== 3 || who.split('/').length > 2) return { error: `${where} is not ${FORM}` };
    if (!TENANT_NAME.test(tenant)) return { error: `${where}: a tenant is small letters, digits and hyphens` };
    if (!KEY_NAME.test(name)) return { error: `${where}: a name is letters, digits, dots, hyphens and blanks` };
    if (!isScope(scope)) return { error: `${where}: the scope is one of ${SCOPES.join(', ')}` };
    if (!SECRET.test(secret))
      return {
        error: `${where}: the secret must be 32 to 200 letters, digits, _ and -, as hp_$(openssl rand -hex 32)`,
      };
    if (keys.some(({ principal }) => principal.name === name && principal.tenant === tenant))
      return { error: `${where}: there is another ${who}` };
    keys.push({ principal: { tenant, scope, keyId: `${tenant}/${name}`, name }, hash: hashOf(secret) });
  }
  return { keys };
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}
