import { Context } from '@temporalio/activity';
import type { AwsClients } from '../../sagemaker/clients';
import type { BatchDeps } from './deps';
import { translated } from '../failures';
import { beating } from '../beating';
import { assemblePart } from './assemble';
import { carvePart } from './carve';
import { comparePart } from './compare';
import { checkPart } from './check';
import { cleanBatch, discardBatch } from './discard';
import { listInput } from './list';
import { openBatch } from './open';
import { publishBatch } from './publish';
import { scanPart } from './scan';
import { awaitJob, startJob } from './transform';
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
  const beaten = <T>(doing: string, body: () => Promise<T>): Promise<T> => translated(doing, () => beating(body));
  const of = ({ part }: { readonly part: number }): string => `part ${part}`;
  return {
    openBatch: (input) => translated(`open batch ${input.batch.name}`, () => openBatch(deps, input)),
    listInput: (input) => beaten(`list ${input.opened.input}`, () => listInput(deps, input)),
    scanPart: (input) => beaten(`read the input of ${of(input)}`, () => scanPart(deps, input)),
    startJob: ({ by, ...context }) => translated(`transform ${of(context)}`, () => startJob(deps, { context, by })),
    awaitJob: ({ by, ...context }) => translated(`wait for ${of(context)}`, () => awaitJob(deps, { context, by })),
    checkPart: (input) => beaten(`check the results of ${of(input)}`, () => checkPart(deps, input)),
    carvePart: (input) => beaten(`cut what failed of ${of(input)}`, () => carvePart(deps, input)),
    comparePart: (input) => beaten(`compare the answers of ${of(input)}`, () => comparePart(deps, input)),
    assemblePart: (input) => beaten(`put ${of(input)} together`, () => assemblePart(deps, input)),
    publishBatch: (input) => beaten(`publish ${input.opened.output}`, () => publishBatch(deps, input)),
    cleanBatch: (input) => beaten('clean up', () => cleanBatch(deps, input)),
    discardBatch: (input) => beaten('stop and clean up', () => discardBatch(deps, input)),
  };
}
