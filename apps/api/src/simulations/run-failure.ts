/** Why a run has failed, and what to do about it: the same words for simulations, experiments and comparisons. */
import { z } from 'zod';

export const RunFailure = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().describe('What to do about it.'),
});

const OF_SERVER = 'whoever runs the server may raise';

/** By code; what is not here is a code of the model. */
const HINTS: Record<string, string> = {
  'too-many-events': `Lower the rate of the traffic, or make the run shorter; ${OF_SERVER} MAX_EVENTS.`,
  'too-many-requests': `Lower the rate or count of the traffic, or make the run shorter; ${OF_SERVER} MAX_REQUESTS.`,
  'too-long': `Lower the rate of the traffic, or make the run shorter; ${OF_SERVER} MAX_RUN_SECONDS.`,
  'too-much-memory': `Lower the rate of the traffic, or let what fails wait for less long (connectTimeout, retries): requests under way take memory; ${OF_SERVER} MAX_RUN_MEMORY_MB.`,
  'comparison-too-large':
    'Compare fewer variants, or shorten the traffic; or run the variants as simulations, and compare their summaries.',
  'worker-died':
    'The log of the worker, or of what restarts it, says why; mostly its machine has less memory than MAX_RUN_MEMORY_MB times WORKER_THREADS.',
  'scenario-lost': 'Send the scenario once more.',
};
const DEFECT = 'This is a defect of Hairpin: please report it, with the digest and the seed that the message names.';

export function runFailure(code: string, message: string): z.infer<typeof RunFailure> {
  return { code, message, hint: HINTS[code] ?? DEFECT };
}
