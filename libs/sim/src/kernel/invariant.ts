/** A promise of the model's own code was broken: a defect of Hairpin, never an answer to bad input. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws InvariantError unless `condition` holds. In hot paths test first and call only to fail: the message costs. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
