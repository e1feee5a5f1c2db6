import { rungsOf } from '../rollout';
import type { Rung, RolloutState } from '../rollout';
import type { Stage } from '../spec/types';
import type { LadderStep } from './view';
import { percent } from './words';

/** The planned steps, from preparation to promotion, and how far they have come. */
export function ladderOf(state: RolloutState): readonly LadderStep[] {
  if (isFirstDeployment(state)) return firstDeployment(state);
  const { spec } = state;
  const rungs = rungsOf(spec);
  const watched = spec.watch === undefined ? [] : ['watch'];
  const labels = ['prepare', ...rungs.map((rung) => rungLabel(rung, spec.stages)), 'promote', ...watched];
  const promotedPct = 100 - (spec.watch?.holdbackPct ?? 0);
  const shares = [0, ...rungs.map(rungShare), promotedPct, ...watched.map(() => promotedPct)];
  const at = position(state);
  return labels.map((label, index) => ({ label, sharePct: shares[index] ?? null, state: stateOf(state, index, at) }));
}

/** A stage in two words. */
export function stageLabel(stage: Stage): string {
  switch (stage.kind) {
    case 'canary':
      return `canary ${percent(stage.sharePct)}`;
    case 'linear':
      return `linear ${percent(stage.sharesPct[0])}–${percent(stage.sharesPct.at(-1) ?? 0)}`;
    case 'blueGreen':
      return stage.engine === 'guardrails' ? 'blue/green by SageMaker' : 'blue/green';
    case 'shadow':
      return `shadow ${percent(stage.samplePct)}`;
    case 'abTest':
      return `A/B test ${percent(stage.sharePct)}`;
    case 'bandit':
    case 'calibrate':
    case 'approval':
      return stage.kind;
  }
}

/** Where a rung stands in its file, for a finding. */
export function rungPlace(rung: Rung, stages: readonly Stage[]): string {
  return `stages[${rung.stage}] ${rungLabel(rung, stages)}`;
}

/** One step of a stage in two words. */
export function rungLabel(rung: Rung, stages: readonly Stage[]): string {
  const stage = stages[rung.stage];
  switch (rung.kind) {
    case 'warmUp':
      return 'warm up';
    case 'hold':
      if (stage?.kind === 'linear' && rung.follows === 'file') return `linear ${percent(rung.sharePct)}`;
      if (stage?.kind === 'blueGreen') return `swap ${percent(rung.sharePct)}`;
      return stage === undefined ? 'hold' : stageLabel(stage);
    default:
      return stage === undefined ? rung.kind : stageLabel(stage);
  }
}

/** True when there is no incumbent, so that stages have nothing to compare. */
export function isFirstDeployment(state: RolloutState): boolean {
  return state.incumbent === null && state.plan !== null;
}

/** True once it heads back, or has gone back. */
export function hasTurnedBack(state: RolloutState): boolean {
  const { phase } = state;
  if (['assessing', 'stranded', 'rollingBack', 'rollbackIncomplete'].includes(phase.kind)) return true;
  return (phase.kind === 'cleaning' || phase.kind === 'ended') && phase.outcome.kind !== 'promoted';
}

function rungShare(rung: Rung): number | null {
  return rung.kind === 'hold' && rung.layout === 'split' && rung.sharePct > 0 ? rung.sharePct : null;
}

function stateOf(state: RolloutState, index: number, at: number): LadderStep['state'] {
  if (index < at) return 'done';
  if (hasTurnedBack(state)) return index === at ? 'stopped' : 'skipped';
  return index === at ? 'current' : 'next';
}

/** Index of the step that is under way, with 0 for the preparation; past the end once all is done. */
function position(state: RolloutState): number {
  const { phase } = state;
  const promote = rungsOf(state.spec).length + 1;
  switch (phase.kind) {
    case 'reading':
    case 'creating':
      return 0;
    case 'planning':
      return phase.next;
    case 'deploying':
      // What is deployed for the first stage still belongs to the preparation.
      return state.layout.epoch === 0 && phase.rung === 0 ? 0 : phase.rung + 1;
    case 'calibrating':
    case 'warming':
    case 'shifting':
    case 'approving':
    case 'guarded':
      return phase.rung + 1;
    case 'baking':
      // After the last stage the last share is held on until every required guard passes: that belongs to the promotion.
      return phase.next > phase.rung + 1 ? promote : phase.rung + 1;
    case 'promoting':
      return promote;
    case 'watching':
      return promote + 1;
    case 'finalising':
      return state.spec.watch?.keep === 'warm' ? promote + 1 : promote;
    case 'assessing':
    case 'stranded':
    case 'rollingBack':
    case 'rollbackIncomplete':
    case 'cleaning':
    case 'ended':
      if (!hasTurnedBack(state)) return promote + 2;
      return state.promotedAtMs === null || state.spec.watch === undefined ? state.reached : promote + 1;
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
