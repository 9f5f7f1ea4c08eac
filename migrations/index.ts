/**
 * Every migration, oldest first. A migration that has been released is never changed; the next one changes the tables.
 * Imported classes instead of file patterns: the same from source and from `dist`.
 */
import { Initial1793491200000 } from './1793491200000-initial.js';
import { Tenants1795651200000 } from './1795651200000-tenants.js';
import { ApiKeys1795651260000 } from './1795651260000-api-keys.js';
import { TraceContext1795651300000 } from './1795651300000-trace-context.js';
import { Webhooks1795737600000 } from './1795737600000-webhooks.js';
import { Warnings1795737700000 } from './1795737700000-warnings.js';
import { Experiments1795737800000 } from './1795737800000-experiments.js';
import { IdempotencyKinds1795737900000 } from './1795737900000-idempotency-kinds.js';
import { ExperimentTraces1795738000000 } from './1795738000000-experiment-traces.js';
import { WaitingSimulations1795738100000 } from './1795738100000-waiting-simulations.js';
import { OpenExperiments1795738200000 } from './1795738200000-open-experiments.js';

export const MIGRATIONS = [
  Initial1793491200000,
  Tenants1795651200000,
  ApiKeys1795651260000,
  TraceContext1795651300000,
  Webhooks1795737600000,
  Warnings1795737700000,
  Experiments1795737800000,
  IdempotencyKinds1795737900000,
  ExperimentTraces1795738000000,
  WaitingSimulations1795738100000,
  OpenExperiments1795738200000,
];
