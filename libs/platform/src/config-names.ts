/** Variables of the environment that are no setting, and were probably meant to be one. */
import { editDistance, nearestName } from '#sim';
import { ENVIRONMENT } from './config.js';

const SETTINGS = Object.keys(ENVIRONMENT.shape);

/** One sentence each. An environment has many other names: what is only a little like a setting is none of ours. */
export function misspeltSettings(env: Record<string, string | undefined>): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const meant = value && !isOfService(value) && !SETTINGS.includes(name) ? nearestName(name, SETTINGS) : null;
    if (meant === null || !isMisspelt(name, meant)) return [];
    return `The environment has ${name}, which is no setting and does nothing; probably ${meant} is meant.`;
  });
}

/** One letter in eight; of a name as short as PORT nothing but the order, as POST and PORT1 are names too. */
function isMisspelt(name: string, setting: string): boolean {
  const most = Math.max(1, Math.floor(name.length / 8));
  if (editDistance(name.toUpperCase(), setting, most) > most) return false;
  return setting.length > 5 || sorted(name.toUpperCase()) === sorted(setting);
}

const sorted = (name: string) => [...name].sort().join('');

/** Kubernetes and Docker set NAME_PORT for each service, whatever its name: `tcp://10.96.0.1:443`. */
const isOfService = (value: string) => /^(tcp|udp|sctp):\/\//.test(value);
