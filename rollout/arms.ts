import type { Decision } from '../guards/types';
import type { Arm, RolloutState } from './types';

/** Candidates that still compete, in the file's order. */
export function runningArms(state: RolloutState): readonly string[] {
  return state.arms.filter(({ standing }) => standing === 'running').map(({ name }) => name);
}

/** The candidate that a rollout is known by: the one that is left, or while several run the file's first of them. */
export function leaderOf(state: RolloutState): string {
  return runningArms(state)[0] ?? state.spec.candidates[0].name;
}

/** Candidates in one phrase. */
export function armNames(state: RolloutState): string {
  const running = runningArms(state);
  return (running.length === 0 ? state.spec.candidates.map(({ name }) => name) : running).join(', ');
}

export function standDown(
  state: RolloutState,
  change: Omit<Arm, 'standing'> & { readonly standing: 'benched' | 'lost' }
): RolloutState {
  return { ...state, arms: state.arms.map((arm) => (arm.name === change.name ? { ...arm, ...change } : arm)) };
}

/** The arm that is left when another one has won. */
export function declareWinner(state: RolloutState, winner: string): RolloutState {
  return runningArms(state)
    .filter((name) => name !== winner)
    .reduce(
      (sofar, name) => standDown(sofar, { name, standing: 'lost', why: `${winner} was shown to be better.` }),
      state
    );
}

/** The first candidate of the file whose guards all say promote; null while there is none. */
export function provenArm(state: RolloutState): string | null {
  return runningArms(state).find((name) => state.decisions[name]?.kind === 'promote') ?? null;
}

/** What the decisions on the running candidates mean together: one that is proven suffices, all must have failed. */
export function combinedDecision(state: RolloutState): Decision {
  const running = runningArms(state).flatMap((name) => {
    const decision = state.decisions[name];
    return decision === undefined ? [] : [{ name, decision }];
  });
  const [only, ...others] = running;
  if (only === undefined) return state.decision;
  if (others.length === 0) return only.decision;
  const proven = running.find(({ decision }) => decision.kind === 'promote');
  if (proven !== undefined) return { ...proven.decision, reason: `${proven.name}: ${proven.decision.reason}` };
  const failed = running.every(({ decision }) => decision.kind === 'rollBack');
  const holding = running.flatMap(({ decision }) => decision.holding ?? []);
  return {
    kind: failed ? 'rollBack' : 'undecided',
    guilty: failed ? only.decision.guilty : null,
    reason: running.map(({ name, decision }) => `${name}: ${decision.reason}`).join(' | '),
    ...(holding.length > 0 && { holding }),
  };
}
