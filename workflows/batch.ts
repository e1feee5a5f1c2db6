import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  log,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { BatchContext, BatchRequest, BatchResult, BatchState } from '../batch';
import { ended, listed, opened, resultOfBatch, startBatch } from '../batch';
import { batchMarkdown } from '../report/batch';
import type { Failure } from '../spec/failures';
import { failureOf } from './attempt';
import { data, telling, undo } from './batch-options';
import { finishParts } from './batch-parts';
import { batchQuery, stopBatchSignal, stopBatchUpdate } from './messages';
import type { PersonMessage } from './messages';
import { runToken } from './run-token';
import { noteBegin, scheduledForMs } from './scheduled';

export interface BatchInput {
  readonly request: BatchRequest;
  /** Which time the run is for; null: the one that its schedule started it for, else now. */
  readonly nominalMs: number | null;
  /** State of the run before, when this one continues it. */
  readonly carried: BatchState | null;
  /** Whether the run before was cancelled while it handed over. */
  readonly isCancelled?: boolean;
}

/**
 * One batch transform: fix the model and the data window; list, read and cut the input; transform it part by part, what fails again in smaller
 * pieces; verify; publish; clean up. Ends with a result when published or stopped by a person; fails, with nothing published, when it cannot be
 * done, so that its schedule notices. A Temporal cancel stops the jobs first.
 */
export async function batch(input: BatchInput): Promise<BatchResult> {
  const { workflowId, startTime } = workflowInfo();
  let state = input.carried ?? startBatch({ id: workflowId, request: input.request, atMs: Date.now() });
  noteBegin(state.startedAtMs);
  let isCancelled = input.isCancelled ?? false;
  const set = (next: BatchState): void => {
    state = next;
    setCurrentDetails(batchMarkdown(state, Date.now()));
  };
  set(state);
  const stop = ({ who, why }: PersonMessage): string => {
    const refusal = refuseStop(state);
    if (refusal !== null) return refusal;
    log.info(`${who} stops the batch: ${why}`);
    set({ ...state, stopped: { who, why } });
    return `Stopping ${workflowId}.`;
  };
  setHandler(batchQuery, () => state, { description: 'How far the batch is, and what came of it.' });
  setHandler(stopBatchSignal, (message) => void stop(message), {
    description: 'Stop the jobs and publish nothing: {"who": "…", "why": "…"}',
  });
  setHandler(stopBatchUpdate, stop, {
    validator: (_message) => {
      const refusal = refuseStop(state);
      if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal, 'Refused');
    },
    description: 'Stop the jobs and publish nothing: {"who": "…", "why": "…"}',
  });
  CancellationScope.current().cancelRequested.catch(() => {
    isCancelled = true;
    stop({ who: 'Temporal', why: 'the workflow was cancelled' });
  });

  const goesOn = await CancellationScope.nonCancellable(async () => {
    const found = await forward();
    // A stop that was accepted while the last step ended is obeyed all the same.
    if (state.stopped !== null) await backOut('stopped');
    else if (found === 'continue') return true;
    else if (found === 'transformed') await publish();
    else await backOut(found);
    await condition(allHandlersFinished);
    return false;
  });
  if (goesOn) return continueAsNew<typeof batch>({ ...input, carried: state, isCancelled });
  const result = resultOfBatch(state);
  // What lists show without asking a worker.
  upsertMemo({
    outcome: result.outcome.kind,
    model: result.model,
    records: result.records,
    quarantined: result.quarantined,
  });
  if (isCancelled && state.outcome?.kind === 'stopped')
    throw new CancelledFailure('Cancelled, after stopping its jobs; nothing was published.');
  if (result.outcome.kind !== 'failed') return result;
  const { type, what } = result.outcome.failure;
  throw ApplicationFailure.create({
    type,
    message: what,
    nonRetryable: true,
    details: [result.outcome.failure, result],
  });

  /** Up to the last transformed part; a failure or a stop ends everything that is under way before it returns. */
  async function forward(): Promise<'transformed' | 'continue' | Failure | 'stopped'> {
    const scope = new CancellationScope();
    let isOver = false;
    void condition(() => isOver || state.stopped !== null).then(() => (isOver ? undefined : scope.cancel()));
    try {
      return await scope.run(async () => {
        if (state.opened === null) {
          const request = { ...input.request, id: workflowId, run: runToken(), nominalMs: nominalMs() };
          set(opened(state, await telling(data, 'Fix model and data window').openBatch(request)));
        }
        if (state.phase === 'listing') {
          const found = await telling(data, `List ${state.opened?.input}`).listInput(contextOf());
          set(listed(state, { ...found, atMs: Date.now() }));
        }
        return (await finishParts({ get: () => state, set, contextOf })) ? 'transformed' : 'continue';
      });
    } catch (error) {
      return state.stopped === null ? failureOf(error) : 'stopped';
    } finally {
      isOver = true;
    }
  }

  async function publish(): Promise<void> {
    set({ ...state, phase: 'publishing' });
    try {
      const summary = `Verify and publish ${state.opened?.output}`;
      const { manifest, drift } = await telling(data, summary).publishBatch({
        ...contextOf(),
        state,
        nowMs: Date.now(),
      });
      set({ ...ended({ ...state, drift }, { kind: 'published', manifest }, Date.now()) });
    } catch (error) {
      return backOut(failureOf(error));
    }
    await tidy(() => telling(undo, 'Delete what nobody needs any more').cleanBatch(contextOf()));
  }

  async function backOut(why: Failure | 'stopped'): Promise<void> {
    set({ ...state, phase: 'discarding' });
    if (state.opened !== null) {
      const jobs = state.parts.map(({ part, attempt }) => ({ part, attempts: attempt }));
      await tidy(() => telling(undo, 'Stop the jobs and delete their results').discardBatch({ ...contextOf(), jobs }));
    }
    const { who, why: because } = state.stopped ?? { who: 'unknown', why: '' };
    const outcome =
      why === 'stopped'
        ? ({ kind: 'stopped', who, why: because } as const)
        : ({ kind: 'failed', failure: why } as const);
    set(ended(state, outcome, Date.now()));
  }

  function contextOf(): BatchContext {
    if (state.opened === null) throw ApplicationFailure.nonRetryable('The batch is not open yet.', 'Internal');
    return { ...input.request, id: workflowId, opened: state.opened };
  }

  function nominalMs(): number {
    return input.nominalMs ?? scheduledForMs() ?? startTime.getTime();
  }
}

function refuseStop({ phase, stopped }: BatchState): string | null {
  if (phase === 'publishing') return 'It is being published; it is too late to stop it.';
  if (phase === 'ended') return 'It has ended.';
  return stopped === null ? null : `${stopped.who} has stopped it already: ${stopped.why}.`;
}

/** What is left over costs little and is found by its tags; the batch's outcome does not depend on it. */
async function tidy(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn('Something of the batch may be left over.', { error: String(error) });
  }
}
