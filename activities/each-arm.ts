import { currentVerdict, startGuard } from '../guards';
import type { GuardPlan } from '../guards/types';
import type { GuardTrack } from '../rollout';
import type { RolloutSpec } from '../spec/types';

/** The planned guards for each candidate in the file's order, and where each stands before its first tick. Pure. */
export function forEachArm(
  spec: RolloutSpec,
  own: readonly GuardPlan[]
): { readonly guards: readonly GuardPlan[]; readonly tracks: readonly GuardTrack[] } {
  // Guards of several candidates are told apart by the candidate's name.
  const nameOf = (arm: string, guard: string): string => (spec.candidates.length === 1 ? guard : `${arm} ${guard}`);
  return {
    guards: spec.candidates.flatMap(({ name }) => own.map((plan) => ({ ...plan, name: nameOf(name, plan.name) }))),
    tracks: spec.candidates.flatMap(({ name: arm }) =>
      own.map((plan, guard) => {
        const state = startGuard(plan);
        return { arm, guard, state, verdict: currentVerdict(plan, state), throughMs: 0 };
      })
    ),
  };
}
