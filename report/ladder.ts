import type { RolloutState } from '../rollout';
import type { Stage } from '../spec/types';
import type { LadderStep } from './view';
import { percent } from './words';

/** The planned steps, from preparation to promotion, and how far they have come. */
export function ladderOf(state: RolloutState): readonly LadderStep[] {
  const { stages } = state.spec;
  if (isFirstDeployment(state)) return firstDeployment(state);
  const labels = ['prepare', ...stages.map(stageLabel), 'promote'];
  const shares = [0, ...stages.map((stage) => (stage.kind === 'canary' ? stage.sharePct : null)), 100];
  const at = position(state);
  return labels.map((label, index) => ({ label, sharePct: shares[index] ?? null, state: stateOf(state, index, at) }));
}

/** A stage in two words. */
export function stageLabel(stage: Stage): string {
  switch (stage.kind) {
    case 'canary':
      return `canary ${percent(stage.sharePct)}`;
    case 'approval':
      return 'approval';
  }
}

/** True when there is no incumbent, so that stages have nothing to compare. */
export function isFirstDeployment(state: RolloutState): boolean {
  return state.incumbent === null && state.plan !== null;
}

/** True once it heads back, or has gone back. */
export function hasTurnedBack(state: RolloutState): boolean {
  const { phase } = state;
  if (phase.kind === 'rollingBack' || phase.kind === 'rollbackIncomplete') return true;
  return (phase.kind === 'cleaning' || phase.kind === 'ended') && phase.outcome.kind !== 'promoted';
}

function stateOf(state: RolloutState, index: number, at: number): LadderStep['state'] {
  if (index < at) return 'done';
  if (hasTurnedBack(state)) return index === at ? 'stopped' : 'skipped';
  return index === at ? 'current' : 'next';
}

/** Index of the step that is under way, with 0 for the preparation; past the end once promoted. */
function position(state: RolloutState): number {
  const { phase } = state;
  const promote = state.spec.stages.length + 1;
  switch (phase.kind) {
    case 'reading':
    case 'planning':
    case 'creating':
    case 'deploying':
      return 0;
    case 'shifting':
    case 'approving':
      return phase.stage + 1;
    case 'baking':
      // After the last stage the last share is held on until every required guard passes: that belongs to the promotion.
      return phase.next > phase.stage + 1 ? promote : phase.stage + 1;
    case 'promoting':
    case 'finalising':
      return promote;
    case 'rollingBack':
    case 'rollbackIncomplete':
    case 'cleaning':
    case 'ended':
      return hasTurnedBack(state) ? state.reached : promote + 1;
  }
}

function firstDeployment(state: RolloutState): readonly LadderStep[] {
  const at = state.phase.kind === 'creating' ? 'current' : hasTurnedBack(state) ? 'stopped' : 'done';
  const create: LadderStep = { label: 'create endpoint', sharePct: 100, state: at };
  return [
    create,
    ...state.spec.stages.map((stage): LadderStep => ({ label: stageLabel(stage), sharePct: null, state: 'skipped' })),
  ];
}
