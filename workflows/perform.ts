import { ActivityFailure, ApplicationFailure, CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { PlannedContext, RolloutActivities, RolloutContext } from '../activities/types';
import type { Command, RolloutEvent, RolloutState } from '../rollout';
import { isFailureType } from '../spec/failures';
import type { Failure } from '../spec/failures';
import * as options from './activity-options';
import type { StateHolder } from './transition';

/** Does what a command says and returns what came of it; `null` when a verb overtook it. Failures are events, never exceptions. */
export async function perform(holder: StateHolder, command: Command): Promise<RolloutEvent | null> {
  const { state } = holder;
  const candidate = state.spec.candidates[0].name;
  const { endpoint } = state.spec;
  switch (command.kind) {
    case 'readEndpoint':
      return attempt(async () => {
        const live = await say(options.call, `Read endpoint ${endpoint}`).inspectEndpoint({ endpoint });
        return { kind: 'endpointRead', live };
      });
    case 'fixPlan':
      return untilOvertaken(holder, () =>
        attempt(async () => {
          const summary =
            command.live === null ? 'Fix names' : `Measure ${command.live.variant}, fix margins and budgets`;
          const fixed = await say(options.plan, summary).fixPlan({ ...contextOf(state), incumbent: command.live });
          return { kind: 'planFixed', ...fixed };
        })
      );
    case 'createEndpoint':
      return unlessAborted(holder, async () => {
        const context = plannedOf(state);
        await say(options.call, `Create endpoint ${endpoint} with ${candidate}`).createEndpoint(context);
        await awaitConfig(endpoint, context.plan.names.soloConfig);
        return { kind: 'done' };
      });
    case 'deployCandidate':
      return unlessAborted(holder, async () => {
        const context = plannedOf(state);
        await say(
          options.call,
          `Deploy ${candidate} beside ${context.incumbent?.variant ?? '?'}, 0 % of traffic`
        ).deployCandidate(context);
        await awaitConfig(endpoint, context.plan.names.pairConfig);
        return { kind: 'done' };
      });
    case 'setShare':
      return unlessAborted(holder, async () => {
        const context = plannedOf(state);
        const { sharePct } = command;
        await say(options.call, `Shift ${sharePct} % to ${candidate}`).shiftTraffic({ ...context, sharePct });
        await say(options.wait, `Read back: ${sharePct} % on ${candidate}`).awaitEndpoint({
          endpoint,
          configName: context.plan.names.pairConfig,
          share: { variant: candidate, sharePct },
        });
        return { kind: 'done' };
      });
    case 'look':
      return lookAtEvidence(holder, command);
    case 'finalise':
      return unlessAborted(holder, async () => {
        const context = plannedOf(state);
        if (command.afterMs > 0)
          await sleep(command.afterMs, { summary: 'Before trying again to finish the promotion' });
        await say(options.compensate, `Rewrite ${endpoint} to ${candidate} alone`).rewriteToCandidate(context);
        await awaitConfig(endpoint, context.plan.names.soloConfig);
        return { kind: 'done' };
      });
    case 'restore':
      return attempt(async () => {
        if (command.afterMs > 0) await sleep(command.afterMs, { summary: 'Before trying again to roll back' });
        await say(options.compensate, `Roll back to ${state.incumbent?.variant ?? 'the incumbent'}`).restoreIncumbent(
          plannedOf(state)
        );
        return { kind: 'done' };
      });
    case 'removeEndpoint':
      return attempt(async () => {
        if (command.afterMs > 0)
          await sleep(command.afterMs, { summary: 'Before trying again to remove the endpoint' });
        await say(options.compensate, `Remove ${endpoint}: its first deployment failed`).removeEndpoint(
          plannedOf(state)
        );
        return { kind: 'done' };
      });
    case 'clean':
      return attempt(async () => {
        await say(options.compensate, 'Delete what nothing uses any more').collectGarbage({
          ...plannedOf(state),
          keep: command.keep,
        });
        return { kind: 'done' };
      });
    case 'end':
      return null;
  }
}

async function lookAtEvidence(
  holder: StateHolder,
  command: Extract<Command, { kind: 'look' }>
): Promise<RolloutEvent | null> {
  const { phase } = holder.state;
  const leftMs = command.byMs === null ? command.afterMs : Math.max(1, command.byMs - Date.now());
  const waitMs = Math.min(command.afterMs, leftMs);
  const overtaken = await condition(() => holder.state.phase !== phase, waitMs, { summary: waitSummary(holder.state) });
  if (overtaken) return null;
  const { state } = holder;
  return attempt(async () => {
    const result = await say(options.look, `Judge ${state.spec.candidates[0].name} at ${state.sharePct} %`).judge({
      ...plannedOf(state),
      sharePct: state.sharePct,
      guards: state.guards,
      traffic: state.traffic,
    });
    return { kind: 'looked', look: result };
  });
}

/**
 * Runs a step forward. An abort ends its retries, so that nothing is begun after it was accepted; an AWS call that is under way is still
 * waited for, because only what has ended can be undone.
 */
async function unlessAborted(holder: StateHolder, work: () => Promise<RolloutEvent>): Promise<RolloutEvent> {
  let isOver = false;
  const scope = new CancellationScope();
  void condition(() => isOver || holder.state.abort !== null).then(() => scope.cancel());
  const event = await scope.run(() => attempt(work));
  isOver = true;
  return event;
}

/** Runs `work`, which changes nothing outside, until it is done or a verb has moved the rollout to another phase. */
async function untilOvertaken(holder: StateHolder, work: () => Promise<RolloutEvent>): Promise<RolloutEvent | null> {
  const { phase } = holder.state;
  const scope = new CancellationScope();
  const event = scope.run(work);
  const overtaken = condition(() => holder.state.phase !== phase).then(() => null);
  const first = await Promise.race([event, overtaken]);
  if (first !== null) return first;
  scope.cancel();
  await event;
  return null;
}

async function awaitConfig(endpoint: string, configName: string): Promise<void> {
  await say(options.wait, `Wait until ${endpoint} is in service`).awaitEndpoint({ endpoint, configName, share: null });
}

/** An activity's failure as data. */
async function attempt(work: () => Promise<RolloutEvent>): Promise<RolloutEvent> {
  try {
    return await work();
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

function failureOf(error: unknown): Failure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isFailureType(cause.type)) {
    const details = cause.details?.[0] as Failure | undefined;
    return details ?? { type: cause.type, what: cause.message, next: 'See the activity in the Temporal UI.' };
  }
  const what = cause instanceof Error ? cause.message : String(cause);
  return { type: 'TimedOut', what, next: 'See the activity in the Temporal UI; a worker may have been away.' };
}

/** The same activities with a sentence for the timeline (the UI cuts it at 120 characters). */
function say<A extends keyof typeof options>(profile: (typeof options)[A], summary: string): RolloutActivities {
  return new Proxy(profile, {
    get: (target, name) => {
      const activity = target[name as keyof RolloutActivities] as unknown as {
        executeWithOptions(o: { summary: string }, args: readonly unknown[]): Promise<unknown>;
      };
      return (input: unknown) => activity.executeWithOptions({ summary }, [input]);
    },
  });
}

function waitSummary(state: RolloutState): string {
  switch (state.phase.kind) {
    case 'approving':
      return `Await approval at ${state.sharePct} %`;
    default:
      return `Hold ${state.sharePct} % until the next tick`;
  }
}

function contextOf(state: RolloutState): RolloutContext {
  return { id: state.id, number: state.number, spec: state.spec };
}

function plannedOf(state: RolloutState): PlannedContext {
  if (state.plan === null) throw ApplicationFailure.nonRetryable('The plan is not fixed yet.', 'Internal');
  return { ...contextOf(state), plan: state.plan, incumbent: state.incumbent };
}
