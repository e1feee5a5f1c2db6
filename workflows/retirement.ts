import { proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { RetirementActivities } from '../activities/retirement/types';
import { RETIREMENT_STEPS } from '../rollout';
import type { RetirementRequest, RetirementResult, RetirementState, RetirementStep } from '../rollout';
import { retirementMarkdown } from '../report/retirement';
import { retirementQuery } from './messages';
import { forOwner } from './tell-owner';

/**
 * Deletions are repeated for ever: what is half retired costs money, and somebody may be mending permissions. A cancel stops before the next
 * step, and another retirement goes on from there.
 */
const steps = proxyActivities<RetirementActivities>({
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  // Draining may take as long as the person allows, at most a week.
  startToCloseTimeout: '170 hours',
  heartbeatTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Gives an endpoint up: waits until nobody calls it, then deletes all that Sluice has made for it, in order. Captured data and histories stay. */
export async function retirement(request: RetirementRequest): Promise<RetirementResult> {
  return forOwner(
    request.endpoint,
    () => giveUp(request),
    (result) => ({ kind: 'retirement', result })
  );
}

async function giveUp(request: RetirementRequest): Promise<RetirementResult> {
  let state: RetirementState = { schema: 1, request, step: 'drain', deleted: {}, result: null };
  const set = (next: RetirementState): void => {
    state = next;
    setCurrentDetails(retirementMarkdown(state));
  };
  const end = (result: RetirementResult): RetirementResult => {
    set({ ...state, step: null, result });
    return result;
  };
  set(state);
  setHandler(retirementQuery, () => state, { description: 'How far it is, and what was deleted.' });

  const { endpoint, drain } = request;
  for (const step of RETIREMENT_STEPS) {
    set({ ...state, step });
    if (step === 'drain') {
      if (drain === null) continue;
      const { isQuiet, requests } = await steps.drainEndpoint.executeWithOptions(
        { summary: `Wait until nobody calls ${endpoint}` },
        [{ endpoint, ...drain }]
      );
      if (!isQuiet) return end({ kind: 'inUse', why: stillCalled(endpoint, requests, drain) });
      continue;
    }
    const names = await deletion(step)(endpoint);
    set({ ...state, deleted: { ...state.deleted, [step]: names } });
  }
  return end({ kind: 'retired', deleted: state.deleted });
}

function deletion(step: Exclude<RetirementStep, 'drain'>): (endpoint: string) => Promise<readonly string[]> {
  const named = {
    schedules: steps.retireSchedules,
    scaling: steps.retireScaling,
    alarms: steps.retireAlarms,
    endpoint: steps.retireEndpoint,
    configs: steps.retireConfigs,
    models: steps.retireModels,
  }[step];
  const what = step === 'endpoint' ? 'Delete endpoint' : `Delete the ${step} of`;
  return (endpoint) => named.executeWithOptions({ summary: `${what} ${endpoint}` }, [{ endpoint }]);
}

function stillCalled(endpoint: string, requests: number, drain: NonNullable<RetirementRequest['drain']>): string {
  const minutes = Math.round(drain.quietMs / 60_000);
  return `${endpoint} still got ${requests} requests in its last ${minutes} minutes; nothing was deleted.`;
}
