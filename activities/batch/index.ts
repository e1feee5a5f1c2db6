import { Context } from '@temporalio/activity';
import type { AwsClients } from '../../sagemaker/clients';
import type { BatchDeps } from './deps';
import { translated } from '../failures';
import { assemblePart } from './assemble';
import { carvePart } from './carve';
import { challengePart } from './challenge';
import { checkPart } from './check';
import { cleanBatch, discardBatch } from './discard';
import { listInput } from './list';
import { openBatch } from './open';
import { publishBatch } from './publish';
import { scanPart } from './scan';
import { transformPart } from './transform';
import type { BatchActivities } from './types';

/** Side effects of batch transforms, bound to a worker's AWS clients. */
export function createBatchActivities(outside: { readonly aws: AwsClients }): BatchActivities {
  const deps: BatchDeps = {
    aws: outside.aws,
    sleep: (ms) => Context.current().sleep(ms),
    heartbeat: (details) => {
      const context = Context.current();
      context.heartbeat(details);
      // Long work that never waits ends here when it was cancelled.
      context.cancellationSignal.throwIfAborted();
    },
  };
  const of = ({ part }: { readonly part: number }): string => `part ${part}`;
  return {
    openBatch: (input) => translated(`open batch ${input.batch.name}`, () => openBatch(deps, input)),
    listInput: (input) => translated(`list ${input.opened.input}`, () => listInput(deps, input)),
    scanPart: (input) => translated(`read the input of ${of(input)}`, () => scanPart(deps, input)),
    transformPart: (input) => translated(`transform ${of(input)}`, () => transformPart(deps, input)),
    checkPart: (input) => translated(`check the results of ${of(input)}`, () => checkPart(deps, input)),
    carvePart: (input) => translated(`cut what failed of ${of(input)}`, () => carvePart(deps, input)),
    challengePart: (input) => translated(`let the challenger score ${of(input)}`, () => challengePart(deps, input)),
    assemblePart: (input) => translated(`put ${of(input)} together`, () => assemblePart(deps, input)),
    publishBatch: (input) => translated(`publish ${input.opened.output}`, () => publishBatch(deps, input)),
    cleanBatch: (input) => translated('clean up', () => cleanBatch(deps, input)),
    discardBatch: (input) => translated('stop and clean up', () => discardBatch(deps, input)),
  };
}
