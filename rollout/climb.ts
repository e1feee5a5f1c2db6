import { sharesText, startBake } from './bake';
import { armNames, leaderOf, runningArms } from './arms';
import { evenSegments, evenSplit, sameShares } from './layout';
import { enter } from './moves';
import { enterPromotion } from './promotion';
import { openGate } from './approval';
import { layoutOf, rungsOf } from './rungs';
import type { Hold, Rung } from './rungs';
import type { Layout, RolloutState } from './types';

/** Enters rung `index`; past the last one it promotes, which needs a decision unless a person overrode the evidence. */
export function enterRung(
  before: RolloutState,
  input: { readonly index: number; readonly atMs: number; readonly override?: boolean }
): RolloutState {
  const { index, atMs, override = false } = input;
  const rungs = rungsOf(before.spec);
  const rung = rungs[index];
  const state = { ...before, reached: Math.max(before.reached, Math.min(index, rungs.length) + 1) };
  if (rung === undefined) return enterPromotion(state, { atMs, override });
  const wanted = layoutOf(rung) ?? standIn(state, index);
  if (wanted !== null && wanted !== 'single' && wanted !== state.layout.kind) {
    const how = { split: 'without traffic', shadowed: 'as a shadow', sliced: 'as two slices of itself' }[wanted];
    const who = wanted === 'sliced' ? (state.incumbent?.version ?? 'the incumbent') : armNames(state);
    const beside = wanted === 'sliced' || state.incumbent === null ? '' : ` beside ${state.incumbent.version}`;
    return enter(state, {
      phase: { kind: 'deploying', rung: index, to: wanted },
      atMs,
      text: `Deploy ${who}${beside}, ${how}.`,
    });
  }
  return beginRung(state, { rung, index, atMs });
}

/** Begins a rung whose layout is there. */
export function beginRung(
  state: RolloutState,
  input: { readonly rung: Rung; readonly index: number; readonly atMs: number }
): RolloutState {
  const { rung, index, atMs } = input;
  switch (rung.kind) {
    case 'calibrate':
      return enter(state, {
        phase: { kind: 'calibrating', rung: index, sinceMs: atMs, untilMs: atMs + rung.atLeastMs },
        atMs,
        text: 'Measure how much the incumbent differs from itself.',
      });
    case 'warmUp':
      return enter(state, {
        phase: { kind: 'warming', rung: index },
        atMs,
        text: `Warm ${armNames(state)} up with ${rung.requests} marked requests.`,
      });
    case 'guardrails':
      return enter(state, {
        phase: { kind: 'guarded', rung: index, sinceMs: atMs, deployment: null },
        atMs,
        text: `Hand over to SageMaker’s deployment guardrails: ${leaderOf(state)} replaces the fleet.`,
      });
    case 'approval':
      return openGate(state, { rung: index, atMs });
    case 'hold': {
      const sharesPct = sharesOf(state, rung);
      const { layout: kind, copyPct, groups } = rung;
      const segments = evenSegments(state.spec.stages[rung.stage], sharesPct);
      const wanted = { sharesPct, ...(segments !== undefined && { segments }) };
      const target: Layout = { kind, ...wanted, copyPct, groups, epoch: state.layout.epoch };
      if (sameShares(target, state.layout)) return startBake(state, { rung: index, next: index + 1, atMs });
      const within = rung.groups.length === 0 ? '' : ` of the groups ${rung.groups.join(', ')}`;
      return enter(state, {
        phase: { kind: 'shifting', rung: index, ...wanted, within: null },
        atMs,
        text: `Shift ${sharesText(sharesPct)}${within}.`,
      });
    }
  }
}

function sharesOf(state: RolloutState, rung: Hold): Layout['sharesPct'] {
  const running = runningArms(state);
  if (rung.layout === 'shadowed') return {};
  const all = state.spec.candidates.map(({ name }) => name);
  return evenSplit(all, running, rung.sharePct);
}

/** Whoever is asked before the first traffic decides about a candidate that is up: it is deployed for the stage that follows. */
function standIn(state: RolloutState, index: number): Layout['kind'] | null {
  if (state.layout.kind !== 'single' && state.layout.kind !== 'sliced') return null;
  const following = rungsOf(state.spec)
    .slice(index)
    .find((rung) => rung.kind !== 'approval');
  return following === undefined ? 'split' : layoutOf(following);
}
