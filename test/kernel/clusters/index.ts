/** All hand-written clusters. */
import type { ClusterCase } from '../cluster-case.js';
import * as detection from './detection.js';
import * as dualStack from './dual-stack.js';
import * as endpoints from './endpoints.js';
import * as loadBalancers from './load-balancers.js';
import * as nodePorts from './node-ports.js';
import * as policies from './policies.js';
import * as routed from './routed.js';
import * as tutorial from './tutorial.js';
import { everyVersion } from './versions.js';

export const CLUSTERS: ClusterCase[] = [
  ...Object.values({
    ...tutorial,
    ...policies,
    ...loadBalancers,
    ...detection,
    ...nodePorts,
    ...endpoints,
    ...routed,
    ...dualStack,
  }),
  ...everyVersion,
];
