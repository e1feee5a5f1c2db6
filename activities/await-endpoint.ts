import type { DescribeEndpointCommandOutput } from '@aws-sdk/client-sagemaker';
import { describeEndpoint, shareAmiss } from '../sagemaker/endpoint';
import { FailureError, isCapacityText } from '../sagemaker/faults';
import type { ActivityDeps } from './deps';
import type { Awaited } from './types';

const FIRST_POLL_MS = 250;
const LAST_POLL_MS = 15_000;
/** A change that was just asked for may not show at once; after this long without it, it was not made (or was undone). */
const GRACE_MS = 30_000;

/**
 * Polls until the endpoint is in service on the wanted config and share. SageMaker may go back to the old config by itself and report
 * success (hashicorp/terraform-provider-aws#48997), so in service alone proves nothing: names and weights are read back.
 */
export async function awaitEndpoint(deps: ActivityDeps, input: Awaited): Promise<void> {
  const startedMs = deps.now();
  let sawChange = false;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(LAST_POLL_MS, pollMs * 1.5)) {
    const description = await describeEndpoint(deps.aws.sagemaker, input.endpoint);
    if (description === null) throw new FailureError('OutsideChange', `Endpoint ${input.endpoint} is gone.`);
    const status = description.EndpointStatus ?? 'Unknown';
    switch (status) {
      case 'InService': {
        const amiss = differenceFrom(description, input);
        if (amiss === null) return;
        if (sawChange || deps.now() - startedMs > GRACE_MS) throw amiss;
        break;
      }
      case 'Failed':
      case 'OutOfService':
      case 'UpdateRollbackFailed':
        throw new FailureError(
          isCapacityText(description.FailureReason ?? '') ? 'CapacityUnavailable' : 'EndpointFailed',
          `Endpoint ${input.endpoint} is ${status}: ${description.FailureReason ?? 'no reason given'}`
        );
      case 'Deleting':
        throw new FailureError('OutsideChange', `Endpoint ${input.endpoint} is being deleted.`);
      default:
        sawChange = true;
    }
    deps.heartbeat(status);
    await deps.sleep(pollMs);
  }
}

function differenceFrom(description: DescribeEndpointCommandOutput, input: Awaited): FailureError | null {
  const { endpoint, configName, sharesPct } = input;
  if (description.EndpointConfigName !== configName) {
    const reason = description.FailureReason ?? 'no reason given';
    return new FailureError(
      isCapacityText(reason) ? 'CapacityUnavailable' : 'SilentRollback',
      `Endpoint ${endpoint} is in service on config ${description.EndpointConfigName}, not on ${configName}: SageMaker went back by itself (${reason}).`
    );
  }
  const amiss = sharesPct === null ? null : shareAmiss(description, sharesPct);
  return amiss === null ? null : new FailureError('OutsideChange', `${amiss}.`);
}
