import { approvalIncompatibilities } from './compat-approval';
import { banditIncompatibilities } from './compat-bandit';
import { formIncompatibilities } from './compat-forms';
import { guardrailIncompatibilities } from './compat-guardrails';
import { maturityIncompatibilities } from './compat-maturity';
import { orderIncompatibilities } from './compat-order';
import { shadowIncompatibilities } from './compat-shadow';
import { shareIncompatibilities } from './compat-shares';
import { timeIncompatibilities } from './compat-time';
import { watchIncompatibilities } from './compat-watch';
import type { StagePlace } from './compat-words';
import type { Incompatibility } from './problem';
import type { RolloutSpec, Stage } from './types';

/** Stages that could not do what they promise, alone, in their order, or on SageMaker. */
export function stageIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return [
    ...orderIncompatibilities(spec),
    ...formIncompatibilities(spec),
    ...spec.stages.flatMap((stage, index) => ofStage(spec, stage, { index, path: ['stages', index, stage.kind] })),
    ...maturityIncompatibilities(spec),
    ...watchIncompatibilities(spec),
  ];
}

function ofStage(spec: RolloutSpec, stage: Stage, place: StagePlace): readonly Incompatibility[] {
  const general = [...shareIncompatibilities(spec, stage, place), ...timeIncompatibilities(spec, stage, place)];
  switch (stage.kind) {
    case 'shadow':
      return [...general, ...shadowIncompatibilities(spec, stage, place)];
    case 'bandit':
      return [...general, ...banditIncompatibilities(spec, stage, place)];
    case 'approval':
      return [...general, ...approvalIncompatibilities(stage, place.path)];
    case 'blueGreen':
      return stage.engine === 'weights' ? general : [...general, ...guardrailIncompatibilities(spec, stage, place)];
    case 'canary':
    case 'linear':
    case 'abTest':
    case 'calibrate':
      return general;
  }
}
