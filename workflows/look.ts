import { condition } from '@temporalio/workflow';
import { deploymentText, layoutText, leaderOf, rungsOf, runningArms } from '../rollout';
import type { Command, RolloutEvent, RolloutState } from '../rollout';
import type { Holding, LookRequest } from '../activities/types';
import * as options from './activity-options';
import { attempt, plannedOf, say, sleepUnless, untilOvertaken } from './attempt';
import type { StateHolder } from './transition';

/** Waits for the next tick, then judges what has closed; `null` when a verb moved the rollout on meanwhile. */
export async function lookAtEvidence(
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
    const summary = `Judge ${leaderOf(state)} at ${layoutText(state.layout)}`;
    return { kind: 'looked', look: await say(options.look, summary).judge(lookRequest(state)) };
  });
}

/** Waits, then reads how far SageMaker's own deployment has come, and judges; `null` when a verb moved the rollout on meanwhile. */
export async function followDeployment(
  holder: StateHolder,
  command: Extract<Command, { kind: 'followGuardrails' }>
): Promise<RolloutEvent | null> {
  const { stage, afterMs } = command;
  if (await sleepUnless(holder, afterMs, `SageMaker ${deploymentText(holder.state)}`)) return null;
  const { state } = holder;
  return untilOvertaken(holder, () =>
    attempt(async () => {
      const summary = `Follow SageMaker’s deployment of ${leaderOf(state)}, and judge`;
      const followed = await say(options.look, summary).followGuardrails({ ...lookRequest(state), stage });
      return { kind: 'followed', ...followed };
    })
  );
}

function lookRequest(state: RolloutState): LookRequest {
  return {
    ...plannedOf(state),
    layout: state.layout,
    shares: state.shares,
    guards: state.guards,
    traffic: state.traffic,
    bandit: state.bandit,
    holding: holdingOf(state),
  };
}

function holdingOf(state: RolloutState): Holding | null {
  const { phase, spec } = state;
  if (phase.kind !== 'baking') return null;
  const rung = rungsOf(spec)[phase.rung];
  if (rung?.kind !== 'hold') return null;
  return { stage: rung.stage, follows: rung.follows, running: runningArms(state), sinceMs: phase.sinceMs };
}

function waitSummary(state: RolloutState): string {
  switch (state.phase.kind) {
    case 'approving':
      return `Await approval at ${layoutText(state.layout)}`;
    case 'watching':
      return `Watch ${layoutText(state.layout)} until the next tick`;
    default:
      return `Hold ${layoutText(state.layout)} until the next tick`;
  }
}
