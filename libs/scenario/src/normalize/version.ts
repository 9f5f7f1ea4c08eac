import { SUPPORTED_VERSIONS } from '#sim';
import type { IssueList } from '../issues.js';
import type { Path } from '../pointer.js';

export const NEWEST_VERSION = SUPPORTED_VERSIONS.at(-1)!;
const OLDEST_VERSION = SUPPORTED_VERSIONS[0]!;

/** `1.21` → 21. */
export const minorNumber = (version: string): number => Number(version.slice(2));

/** The version, or where it is not modelled the nearest that is, with an issue. */
export function modelledVersion(version: string, at: Path, issues: IssueList): string {
  if (SUPPORTED_VERSIONS.includes(version)) return version;
  const message = `Kubernetes ${version} is not modelled; ${OLDEST_VERSION} to ${NEWEST_VERSION} are.`;
  issues.add('version-unknown', at, message, `Use ${OLDEST_VERSION} to ${NEWEST_VERSION}.`);
  return minorNumber(version) < minorNumber(OLDEST_VERSION) ? OLDEST_VERSION : NEWEST_VERSION;
}
