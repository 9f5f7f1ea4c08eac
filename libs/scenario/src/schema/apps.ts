/** `apps`: how the program in matching pods behaves. */
import { z } from 'zod';
import { problem } from './problem.js';
import { zDuration, zLabels, zName, zPositiveDuration, zText } from './scalars.js';

export const zApp = z
  .strictObject({
    match: zLabels.meta({
      description: 'Labels of the pods that are meant; the first entry that matches a pod counts.',
    }),
    namespace: zName.optional(),
    startup: zDuration.optional().meta({ description: "From the container's start until the process listens." }),
    afterSigterm: z
      .union([z.literal('untilKilled'), zDuration])
      .optional()
      .meta({ description: 'How long the process serves after SIGTERM; untilKilled: to the end of the grace period.' }),
    shutdown: z
      .enum(['abrupt', 'graceful'])
      .meta({
        description:
          'How the process ends after that. abrupt (default): at once, what it works on is reset. graceful (Go’s http.Server.Shutdown, nginx on SIGQUIT, Node’s server.close): it refuses new connections, closes idle ones, answers what it has taken, and ends with the last answer or by SIGKILL; afterSigterm is 0s then where nothing is said.',
      })
      .optional(),
    preStop: zDuration.optional().meta({ description: 'How long a preStop hook takes that does not say it itself.' }),
    serviceTime: zDuration
      .meta({ description: 'Mean time that it works on a request; timings.podWork without it.' })
      .optional(),
    serviceTimeDistribution: z.enum(['exponential', 'constant']).optional(),
    concurrency: z
      .int()
      .min(1)
      .max(100_000)
      .meta({ description: 'Requests that it works on at the same time; any number without it.' })
      .optional(),
    queue: z
      .int()
      .min(0)
      .max(1_000_000)
      .meta({ description: 'With concurrency: requests that wait; beyond that they get a 503. 1000 without it.' })
      .optional(),
    errors: z.number().min(0).max(1).meta({ description: 'Share of requests that it answers with a 500.' }).optional(),
    keepAliveTimeout: zPositiveDuration
      .meta({ description: 'It closes an open connection that has had no request for so long; 75s without it.' })
      .optional(),
    expects: z
      .enum(['nothing', 'proxy', 'proxy-v1', 'proxy-v2'])
      .meta({ description: 'The header that a connection has to begin with; without it the connection is closed.' })
      .optional(),
    paths: z
      .record(
        zText(200).refine((text) => text.startsWith('/'), problem('bad-value', 'A path begins with "/".')),
        z.int().min(200).max(599),
      )
      .refine((paths) => Object.keys(paths).length <= 100, problem('bad-value', 'At most 100 paths.'))
      .meta({
        description: 'HTTP status by path; 200 for all others. Health checks ask for "/".',
        examples: [{ '/': 404 }],
      })
      .optional(),
  })
  .refine(
    ({ afterSigterm, shutdown }) => afterSigterm !== 'untilKilled' || shutdown !== 'graceful',
    problem(
      'bad-value',
      'A program that does not heed SIGTERM (afterSigterm: untilKilled) does not shut down gracefully.',
    ),
  )
  .meta({ id: 'App' });
