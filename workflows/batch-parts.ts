import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import { MOST_MISFORTUNES, nextPart, stepBatch, waitMs } from '../batch';
import type { BadRecord, BatchContext, BatchEvent, BatchState, PartState } from '../batch';
import { data, job, telling } from './batch-options';
import { failureError } from './attempt';

interface Holder {
  readonly get: () => BatchState;
  readonly set: (state: BatchState) => void;
  readonly contextOf: () => BatchContext;
}

/**
 * Works on the parts, so many at a time, until all are done; false when the history has grown so long that a new run must go on. The first failure ends
 * the others, and is thrown when they have ended.
 */
export async function finishParts(holder: Holder): Promise<boolean> {
  const taken = new Set<number>();
  const { parallel } = holder.get().request.batch.parts;
  const scope = new CancellationScope();
  const lane = async (): Promise<void> => {
    for (
      let part = nextPart(holder.get(), taken);
      part !== undefined && !isTurning();
      part = nextPart(holder.get(), taken)
    ) {
      taken.add(part.part);
      await finish(holder, part.part);
    }
  };
  const lanes = scope.run(() => {
    const count = Math.min(parallel, holder.get().parts.length);
    return Promise.allSettled(
      Array.from({ length: count }, () =>
        lane().catch((error: unknown) => {
          scope.cancel();
          throw error;
        })
      )
    );
  });
  const failed = (await lanes).filter((one) => one.status === 'rejected').map(({ reason }): unknown => reason);
  // Those that were cancelled because of it say nothing new.
  if (failed.length > 0) throw failed.find((reason) => !isCancellation(reason)) ?? failed[0];
  return holder.get().parts.every(({ phase }) => phase === 'done');
}

async function finish(holder: Holder, number: number): Promise<void> {
  for (;;) {
    const part = holder.get().parts.find((one) => one.part === number);
    if (part === undefined || part.phase === 'done' || isTurning()) return;
    const { event, bad } = await perform(holder, part);
    holder.set(stepBatch(holder.get(), { part: number, event, bad }));
  }
}

interface Performed {
  readonly event: BatchEvent;
  readonly bad: readonly BadRecord[];
}

async function perform(holder: Holder, part: PartState): Promise<Performed> {
  const { part: number, attempt, round } = part;
  const input = { ...holder.contextOf(), part: number, attempt, round };
  const of = `part ${number} of ${holder.get().parts.length}`;
  switch (part.phase) {
    case 'scan': {
      const { bad, ...scanned } = await telling(data, `Read the input of ${of}`).scanPart(input);
      return { event: { kind: 'scanned', ...scanned }, bad };
    }
    case 'transform': {
      const again = round > 0 ? `, what failed in smaller pieces` : attempt > 1 ? ', again' : '';
      await telling(data, `Start the job of ${of}${again}`).startJob({ ...input, by: 'model' });
      const end = await telling(job, `Transform ${of}${again}`).awaitJob({ ...input, by: 'model' });
      return { event: { kind: 'transformed', ...end }, bad: [] };
    }
    case 'wait': {
      if (part.misfortunes > MOST_MISFORTUNES)
        throw failureError(
          'TransformFailed',
          `${part.misfortunes} jobs of part ${number} failed, the last with: ${part.lastFailure ?? 'stopped'}`
        );
      await sleep(waitMs(part), {
        summary: `Before part ${number} is tried again: ${part.lastFailure ?? 'its job was stopped'}`,
      });
      return { event: { kind: 'waited' }, bad: [] };
    }
    case 'check':
      return {
        event: { kind: 'checked', ...(await telling(data, `Check the results of ${of}`).checkPart(input)) },
        bad: [],
      };
    case 'carve': {
      const { records, good, quarantined, lastFailure: reason } = part;
      const { bad, ...carved } = await telling(data, `Cut what failed of ${of} into smaller pieces`).carvePart({
        ...input,
        ...{ records: records ?? 0, good, quarantined, reason },
      });
      return { event: { kind: 'carved', ...carved }, bad };
    }
    case 'challenge': {
      await telling(data, `Start the challenger’s job of ${of}`).startJob({ ...input, by: 'challenger' });
      await telling(job, `Let the challenger score ${of}`).awaitJob({ ...input, by: 'challenger' });
      const compared = await telling(data, `Compare the answers of ${of}`).comparePart(input);
      return { event: { kind: 'challenged', compared }, bad: [] };
    }
    case 'assemble':
      await telling(data, `Put the results of ${of} together`).assemblePart(input);
      return { event: { kind: 'assembled' }, bad: [] };
    case 'done':
      throw new TypeError('a part that is done has nothing to do');
  }
}

function isTurning(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

function isCancellation(error: unknown): boolean {
  const names = ['CancelledFailure'];
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].some((one) => one instanceof Error && names.includes(one.name));
}
