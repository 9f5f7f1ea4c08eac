/**
 * The configuration: the environment, parsed once by one schema, then frozen. No other file reads the environment.
 * `.env.example` lists every variable with its default; a test keeps the two in step.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { type GivenKey, readGivenKeys } from './keys/given-keys.js';
import { type Network, parseNetwork } from './webhooks/address-policy.js';
import { RETRY_SECONDS } from './webhooks/retry.js';

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'a whole number is needed')
    .transform(Number)
    .pipe(z.number().min(min, `at least ${min}`).max(max, `at most ${max}`));

/** What stands between commas; nothing of it is empty. */
const list = z.string().transform((text) => text.split(',').map((entry) => entry.trim()));

const isOrigin = (text: string) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;

const onOff = z.enum(['0', '1'], 'either 0 or 1').transform((value) => value === '1');

/** Variables whose values are not for logs. */
const SECRET = new Set(['API_KEYS', 'DATABASE_URL', 'QUEUE_URL', 'WEBHOOK_SECRET_KEYS']);

/** One entry a variable; the text of `describe` is its comment in `.env.example`. */
export const ENVIRONMENT = z.object({
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on. Without API keys only loopback.'),
  PORT: wholeNumber(0, 65_535).default(3000).describe('Port to listen on; 0 takes a free one and says which.'),
  HAIRPIN_ALLOW_OPEN: onOff
    .default(false)
    .describe('1: listen on an address that others can reach although anybody may then do anything.'),
  API_KEYS: z
    .string()
    .transform((text, context): GivenKey[] => {
      const read = readGivenKeys(text);
      if ('keys' in read) return read.keys;
      context.addIssue(read.error);
      return z.NEVER;
    })
    .optional()
    .describe(
      'Keys that exist from the start: tenant/name:scope:secret, scope read, write or admin, with commas between. Given one, every call needs a key.',
    ),
  DATA_DIR: z.string().min(1).default('./data').describe('Where the SQLite database lies.'),
  DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, 'sqlite:<file>, sqlite::memory: or postgres://…')
    .optional()
    .describe('sqlite:<file> or postgres://user:password@host:port/database. Default: sqlite:<DATA_DIR>/hairpin.db'),
  QUEUE_URL: z
    .string()
    .regex(/^(embedded|rediss?:\/\/.+|postgres(ql)?:\/\/.+)$/, 'embedded, redis://… or postgres://…')
    .default('embedded')
    .describe(
      'Who tells workers of simulations: embedded, or BullMQ on redis://user:password@host:port/0 or postgres://… for many machines.',
    ),
  QUEUE_NAME: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'small letters, digits and hyphens')
    .default('hairpin')
    .describe(
      'Of the queue at the broker: processes with the same name share their work, others may share the broker.',
    ),
  QUEUE_BOARD: onOff
    .default(false)
    .describe('1: Bull Board shows the queues at the broker at /admin/queues, to those with an admin key.'),
  WORKER_THREADS: wholeNumber(0, 256)
    .default(Math.max(1, availableParallelism() - 1))
    .describe(
      'Runs at once in this process, of simulations, experiments and comparisons together; 0: none, other processes work. Default: cores - 1',
    ),
  WORKER_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address on which a worker process answers /livez, /readyz and /metrics, and nothing else.'),
  WORKER_PORT: wholeNumber(0, 65_535).default(0).describe('Port of these; 0 takes a free one and says which.'),
  DRAIN_SECONDS: wholeNumber(0, 600)
    .default(0)
    .describe('Before it ends the API answers for so long as before, while /readyz says 503 to load balancers.'),
  LEASE_SECONDS: wholeNumber(1, 3600)
    .default(10)
    .describe(
      'A worker that has not been heard of for so long loses what it was doing to the next one: runs of simulations, experiments and comparisons, deliveries.',
    ),
  MAX_ATTEMPTS: wholeNumber(1, 1000)
    .default(10)
    .describe(
      'A simulation, experiment or comparison is failed instead of being run again when processes have died of it so many times.',
    ),
  MAX_BODY_BYTES: wholeNumber(1024, 1_000_000_000)
    .default(8_388_608)
    .describe('Largest request body; a larger one is answered with 413.'),
  MAX_REQUESTS: wholeNumber(1, 1_000_000_000).default(20_000_000).describe('Most simulated requests in one run.'),
  MAX_EVENTS: wholeNumber(1, 1_000_000_000_000).default(1_000_000_000).describe('Most events in one run.'),
  MAX_RUN_SECONDS: wholeNumber(1, 86_400)
    .default(900)
    .describe('Longest time that one run may take on the clock of the wall.'),
  MAX_RUN_MEMORY_MB: wholeNumber(64, 65_536).default(1024).describe('Most heap that one run may take.'),
  MAX_EXPERIMENT_RUNS: wholeNumber(1, 1_000_000)
    .default(10_000)
    .describe('Most runs of one experiment: cells times seeds.'),
  MAX_EXPERIMENT_REQUESTS: wholeNumber(1, 1_000_000_000_000)
    .default(200_000_000)
    .describe('Most simulated requests in all runs of one experiment together, as expected of its traffic.'),
  IDEMPOTENCY_HOURS: wholeNumber(1, 8760)
    .default(24)
    .describe('For so long a repeated Idempotency-Key gets the first answer again.'),
  MAX_WEBHOOKS: wholeNumber(0, 10_000).default(50).describe('Most webhooks that a tenant may have at a time.'),
  WEBHOOK_ALLOW_NETWORKS: list
    .transform((texts, context) =>
      texts.map((text): Network => {
        const network = parseNetwork(text);
        if (network === null) context.addIssue(`${JSON.stringify(text)} is no network such as 10.1.0.0/16`);
        return network!;
      }),
    )
    .default([])
    .describe(
      'Networks (10.1.0.0/16,fd00::/8) that webhooks may lead to, also by plain http, although they are private, loopback, link-local or the like.',
    ),
  WEBHOOK_SECRET_KEYS: list
    .refine((keys) => keys.every((key) => key.length >= 32), 'at least 32 characters each')
    .default([])
    .describe(
      "Keys that webhooks' secrets are encrypted with in the database: the first encrypts, all decrypt. Without, the secrets lie there as they are.",
    ),
  RATE_LIMIT: wholeNumber(0, 1_000_000)
    .optional()
    .describe(
      'Calls that one key (an address, where nobody is asked for a key) may make in 10 s; 0: any number. Default: 5000; without keys on loopback 0',
    ),
  MAX_UNFINISHED: wholeNumber(1, 10_000_000)
    .default(10_000)
    .describe(
      'Most simulations of a tenant that wait or run at a time, and most experiments and comparisons together.',
    ),
  MAX_RUNNING: wholeNumber(0, 10_000)
    .default(0)
    .describe(
      'Most simulations of a tenant that run at a time, and most trials of its experiments and comparisons, over all workers; 0: as many as there are threads.',
    ),
  MAX_SCENARIOS: wholeNumber(1, 10_000_000).default(100_000).describe('Most scenarios that a tenant may have stored.'),
  MAX_WAITING: wholeNumber(1, 100_000)
    .default(500)
    .describe(
      'Most calls of a tenant that follow a run or wait for its end (events, Prefer: wait) at a time, in each process.',
    ),
  CORS_ORIGINS: list
    .refine((origins) => origins.every(isOrigin), 'origins such as https://dashboard.example.com, no * and no path')
    .default([])
    .describe(
      'Origins whose pages may call the API from a browser, with commas between; none: no page of another origin.',
    ),
  TRUSTED_PROXIES: list
    .refine((networks) => networks.every((text) => parseNetwork(text) !== null), 'networks such as 10.1.0.0/16')
    .default([])
    .describe('Networks of reverse proxies (10.1.0.0/16) whose X-Forwarded-For tells the address of the client.'),
  WEBHOOK_RETRY_SECONDS: list
    .refine(
      (waits) => waits.length <= 50 && waits.every((wait) => /^\d{1,6}$/.test(wait)),
      'whole numbers of seconds, at most 50',
    )
    .transform((waits) => waits.map(Number))
    .default([...RETRY_SECONDS])
    .describe(
      'Seconds to wait before each further attempt to deliver; after the last the delivery has failed. Default: 5,300,1800,7200,18000,28800,28800',
    ),
  WEBHOOKS_AT_ONCE: wholeNumber(1, 1000)
    .default(64)
    .describe(
      'Deliveries to webhooks that are under way at once in a process that has WORKER_THREADS; of one tenant a quarter, over all processes.',
    ),
  WEBHOOK_LOG_DAYS: wholeNumber(1, 3650)
    .default(7)
    .describe('For so long deliveries to webhooks are kept, with the log of their attempts.'),
  RETENTION_DAYS: wholeNumber(0, 36_500)
    .default(0)
    .describe('A simulation, experiment or comparison that ended so long ago is deleted with its results; 0: never.'),
  LOG_LEVEL: z
    .enum(['error', 'warn', 'info', 'debug'], 'error, warn, info or debug')
    .default('info')
    .describe('error, warn, info or debug.'),
  LOG_FORMAT: z.enum(['text', 'json'], 'text or json').default('text').describe('text for people, json for machines.'),
});

export type DatabaseTarget = { type: 'sqlite'; file: string } | { type: 'postgres'; url: string };

/** `url`: of BullMQ's broker. */
export type QueueTarget = { type: 'embedded' } | { type: 'bullmq'; url: string; name: string };

export interface Config {
  readonly host: string;
  readonly port: number;
  /** None: nobody is asked for a key. */
  readonly apiKeys: readonly GivenKey[];
  readonly database: DatabaseTarget;
  readonly queue: QueueTarget;
  readonly queueBoard: boolean;
  readonly workerThreads: number;
  readonly workerHost: string;
  readonly workerPort: number;
  readonly drainMs: number;
  readonly leaseMs: number;
  readonly maxAttempts: number;
  readonly maxBodyBytes: number;
  readonly runLimits: RunLimits;
  readonly experimentLimits: ExperimentLimits;
  readonly idempotencyMs: number;
  readonly door: DoorSettings;
  readonly quotas: Quotas;
  /** After the end of a run; null: for ever. */
  readonly retentionMs: number | null;
  readonly webhooks: WebhookSettings;
  /** Where a thread's compiled file lies. Not of the environment: tests, which run from source, have it elsewhere. */
  readonly threadFile: (file: URL) => URL;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly logFormat: 'text' | 'json';
}

/** What one run may take before it ends as failed. */
export interface RunLimits {
  readonly requests: number;
  readonly events: number;
  readonly wallMs: number;
  readonly memoryMb: number;
}

/** Who may knock, and how often. */
export interface DoorSettings {
  /** Calls of one key or address in 10 s; 0: any number. */
  readonly rateLimit: number;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  /** Nobody is asked for a key, and only this machine is meant to be there. */
  readonly loopbackOnly: boolean;
}

/** What a tenant may have at a time. */
export interface Quotas {
  readonly unfinished: number;
  /** Simulations; 0: any number. */
  readonly running: number;
  readonly scenarios: number;
  /** In one process. */
  readonly waiting: number;
}

export interface WebhookSettings {
  readonly mostPerTenant: number;
  readonly allowNetworks: readonly Network[];
  readonly secretKeys: readonly string[];
  readonly retrySeconds: readonly number[];
  /** Deliveries under way in this process. */
  readonly atOnce: number;
  readonly keptMs: number;
}

/** What all runs of an experiment may be together. */
export interface ExperimentLimits {
  readonly runs: number;
  readonly requests: number;
}

/** The environment does not say what it must; the message names every variable and what is wrong with it. */
export class ConfigError extends Error {}

/** A worker opens no port of the API: `HOST`, which an image may set for both, says nothing about it. */
export type Program = 'api' | 'worker';

/** Throws ConfigError. An empty variable counts as absent. */
export function loadConfig(env: Record<string, string | undefined>, program: Program = 'api'): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = ENVIRONMENT.safeParse(present);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `  ${name}${SECRET.has(name) ? '' : `=${present[name]}`}: ${issue.message}`;
    });
    throw new ConfigError(`The environment has values that cannot be used:\n${lines.join('\n')}`);
  }
  const values = parsed.data;
  const { API_KEYS: apiKeys = [] } = values;
  if (program === 'api') refuseOpenDoor(values.HOST, values.HAIRPIN_ALLOW_OPEN || apiKeys.length > 0);
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    apiKeys: Object.freeze(apiKeys),
    database: Object.freeze(databaseTarget(values.DATABASE_URL, values.DATA_DIR)),
    queue: Object.freeze(queueTarget(values.QUEUE_URL, values.QUEUE_NAME)),
    queueBoard: values.QUEUE_BOARD,
    workerThreads: values.WORKER_THREADS,
    workerHost: values.WORKER_HOST,
    workerPort: values.WORKER_PORT,
    drainMs: values.DRAIN_SECONDS * 1000,
    leaseMs: values.LEASE_SECONDS * 1000,
    maxAttempts: values.MAX_ATTEMPTS,
    maxBodyBytes: values.MAX_BODY_BYTES,
    runLimits: Object.freeze({
      requests: values.MAX_REQUESTS,
      events: values.MAX_EVENTS,
      wallMs: values.MAX_RUN_SECONDS * 1000,
      memoryMb: values.MAX_RUN_MEMORY_MB,
    }),
    experimentLimits: Object.freeze({ runs: values.MAX_EXPERIMENT_RUNS, requests: values.MAX_EXPERIMENT_REQUESTS }),
    idempotencyMs: values.IDEMPOTENCY_HOURS * 3_600_000,
    door: Object.freeze(doorSettings(values)),
    quotas: Object.freeze({
      unfinished: values.MAX_UNFINISHED,
      running: values.MAX_RUNNING,
      scenarios: values.MAX_SCENARIOS,
      waiting: values.MAX_WAITING,
    }),
    retentionMs: values.RETENTION_DAYS === 0 ? null : values.RETENTION_DAYS * 86_400_000,
    webhooks: Object.freeze({
      mostPerTenant: values.MAX_WEBHOOKS,
      allowNetworks: values.WEBHOOK_ALLOW_NETWORKS,
      secretKeys: values.WEBHOOK_SECRET_KEYS,
      retrySeconds: values.WEBHOOK_RETRY_SECONDS,
      atOnce: values.WEBHOOKS_AT_ONCE,
      keptMs: values.WEBHOOK_LOG_DAYS * 86_400_000,
    }),
    threadFile: (file: URL) => file,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
  });
}

function doorSettings(values: z.infer<typeof ENVIRONMENT>): DoorSettings {
  const loopbackOnly = values.API_KEYS === undefined && LOOPBACK.test(values.HOST) && !values.HAIRPIN_ALLOW_OPEN;
  return {
    rateLimit: values.RATE_LIMIT ?? (loopbackOnly ? 0 : 5000),
    corsOrigins: values.CORS_ORIGINS,
    trustedProxies: values.TRUSTED_PROXIES,
    loopbackOnly,
  };
}

function queueTarget(url: string, name: string): QueueTarget {
  return url === 'embedded' ? { type: 'embedded' } : { type: 'bullmq', url, name };
}

function databaseTarget(url: string | undefined, dataDir: string): DatabaseTarget {
  if (url === undefined) return { type: 'sqlite', file: resolve(dataDir, 'hairpin.db') };
  if (!url.startsWith('sqlite:')) return { type: 'postgres', url };
  const file = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  return { type: 'sqlite', file: file === ':memory:' ? file : resolve(file) };
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** Without keys whoever reaches the port may do everything: that must be said aloud. */
function refuseOpenDoor(host: string, allowed: boolean): void {
  if (LOOPBACK.test(host) || allowed) return;
  throw new ConfigError(
    `HOST=${host} can be reached from other machines, and nobody would be asked for a key.\n` +
      '  Set API_KEYS, or keep HOST=127.0.0.1 (a tunnel or a reverse proxy that asks for keys can reach it),\n' +
      '  or set HAIRPIN_ALLOW_OPEN=1 if anybody who reaches it may read, change and delete everything.',
  );
}
