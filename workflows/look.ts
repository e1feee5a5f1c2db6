import { condition } from '@temporalio/workflow';
import { layoutText, leaderOf, rungsOf, runningArms } from '../rollout';
import type { Command, RolloutEvent, RolloutState } from '../rollout';
import type { Holding } from '../activities/types';
import * as options from './activity-options';
import { attempt, plannedOf, say } from './attempt';
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
    const result = await say(options.look, summary).judge({
      ...plannedOf(state),
      layout: state.layout,
      shares: state.shares,
      guards: state.guards,
      traffic: state.traffic,
      bandit: state.bandit,
      holding: holdingOf(state),
    });
    return { kind: 'looked', look: result };
  });
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
