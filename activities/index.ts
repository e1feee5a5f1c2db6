import { Context } from '@temporalio/activity';
import type { PriceTable } from '../report/price-table';
import standardPrices from '../report/prices.json';
import type { AwsClients } from '../sagemaker/clients';
import { awaitEndpoint } from './await-endpoint';
import { sharesText } from '../rollout';
import { assess } from './assess';
import { createEndpoint, deploy, inspectEndpoint, rewriteToWinner } from './deploy';
import type { ActivityDeps } from './deps';
import { createObjectReader } from './evidence/objects';
import { translated } from './failures';
import { verifyApprover } from './identity';
import { followGuardrails, startGuardrails } from './guardrails';
import { judge } from './judge';
import { fixPlan } from './plan';
import { shiftTraffic } from './shift';
import { checkContainerTransforms } from './transforms';
import type { RolloutActivities } from './types';
import { collectGarbage, removeEndpoint, restoreIncumbent } from './undo';
import { warmUp } from './warm-up';

/** Side effects of a worker, bound to its AWS clients. */
export function createActivities(outside: {
  readonly aws: AwsClients;
  /** Prices to book by; the table that comes with Sluice unless told otherwise. */
  readonly prices?: PriceTable;
  readonly now?: () => number;
}): RolloutActivities {
  const deps: ActivityDeps = {
    aws: outside.aws,
    objects: createObjectReader(outside.aws.s3),
    prices: outside.prices ?? standardPrices,
    now: outside.now ?? Date.now,
    sleep: (ms) => Context.current().sleep(ms),
    heartbeat: (details) => Context.current().heartbeat(details),
  };
  return {
    inspectEndpoint: (input) => translated(`read endpoint ${input.spec.endpoint}`, () => inspectEndpoint(deps, input)),
    checkTransforms: (input) => translated('compare the transforms', () => checkContainerTransforms(deps, input)),
    fixPlan: (input) => translated('fix the plan', () => fixPlan(deps, input)),
    createEndpoint: (input) => translated(`create endpoint ${input.spec.endpoint}`, () => createEndpoint(deps, input)),
    deploy: ({ to, ...input }) =>
      translated(`change the variants of ${input.spec.endpoint}`, () => deploy(deps, input, to)),
    awaitEndpoint: (input) => translated(`wait for endpoint ${input.endpoint}`, () => awaitEndpoint(deps, input)),
    warmUp: (input) => translated(`warm up ${input.candidates.join(', ')}`, () => warmUp(deps, input)),
    shiftTraffic: ({ layout, ...input }) =>
      translated(`shift ${sharesText(layout.sharesPct)}`, () => shiftTraffic(deps, input, layout)),
    judge: (input) => translated('judge', () => judge(deps, input)),
    startGuardrails: (input) =>
      translated(`deploy to ${input.spec.endpoint} by guardrails`, () => startGuardrails(deps, input)),
    followGuardrails: (input) => translated('follow SageMaker’s deployment', () => followGuardrails(deps, input)),
    assess: ({ layout, ...input }) => translated('look at both sides', () => assess(deps, input, layout)),
    rewriteToWinner: ({ winner, ...input }) =>
      translated('rewrite the endpoint', () => rewriteToWinner(deps, input, winner)),
    restoreIncumbent: (input) => translated('roll back', () => restoreIncumbent(deps, input)),
    removeEndpoint: (input) => translated('remove the endpoint', () => removeEndpoint(deps, input)),
    verifyApprover: (input) => translated('check the token', () => verifyApprover(input)),
    collectGarbage: ({ keep, ...input }) => translated('clean up', () => collectGarbage(deps, input, keep)),
  };
}
