/** `apps`: how the program in matching pods behaves. */
import { z } from 'zod';
import { zDuration, zLabels, zName } from './scalars.js';

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
    preStop: zDuration.optional().meta({ description: 'How long a preStop hook takes that does not say it itself.' }),
  })
  .meta({ id: 'App' });
