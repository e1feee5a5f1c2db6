import { leaderOf } from './arms';
import { startBake } from './bake';
import { beginRung, enterRung } from './climb';
import { afterGuardrailsStart } from './guarded';
import { end, enter } from './moves';
import { afterFinalising, afterPromoting, promotedShares, enterPromotion } from './promotion';
import { rungsOf, splitOf } from './rungs';
import { sharesSet } from './shares';
import type { Layout, RolloutState } from './types';

/** A step forward, or back, was taken and read back: what it makes of the state. */
export function afterDone(state: RolloutState, atMs: number): RolloutState {
  const { phase } = state;
  switch (phase.kind) {
    case 'creating':
      return end(
        {
          ...state,
          promotedAtMs: atMs,
          layout: { ...state.layout, kind: 'single', sharesPct: { [leaderOf(state)]: 100 } },
        },
        {
          kind: 'promoted',
          because: { kind: 'firstDeployment', reason: 'First deployment: healthy, and nothing to compare with.' },
        },
        atMs
      );
    case 'deploying':
      return afterDeploying(state, phase, atMs);
    case 'calibrating':
      return enter(state, {
        phase: { kind: 'planning', next: phase.rung + 1, calibrated: { fromMs: phase.sinceMs, toMs: phase.untilMs } },
        atMs,
        text: `Measure the incumbent ${state.incumbent?.version ?? ''} and fix the plan.`,
      });
    case 'warming':
      return enterRung(state, { index: phase.rung + 1, atMs });
    case 'shifting': {
      const rung = rungsOf(state.spec)[phase.rung];
      const moved = withLayout(state, splitOf(rung, phase), atMs);
      if (phase.within === null) return startBake(moved, { rung: phase.rung, next: phase.rung + 1, atMs });
      return enter(moved, { phase: phase.within, atMs, text: 'Shares moved; judge on.' });
    }
    case 'guarded':
      return afterGuardrailsStart(state, phase, atMs);
    case 'promoting': {
      const sharesPct = promotedShares(state, phase.winner);
      return afterPromoting(
        withLayout(state, { kind: 'split', sharesPct, copyPct: 0, groups: [] }, atMs),
        phase.winner,
        atMs
      );
    }
    case 'finalising':
      return afterFinalising(state, phase.winner, atMs);
    case 'rollingBack':
    case 'rollbackIncomplete': {
      const back = withLayout(state, { kind: 'single', sharesPct: {}, copyPct: 0, groups: [] }, atMs);
      return enter(back, {
        phase: { kind: 'cleaning', outcome: phase.outcome },
        atMs,
        text: `${state.incumbent === null ? 'The endpoint is gone again' : 'The endpoint is as it was'}; delete what nothing uses any more.`,
      });
    }
    case 'cleaning':
      return end(state, phase.outcome, atMs);
    default:
      return state;
  }
}

function afterDeploying(
  before: RolloutState,
  phase: Extract<RolloutState['phase'], { kind: 'deploying' }>,
  atMs: number
): RolloutState {
  const rung = rungsOf(before.spec)[phase.rung];
  const copyPct = rung?.kind === 'hold' && phase.to === 'shadowed' ? rung.copyPct : 0;
  const sharesPct = phase.to === 'split' ? Object.fromEntries(before.spec.candidates.map(({ name }) => [name, 0])) : {};
  const state = withLayout(before, { kind: phase.to, sharesPct, copyPct, groups: [] }, atMs);
  return rung === undefined
    ? enterPromotion(state, { atMs, override: true })
    : beginRung(state, { rung, index: phase.rung, atMs });
}

function withLayout(state: RolloutState, layout: Omit<Layout, 'epoch'>, atMs: number): RolloutState {
  const shares = sharesSet(state, layout.sharesPct, atMs);
  return { ...state, layout: { ...layout, epoch: state.layout.epoch + 1 }, shares };
}
