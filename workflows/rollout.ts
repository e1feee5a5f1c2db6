import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { nextCommand, resultOf, servedBy, stageOf, startRollout } from '../rollout';
import type { RolloutResult, RolloutState } from '../rollout';
import type { RolloutSpec } from '../spec/types';
import { listenToPeople } from './handlers';
import { presenceSignal, rolloutEndedSignal, rolloutWatchingSignal } from './messages';
import { perform } from './perform';
import { goOnAsNew, isOutdated } from './renewal';
import { tellOwner } from './tell-owner';
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
      // Within a stage it stays with the code that the stage began with.
      const moves = stageOf(holder.state) !== stage && isOutdated();
      stage = stageOf(holder.state);
      if (moves || workflowInfo().continueAsNewSuggested) await carryOn(input, holder, moves);
      const event = await perform(holder, command);
      if (event !== null) holder.apply(event);
      const { phase } = holder.state;
      if (phase.kind === 'watching' && !ownerKnows) {
        ownerKnows = true;
        const watched = servedBy(holder.state, phase.winner);
        await tellOwner(input.spec.endpoint, rolloutWatchingSignal, [input.number, watched]);
      }
    }
    await tellOwner(input.spec.endpoint, rolloutEndedSignal, [resultOf(holder.state)]);
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

/** The whole story stays in the runs before; what is carried on must not grow for months. */
function carryOn(input: RolloutInput, holder: ReturnType<typeof holdState>, moves: boolean): Promise<never> {
  const carried = (): RolloutState => ({ ...holder.state, log: holder.state.log.slice(-LOG_CARRIED) });
  return goOnAsNew<typeof rollout>(() => [{ ...input, carried: carried() }], moves);
}
