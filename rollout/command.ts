import { runningArms } from './arms';
import { promotedShares } from './promotion';
import { rungsOf, splitOf } from './rungs';
import type { Command, Layout, RolloutState } from './types';

/** Most looks at the evidence while a person is awaited: an approval of days must not cost a look a minute. */
const LOOKS_PER_APPROVAL = 200;
/** Looks come at most this much later than they could, as a part of the time that the share has been held: weeks must not cost a look a minute. */
const LATEST_LOOK = 0.02;
const LONGEST_GAP_MS = 5 * 60_000;
/** SageMaker's steps may be short, and whoever watches wants to see them. */
const LONGEST_FOLLOW_MS = 30_000;
/** Pause between attempts once the usual retries of a rollback or of a promotion's last step are used up. */
const SLOW_RETRY_MS = 60_000;

/** What must be done next. A function of the state alone, so that a crash anywhere resumes at the same command. */
export function nextCommand(state: RolloutState): Command {
  const { phase, spec } = state;
  if (state.paused !== null && CHANGES.has(phase.kind)) return { kind: 'standStill' };
  switch (phase.kind) {
    case 'reading':
      return { kind: 'readEndpoint' };
    case 'planning':
      return { kind: 'fixPlan', live: state.incumbent, calibrated: phase.calibrated };
    case 'creating':
      return { kind: 'createEndpoint' };
    case 'deploying':
      return { kind: 'deploy', to: phase.to };
    case 'calibrating':
      return { kind: 'wait', untilMs: phase.untilMs };
    case 'warming': {
      const rung = rungsOf(spec)[phase.rung];
      return { kind: 'warmUp', candidates: runningArms(state), requests: rung?.kind === 'warmUp' ? rung.requests : 0 };
    }
    case 'shifting':
      return setShares(state, splitOf(rungsOf(spec)[phase.rung], phase));
    case 'baking':
      return { kind: 'look', afterMs: gapMs(state, phase.sinceMs), byMs: null };
    case 'approving':
      return {
        kind: 'look',
        afterMs: Math.max(spec.tickMs, Math.ceil((phase.gate.untilMs - phase.sinceMs) / LOOKS_PER_APPROVAL)),
        byMs: state.paused === null ? phase.gate.untilMs : null,
      };
    case 'guarded': {
      const stage = rungsOf(spec)[phase.rung]?.stage ?? 0;
      return phase.deployment === null
        ? { kind: 'startGuardrails', stage }
        : { kind: 'followGuardrails', stage, afterMs: Math.min(spec.tickMs, LONGEST_FOLLOW_MS) };
    }
    case 'promoting':
      return setShares(state, splitOf(undefined, { sharesPct: promotedShares(state, phase.winner) }));
    case 'watching':
      return {
        kind: 'look',
        afterMs: gapMs(state, phase.sinceMs),
        byMs: state.paused === null ? phase.untilMs : null,
      };
    case 'finalising':
      return { kind: 'finalise', winner: phase.winner, afterMs: phase.attempt === 0 ? 0 : SLOW_RETRY_MS };
    case 'assessing':
      return { kind: 'assess', afterMs: 0 };
    case 'stranded':
      return { kind: 'assess', afterMs: Math.max(spec.tickMs, SLOW_RETRY_MS) };
    case 'rollingBack':
      return undo(state, 0);
    case 'rollbackIncomplete':
      return undo(state, SLOW_RETRY_MS);
    case 'cleaning':
      return { kind: 'clean', keep: phase.outcome.kind === 'promoted' ? servingOf(state) : null };
    case 'ended':
      return { kind: 'end' };
  }
}

/** What serves after a promotion. */
function servingOf({ layout, spec }: RolloutState): string {
  return Object.keys(layout.sharesPct).find((name) => layout.sharesPct[name] === 100) ?? spec.candidates[0].name;
}

/** Phases whose command changes the endpoint; a pause holds them back. */
export const CHANGES: ReadonlySet<RolloutState['phase']['kind']> = new Set([
  'creating',
  'deploying',
  'warming',
  'shifting',
  'guarded',
  'promoting',
  'finalising',
]);

function setShares({ layout }: RolloutState, to: Omit<Layout, 'epoch'>): Command {
  return { kind: 'setShares', layout: { ...to, epoch: layout.epoch + 1 } };
}

/** Every tick at first; later ones may wait, since each look reads all that has closed since the last. */
function gapMs({ spec, traffic }: RolloutState, sinceMs: number): number {
  const heldMs = Math.max(0, traffic.throughMs - sinceMs);
  return Math.max(spec.tickMs, Math.min(LONGEST_GAP_MS, Math.ceil((LATEST_LOOK * heldMs) / spec.tickMs) * spec.tickMs));
}

/** Without an incumbent the way back is to remove what the first deployment made. */
function undo(state: RolloutState, afterMs: number): Command {
  return state.incumbent === null
    ? { kind: 'removeEndpoint', afterMs }
    : { kind: 'restore', afterMs, doubtful: state.doubtful };
}
