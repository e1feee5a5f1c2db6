import { resultOf } from '../rollout';
import type { RolloutState } from '../rollout';
import { outcomeSentence } from '../report';
import { shellWord } from '../report/words';
import type { Surroundings } from './environment';
import { EXIT, exitCodeOf } from './exit-codes';
import type { ExitCode } from './exit-codes';
import type { Followed } from './follow';
import { notice } from './verb';

/** Says how following a rollout ended, and returns the exit code for it. */
export function concludeFollowing(
  surroundings: Surroundings,
  input: { readonly id: string; readonly followed: Followed }
): ExitCode {
  const { id, followed } = input;
  const again = `Watch on: sluice watch ${shellWord(id)}`;
  switch (followed.kind) {
    case 'ended':
      if (!followed.seen) notice(surroundings, '', outcomeSentence(followed.result));
      return exitCodeOf(followed.result.outcome.kind);
    case 'incomplete':
      notice(surroundings, '', `The rollback of ${id} is incomplete; it is tried again every minute. ${again}`);
      return EXIT.rollbackIncomplete;
    case 'cancelled':
      notice(surroundings, '', `${id} was cancelled, after rolling back.`);
      return EXIT.rolledBack;
    case 'broken':
      notice(
        surroundings,
        '',
        `${id} was ended from outside: ${followed.why}. The endpoint is left as it was at that moment; look at it.`
      );
      return EXIT.rollbackIncomplete;
    case 'timedOut':
      notice(
        surroundings,
        '',
        `Stopped watching ${id}: the time is up${phaseText(followed.state)}. The rollout goes on. ${again}`
      );
      return followed.state?.phase.kind === 'rollbackIncomplete' ? EXIT.rollbackIncomplete : EXIT.timedOut;
    case 'interrupted':
      notice(surroundings, '', `Stopped watching; ${id} goes on. ${again}`);
      return EXIT.interrupted;
  }
}

function phaseText(state: RolloutState | null): string {
  if (state === null) return ', and nobody answered';
  return state.phase.kind === 'ended' ? `: ${outcomeSentence(resultOf(state))}` : ` (phase: ${state.phase.kind})`;
}
