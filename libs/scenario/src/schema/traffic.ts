/** `traffic`: who asks whom, how often and how. */
import { z } from 'zod';
import { zOrigin } from './origin.js';
import { problem } from './problem.js';
import {
  zDuration,
  zIp,
  zName,
  zNamespacedName,
  zPort,
  zPositiveDuration,
  zProtocol,
  zRate,
  zText,
} from './scalars.js';

const zDestination = z
  .strictObject({
    service: zNamespacedName.optional(),
    port: z.union([zPort, z.string().min(1).max(15)]).optional(),
    via: z.enum(['clusterIP', 'nodePort', 'loadBalancer', 'externalIP', 'endpoint']).optional(),
    node: zName.optional(),
    ipFamily: z.enum(['IPv4', 'IPv6']).optional(),
    ip: zIp.optional(),
  })
  .refine(
    (to) => to.service !== undefined || (to.ip !== undefined && typeof to.port === 'number'),
    problem('missing-field', 'The destination is neither a service nor an ip with a port number.'),
  )
  .meta({ id: 'Destination', description: 'A service, or an ip and a port number.' });

const zKeepAlive = z
  .union([
    z.boolean(),
    z.strictObject({
      requests: z
        .int()
        .min(1)
        .max(1_000_000_000)
        .meta({ description: 'The client closes a connection after so many.' })
        .optional(),
      idle: zPositiveDuration.meta({ description: 'It closes one that it has not used for so long; 90s.' }).optional(),
      multiplexed: z
        .boolean()
        .meta({ description: 'Any number of requests at a time on one connection, as in HTTP/2.' })
        .optional(),
    }),
  ])
  .meta({ description: 'Connections are kept open, and used again.' });

const zRetries = z
  .strictObject({
    attempts: z.int().min(2).max(100).meta({ description: 'Tries in all, the first one included.' }),
    backoff: zDuration.meta({ description: 'Before the second try; it doubles with each. 100ms.' }).optional(),
    on: z
      .array(z.enum(['refused', 'reset', 'timeout', 'unreachable', 'http-error']))
      .min(1)
      .max(5)
      .meta({ description: 'After which endings; refused, reset and unreachable without it.' })
      .optional(),
  })
  .meta({ id: 'Retries', description: 'The client tries again. A row stands for all tries of a request.' });

export const zTraffic = z
  .strictObject({
    name: zText(100).min(1).optional(),
    from: zOrigin,
    to: zDestination,
    protocol: zProtocol.optional(),
    start: zDuration.optional(),
    stop: zDuration.optional(),
    rate: zRate,
    arrivals: z.enum(['poisson', 'constant']).optional(),
    count: z.int().min(0).optional(),
    connectTimeout: zPositiveDuration.optional(),
    requestTimeout: zPositiveDuration.optional(),
    reuseSocket: z
      .boolean()
      .meta({
        description: 'Over UDP: all datagrams of a client leave by one socket, so conntrack holds them together.',
      })
      .optional(),
    ports: z
      .int()
      .min(1)
      .max(64_512, {
        error: problem(
          'out-of-range',
          'A client address has 64512 ports at most, those from 1024 on.',
          'Write at most 64512, add client addresses, or leave ports out: then none comes twice.',
        ),
      })
      .meta({
        description: 'Over TCP: each client address takes so many ports by turns. Without it no port comes twice.',
      })
      .optional(),
    atOnce: z
      .union([z.literal(1), z.literal(2)])
      .meta({ description: 'Over UDP: 2 for pairs that leave one socket at once, as a resolver asks for A and AAAA.' })
      .optional(),
    outOfWindow: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: 'Over TCP: share of answers with a segment that conntrack finds outside the window.' })
      .optional(),
    keepAlive: zKeepAlive.optional(),
    connections: z
      .int()
      .min(1)
      .max(10_000)
      .meta({ description: 'With keepAlive: connections of each client address; 1 without it.' })
      .optional(),
    retries: zRetries.optional(),
  })
  .refine(({ keepAlive, protocol }) => !keepAlive || protocol === undefined || protocol === 'TCP', {
    path: ['keepAlive'],
    error: problem('bad-value', 'keepAlive goes with protocol: TCP; over UDP say reuseSocket.'),
  })
  .refine(({ ports, protocol }) => ports === undefined || protocol === undefined || protocol === 'TCP', {
    path: ['ports'],
    error: problem('bad-value', 'ports goes with protocol: TCP; over UDP say reuseSocket.'),
  })
  .refine(({ atOnce, protocol }) => atOnce !== 2 || protocol === 'UDP', {
    path: ['atOnce'],
    error: problem('bad-value', 'atOnce: 2 goes with protocol: UDP.'),
  })
  .refine(({ outOfWindow, protocol }) => outOfWindow === undefined || protocol === undefined || protocol === 'TCP', {
    path: ['outOfWindow'],
    error: problem('bad-value', 'outOfWindow goes with protocol: TCP: others have no windows.'),
  })
  .refine(({ keepAlive, connections }) => Boolean(keepAlive) || connections === undefined, {
    path: ['connections'],
    error: problem('bad-value', 'Only connections that are kept are counted: say keepAlive: true.'),
  })
  .refine(({ reuseSocket, protocol }) => reuseSocket !== true || protocol === 'UDP', {
    path: ['reuseSocket'],
    error: problem('bad-value', 'reuseSocket goes with protocol: UDP; over TCP say keepAlive.'),
  })
  .meta({ id: 'Traffic' });
