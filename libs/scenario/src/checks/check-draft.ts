/** All checks of the parts of a document against each other, one subject a file. */
import type { Draft } from '../draft.js';
import type { IssueList } from '../issues.js';
import type { Limits } from '../limits.js';
import { checkAddresses, of } from './addresses.js';
import { checkApps } from './apps.js';
import { checkAsStored } from './as-stored.js';
import { checkCapacity } from './capacity.js';
import { checkDestinations } from './destinations.js';
import { checkEndpointSlices } from './endpoint-slices.js';
import { checkExpectations } from './expectations.js';
import { checkFamilies } from './families.js';
import { checkFaults } from './faults.js';
import { checkHooks } from './hooks.js';
import { checkNames } from './names.js';
import { checkPodAddresses } from './pod-addresses.js';
import { checkReferences } from './references.js';
import { checkSelectors } from './selectors.js';
import { serviceVersions } from './service-history.js';
import { checkServices } from './services.js';
import { checkStoredPods } from './stored-pods.js';
import { checkSizes, checkTimes } from './time-and-size.js';
import { checkUpgrades } from './upgrades.js';
import { checkVersionFields } from './version-fields.js';
import { checkWaits } from './waits.js';
import { checkWithoutEffect } from './without-effect.js';
import { checkZones } from './zones.js';

export function checkDraft(draft: Draft, durationNs: number, limits: Limits, issues: IssueList): void {
  if (of('Node', draft).length === 0 && !mentionsNode(draft)) {
    issues.add('no-nodes', ['objects'], 'There is no Node among the objects.');
  }
  checkNames(draft, issues);
  checkAddresses(draft, issues);
  checkPodAddresses(draft, issues);
  checkEndpointSlices(draft, issues);
  const versions = serviceVersions(draft);
  checkServices(draft, versions, issues);
  checkWithoutEffect(draft, versions, issues);
  checkSelectors(draft, issues);
  checkApps(draft, issues);
  checkHooks(draft, issues);
  checkVersionFields(draft, issues);
  checkAsStored(draft, issues);
  checkStoredPods(draft, issues);
  checkReferences(draft, issues);
  checkDestinations(draft, issues);
  checkExpectations(draft, issues);
  checkWaits(draft, issues);
  checkFaults(draft, issues);
  checkUpgrades(draft, issues);
  checkZones(draft, issues);
  checkFamilies(draft, issues);
  checkCapacity(draft, issues);
  checkTimes(draft, durationNs, limits, issues);
  checkSizes(draft, durationNs, limits, issues);
}

/** A Node that was refused for another reason is not missed. */
function mentionsNode(draft: Draft): boolean {
  return [...draft.mentioned.objects].some((key) => key.startsWith('Node '));
}
