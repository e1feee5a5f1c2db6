import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { RetrainingActivities } from '../activities/monitoring/run-types';
import type { RetrainingRequest, RetrainingResult } from '../rollout';
import { FINAL_TYPES } from './final-types';
import { runToken } from './run-token';
import { forOwner } from './tell-owner';

const ask = proxyActivities<RetrainingActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 10 },
});
/**
 * The job has its own time limit, at most a week; a beat each minute says that somebody waits for it. Fifty attempts outlast workers that come and go,
 * and end where SageMaker itself fails job after job.
 */
const train = proxyActivities<RetrainingActivities>({
  startToCloseTimeout: '8 days',
  heartbeatTimeout: '2 minutes',
  retry: {
    initialInterval: '2 seconds',
    backoffCoefficient: 2,
    maximumInterval: '10 minutes',
    maximumAttempts: 50,
    nonRetryableErrorTypes: FINAL_TYPES,
  },
});

/** Makes a new model as the incumbent's file says: by a webhook, or by a SageMaker Processing or training job. The owner then rolls it out as any candidate. */
export async function retraining(request: RetrainingRequest): Promise<RetrainingResult> {
  return forOwner(
    request.endpoint,
    () => makeModel(request),
    (result) => ({ kind: 'retraining', result })
  );
}

async function makeModel(request: RetrainingRequest): Promise<RetrainingResult> {
  const { endpoint, why, who, spec } = request;
  setCurrentDetails(`## Retrain the model of ${endpoint}\n\nFor ${who}: ${why}`);
  const how = spec.retraining?.how;
  if (how === undefined) return { kind: 'failed', why: 'The file does not say how to retrain.' };
  const result =
    how.kind === 'webhook'
      ? await ask.askForModel.executeWithOptions({ summary: `Ask ${how.url} for a model` }, [request])
      : await train.trainModel.executeWithOptions({ summary: `Train with ${how.image}` }, [
          { ...request, run: runToken() },
        ]);
  const came = result.kind === 'trained' ? `${result.candidate}: ${result.model}` : result.why;
  setCurrentDetails(`## Retrain the model of ${endpoint}\n\nFor ${who}: ${why}\n\n${result.kind}: ${came}`);
  return result;
}
