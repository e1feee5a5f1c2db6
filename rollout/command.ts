import type { Command, RolloutState } from './types';

/** Most looks at the evidence while a person is awaited: an approval of days must not cost a look a minute. */
const LOOKS_PER_APPROVAL = 200;
/** Pause between attempts once the usual retries of a rollback or of a promotion's last step are used up. */
const SLOW_RETRY_MS = 60_000;

/** What must be done next. A function of the state alone, so that a crash anywhere resumes at the same command. */
export function nextCommand(state: RolloutState): Command {
  const { phase, spec } = state;
  switch (phase.kind) {
    case 'reading':
      return { kind: 'readEndpoint' };
    case 'planning':
      return { kind: 'fixPlan', live: state.incumbent };
    case 'creating':
      return { kind: 'createEndpoint' };
    case 'deploying':
      return { kind: 'deployCandidate' };
    case 'shifting':
      return { kind: 'setShare', sharePct: phase.sharePct };
    case 'baking':
      return { kind: 'look', afterMs: spec.tickMs, byMs: null };
    case 'approving':
      return {
        kind: 'look',
        afterMs: Math.max(spec.tickMs, Math.ceil((phase.gate.untilMs - phase.sinceMs) / LOOKS_PER_APPROVAL)),
        byMs: phase.gate.untilMs,
      };
    case 'promoting':
      return { kind: 'setShare', sharePct: 100 };
    case 'finalising':
      return { kind: 'finalise', afterMs: phase.attempt === 0 ? 0 : SLOW_RETRY_MS };
    case 'rollingBack':
      return undo(state, 0);
    case 'rollbackIncomplete':
      return undo(state, SLOW_RETRY_MS);
    case 'cleaning':
      return { kind: 'clean', keep: phase.outcome.kind === 'promoted' ? 'candidate' : 'incumbent' };
    case 'ended':
      return { kind: 'end' };
  }
}

/** Without an incumbent the way back is to remove what the first deployment made. */
function undo(state: RolloutState, afterMs: number): Command {
  return state.incumbent === null ? { kind: 'removeEndpoint', afterMs } : { kind: 'restore', afterMs };
}
