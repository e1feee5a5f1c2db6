import { Context } from '@temporalio/activity';
import type { AwsClients } from '../sagemaker/clients';
import { awaitEndpoint } from './await-endpoint';
import { createEndpoint, deployCandidate, inspectEndpoint, rewriteToCandidate, shiftTraffic } from './deploy';
import type { ActivityDeps } from './deps';
import { createObjectReader } from './evidence/objects';
import { translated } from './failures';
import { judge } from './judge';
import { fixPlan } from './plan';
import type { RolloutActivities } from './types';
import { collectGarbage, removeEndpoint, restoreIncumbent } from './undo';

/** Side effects of a worker, bound to its AWS clients. */
export function createActivities(outside: {
  readonly aws: AwsClients;
  readonly now?: () => number;
}): RolloutActivities {
  const deps: ActivityDeps = {
    aws: outside.aws,
    objects: createObjectReader(outside.aws.s3),
    now: outside.now ?? Date.now,
    sleep: (ms) => Context.current().sleep(ms),
    heartbeat: (details) => Context.current().heartbeat(details),
  };
  return {
    inspectEndpoint: ({ endpoint }) => translated(`read endpoint ${endpoint}`, () => inspectEndpoint(deps, endpoint)),
    fixPlan: (input) => translated('fix the plan', () => fixPlan(deps, input)),
    createEndpoint: (input) => translated(`create endpoint ${input.spec.endpoint}`, () => createEndpoint(deps, input)),
    deployCandidate: (input) =>
      translated(`deploy ${input.spec.candidates[0].name}`, () => deployCandidate(deps, input)),
    awaitEndpoint: (input) => translated(`wait for endpoint ${input.endpoint}`, () => awaitEndpoint(deps, input)),
    shiftTraffic: ({ sharePct, ...input }) =>
      translated(`shift ${sharePct} %`, () => shiftTraffic(deps, input, sharePct)),
    judge: (input) => translated('judge', () => judge(deps, input)),
    rewriteToCandidate: (input) => translated('rewrite the endpoint', () => rewriteToCandidate(deps, input)),
    restoreIncumbent: (input) => translated('roll back', () => restoreIncumbent(deps, input)),
    removeEndpoint: (input) => translated('remove the endpoint', () => removeEndpoint(deps, input)),
    collectGarbage: ({ keep, ...input }) => translated('clean up', () => collectGarbage(deps, input, keep)),
  };
}
