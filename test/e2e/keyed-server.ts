/** A server that asks for keys, with one key for each tenant and scope that the tests play. */
import type { Config } from '#platform';
import { startServer, type TestServer } from './server.js';

const secret = (name: string) => `hp_${name.padEnd(40, '0')}`;

const GIVEN = {
  operator: 'default/ops:admin',
  alice: 'team-a/alice:admin',
  writer: 'team-a/writer:write',
  reader: 'team-a/reader:read',
  bob: 'team-b/bob:admin',
} as const;
export type Player = keyof typeof GIVEN;

export const KEY_OF = Object.fromEntries(Object.keys(GIVEN).map((player) => [player, secret(player)])) as Record<
  Player,
  string
>;

export const API_KEYS = Object.entries(GIVEN)
  .map(([player, who]) => `${who}:${KEY_OF[player as Player]}`)
  .join(',');

export function startKeyedServer(
  environment: Record<string, string> = {},
  settings: Partial<Config> = {},
): Promise<TestServer> {
  return startServer({ API_KEYS, ...environment }, settings);
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** Asks as somebody; null: without a key. A body is JSON. */
export function asPlayer(server: TestServer, player: Player | null) {
  const who = player === null ? {} : bearer(KEY_OF[player]);
  return (method: string, path: string, more: { body?: string; headers?: Record<string, string> } = {}) =>
    fetch(`${server.origin}${path}`, {
      method,
      headers: { ...who, ...(more.body === undefined ? {} : { 'content-type': 'application/json' }), ...more.headers },
      ...(more.body === undefined ? {} : { body: more.body }),
    });
}
