import { leaderOf, runningArms } from './arms';
import { askPeople } from './approval';
import { turnBack } from './back';
import { startBake } from './bake';
import { enter, note } from './moves';
import { rungsOf } from './rungs';
import type { Layout, Outcome, RolloutState } from './types';

/** All rungs have passed. Promotion needs the decision, unless a person overrode the evidence; without it the last share is held on. */
export function enterPromotion(
  state: RolloutState,
  { atMs, override }: { readonly atMs: number; readonly override: boolean }
): RolloutState {
  const rungs = rungsOf(state.spec);
  const winner = leaderOf(state);
  const last = rungs.findLastIndex(({ kind }) => kind === 'hold');
  const isOne = runningArms(state).length === 1;
  if (!isOne || (!override && state.decision.kind !== 'promote')) {
    const waiting = note(state, atMs, 'All stages passed; promotion still waits for every required guard.');
    return startBake(waiting, { rung: last, next: rungs.length, atMs });
  }
  if (state.layout.kind === 'single' && state.layout.sharesPct[winner] === 100)
    return afterDeployment(state, winner, atMs);
  const why = `Promote ${winner}: ${state.decision.reason}`;
  if (state.layout.kind !== 'split')
    return enter(state, {
      phase: { kind: 'deploying', rung: rungs.length, to: 'split' },
      atMs,
      text: `${why} First deploy it.`,
    });
  return enter(state, { phase: { kind: 'promoting', winner }, atMs, text: why });
}

/** What the traffic looks like once `winner` is promoted: a holdback stays where the file wants to compare on. */
export function promotedShares(state: RolloutState, winner: string): Layout['sharesPct'] {
  const { watch, candidates } = state.spec;
  const holdbackPct = watch?.keep === 'warm' ? watch.holdbackPct : 0;
  return Object.fromEntries(candidates.map(({ name }) => [name, name === winner ? 100 - holdbackPct : 0]));
}

/** The traffic was moved. The old model stays within reach for as long as the file says; then the endpoint is rewritten. */
export function afterPromoting(before: RolloutState, winner: string, atMs: number): RolloutState {
  const state = { ...before, promotedAtMs: atMs };
  const { watch } = state.spec;
  if (watch?.keep === 'warm') return startWatch(state, winner, atMs);
  return finalise(state, winner, atMs);
}

export function afterFinalising(before: RolloutState, winner: string, atMs: number): RolloutState {
  const state: RolloutState = {
    ...before,
    layout: { ...before.layout, kind: 'single', sharesPct: { [winner]: 100 }, copyPct: 0, groups: [] },
  };
  // With `keep: cold` the endpoint is rewritten before the watch, otherwise after it.
  return state.spec.watch?.keep === 'cold' ? startWatch(state, winner, atMs) : clean(state, atMs);
}

/** The watch is over. */
export function settle(state: RolloutState, atMs: number): RolloutState {
  if (state.phase.kind !== 'watching') return state;
  const { winner } = state.phase;
  return state.layout.kind === 'single' ? clean(state, atMs) : finalise(state, winner, atMs);
}

/** SageMaker's own deployment is through: the candidate serves alone. It counts as promoted only with a decision behind it. */
export function afterGuardrails(before: RolloutState, rung: number, atMs: number): RolloutState {
  const winner = leaderOf(before);
  const state = { ...before, promotedAtMs: atMs };
  if (state.decision.kind === 'promote') return afterDeployment(state, winner, atMs);
  const reason = `SageMaker’s deployment went through, but the guards have not decided. ${state.decision.reason}`;
  const stage = rungsOf(state.spec)[rung];
  const onInconclusive = stage?.kind === 'guardrails' ? stage.onInconclusive : 'hold';
  switch (onInconclusive) {
    case 'rollBack':
      return turnBack(state, { kind: 'undecided', because: { kind: 'undecided', reason } }, atMs);
    case 'ask':
    case 'hold':
      return askPeople(state, { rung, next: rungsOf(state.spec).length, atMs, reason });
    case 'advance':
      return afterDeployment(note(state, atMs, reason), winner, atMs);
  }
}

/** The candidate serves alone already: only the watch may follow. */
export function afterDeployment(state: RolloutState, winner: string, atMs: number): RolloutState {
  return state.spec.watch === undefined ? clean(state, atMs) : startWatch(state, winner, atMs);
}

function startWatch(state: RolloutState, winner: string, atMs: number): RolloutState {
  const { watch } = state.spec;
  if (watch === undefined) return clean(state, atMs);
  return enter(state, {
    phase: { kind: 'watching', winner, sinceMs: atMs, untilMs: atMs + watch.forMs },
    atMs,
    text: `Promoted ${winner}; watch it with ${state.incumbent?.version ?? 'the old model'} kept ${watch.keep}.`,
  });
}

function finalise(state: RolloutState, winner: string, atMs: number): RolloutState {
  return enter(state, {
    phase: { kind: 'finalising', winner, attempt: 0, lastFailure: null },
    atMs,
    text: `All traffic moved; rewrite the endpoint to ${winner} alone.`,
  });
}

function clean(state: RolloutState, atMs: number): RolloutState {
  return enter(state, {
    phase: { kind: 'cleaning', outcome: promoted(state) },
    atMs,
    text: 'Delete what nothing uses any more.',
  });
}

function promoted(state: RolloutState): Outcome {
  const { kind, guilty, reason } = state.decision;
  const override = state.approvals.findLast(({ verb }) => verb === 'promote' || verb === 'advance');
  if (kind === 'promote') return { kind: 'promoted', because: { kind: 'evidence', guard: guilty, reason } };
  if (override !== undefined)
    return { kind: 'promoted', because: { kind: 'person', verb: override.verb, by: override } };
  return { kind: 'promoted', because: { kind: 'undecided', reason } };
}
