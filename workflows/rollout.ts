import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  getExternalWorkflowHandle,
  log,
  makeContinueAsNewFunc,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/common';
import { endpointWorkflowId, nextCommand, resultOf, servedBy, stageOf, startRollout } from '../rollout';
import type { RolloutResult, RolloutState } from '../rollout';
import type { RolloutSpec } from '../spec/types';
import { listenToPeople } from './handlers';
import { presenceSignal, rolloutEndedSignal, rolloutWatchingSignal } from './messages';
import { perform } from './perform';
import { holdState } from './transition';

export interface RolloutInput {
  readonly spec: RolloutSpec;
  readonly number: number;
  readonly searchAttributes: boolean;
  /** State of the run before, when this one continues it. */
  readonly carried: RolloutState | null;
}

/**
 * One attempt to replace the incumbent by a candidate on one endpoint. The story itself is the machine in `rollout/`: its state says what
 * to do, `perform` does it, and what came of it is the next event. Ends with a result whatever was decided; a Temporal cancel rolls back
 * first and then ends as cancelled.
 */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  const id = workflowInfo().workflowId;
  const holder = holdState(
    input.carried ?? startRollout({ id, number: input.number, spec: input.spec, atMs: Date.now() }),
    input
  );
  listenToPeople(holder);
  rollBackWhenCancelled(holder);
  setHandler(presenceSignal, () => undefined, { description: 'Asked by the owner of the endpoint; nothing follows.' });

  let ownerKnows = holder.state.phase.kind === 'watching';
  await CancellationScope.nonCancellable(async () => {
    let stage = stageOf(holder.state);
    for (let command = nextCommand(holder.state); command.kind !== 'end'; command = nextCommand(holder.state)) {
      const info = workflowInfo();
      if (info.continueAsNewSuggested) await carryOn(input, holder.state);
      const isNextStage = stageOf(holder.state) !== stage;
      stage = stageOf(holder.state);
      if (isNextStage && info.targetWorkerDeploymentVersionChanged) await carryOn(input, holder.state, 'AUTO_UPGRADE');
      const event = await perform(holder, command);
      if (event !== null) holder.apply(event);
      const { phase } = holder.state;
      if (phase.kind === 'watching' && !ownerKnows) {
        ownerKnows = true;
        const watched = servedBy(holder.state, phase.winner);
        await tellOwner(holder.state, rolloutWatchingSignal, [input.number, watched]);
      }
    }
    await tellOwner(holder.state, rolloutEndedSignal, [resultOf(holder.state)]);
    await condition(allHandlersFinished);
  });
  if (holder.state.abort?.verb === 'cancel') throw new CancelledFailure('Cancelled, after rolling back.');
  return resultOf(holder.state);
}

/** Inside, everything runs uncancellable: a cancel is a verb like any other, and the way back must not be cut off. */
function rollBackWhenCancelled(holder: ReturnType<typeof holdState>): void {
  CancellationScope.current().cancelRequested.catch(() => {
    holder.apply({ kind: 'verb', verb: 'cancel', who: 'Temporal', why: 'the workflow was cancelled' });
  });
}

/** Lines of the log that a run takes over from the one before. */
const LOG_CARRIED = 300;

/** `AUTO_UPGRADE`: on the newest version of the workers, else on the one that it began with. */
async function carryOn(
  input: RolloutInput,
  state: RolloutState,
  initialVersioningBehavior?: 'AUTO_UPGRADE'
): Promise<void> {
  await condition(allHandlersFinished);
  // The whole story stays in the runs before; what is carried on must not grow for months.
  const carried = { ...state, log: state.log.slice(-LOG_CARRIED) };
  const next = makeContinueAsNewFunc<typeof rollout>(
    initialVersioningBehavior === undefined ? {} : { initialVersioningBehavior }
  );
  await next({ ...input, carried });
}

/** The owner may have continued as new meanwhile, so it is told by its id, not as a parent. A rollout without an owner is fine, too. */
async function tellOwner<T extends unknown[]>(
  { spec }: RolloutState,
  signal: SignalDefinition<T>,
  news: T
): Promise<void> {
  try {
    await getExternalWorkflowHandle(endpointWorkflowId(spec.endpoint)).signal(signal, ...news);
  } catch (error) {
    log.warn('Nobody owns this endpoint; the news stays with the rollout.', { error: String(error) });
  }
}
