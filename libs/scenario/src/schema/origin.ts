/** Who does something. */
import { z } from 'zod';
import { exactlyOne } from './exactly-one.js';
import { zName, zNamespacedName } from './scalars.js';

export const zOrigin = exactlyOne(
  z.strictObject({ client: zName.optional(), node: zName.optional(), pod: zNamespacedName.optional() }),
  ['client', 'node', 'pod'],
).meta({ id: 'Origin' });
