import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Following, Handed, RegistryActivities } from '../activities/registry-types';

/** A look that fails is repeated by the next one, so few attempts. */
const registry = proxyActivities<RegistryActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 5 },
});

export type Polled = Handed | { readonly kind: 'nothing'; readonly reason: string };

/**
 * One look into a group of the model registry, as a Temporal Schedule repeats it: the newest approved version goes to the endpoint's owner,
 * once. What was handed over stands on the version itself, so it holds for all followers and longer than any history.
 */
export async function registryPoll(following: Following): Promise<Polled> {
  const { group } = following;
  const newest = await registry.newestApproved(following);
  if (newest === null) return told({ kind: 'nothing', reason: `No version of ${group} is approved.` });
  const { version, rollout } = newest;
  if (rollout !== null)
    return told({ kind: 'nothing', reason: `${group}/${version}, the newest approved one, is ${rollout} already.` });
  return told(await registry.handOver({ ...following, version: newest }));
}

function told(polled: Polled): Polled {
  setCurrentDetails('rollout' in polled ? `${polled.kind}: ${polled.rollout}` : polled.reason);
  return polled;
}
