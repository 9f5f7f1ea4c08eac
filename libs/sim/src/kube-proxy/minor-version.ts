/** Kubernetes minor versions as scenarios write them: `1.21`. */

export const OLDEST_MINOR = 21;
export const NEWEST_MINOR = 37;

/** Every version that the model knows, oldest first. */
export const SUPPORTED_VERSIONS: readonly string[] = Array.from(
  { length: NEWEST_MINOR - OLDEST_MINOR + 1 },
  (_, index) => `1.${OLDEST_MINOR + index}`,
);

/** The minor number of a supported version; throws a RangeError for any other text. */
export function minorOf(version: string): number {
  const index = SUPPORTED_VERSIONS.indexOf(version);
  if (index < 0) throw new RangeError(`unknown Kubernetes version ${version}`);
  return OLDEST_MINOR + index;
}
