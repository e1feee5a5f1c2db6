import { refusal } from './compat-words';
import type { Incompatibility, Path } from './problem';
import type { RolloutSpec, Stage } from './types';

/** Stages as far as their demands differ. */
export type StageForm =
  | 'canary'
  | 'canary with target'
  | 'linear'
  | 'blueGreen'
  | 'blueGreen by guardrails'
  | 'shadow'
  | 'shadow by experiment'
  | 'shadow by gateway'
  | 'abTest by user'
  | 'abTest by request'
  | 'bandit'
  | 'calibrate'
  | 'approval';

export interface FormRules {
  /** `one`: what has been chosen of several will do. `alone`: the file must have one only. `any`: it tells several apart, or needs none. */
  readonly candidates: 'one' | 'alone' | 'any';
  readonly place: 'first' | 'last' | 'any';
  readonly routing: 'gateway' | 'any';
  /** Whether SageMaker takes it on Inf1 instances. */
  readonly inf1: 'yes' | 'no';
}

/** What each form of stage demands. Sources: SageMaker's API model of 2017-07-24 and guide, pages on exclusions of guardrails and shadow tests. */
export const FORM_RULES: Readonly<Record<StageForm, FormRules>> = {
  canary: { candidates: 'one', place: 'any', routing: 'any', inf1: 'yes' },
  'canary with target': { candidates: 'one', place: 'any', routing: 'gateway', inf1: 'yes' },
  linear: { candidates: 'one', place: 'any', routing: 'any', inf1: 'yes' },
  blueGreen: { candidates: 'one', place: 'any', routing: 'any', inf1: 'yes' },
  'blueGreen by guardrails': { candidates: 'alone', place: 'last', routing: 'any', inf1: 'no' },
  shadow: { candidates: 'one', place: 'any', routing: 'any', inf1: 'no' },
  'shadow by experiment': { candidates: 'one', place: 'any', routing: 'any', inf1: 'no' },
  'shadow by gateway': { candidates: 'one', place: 'any', routing: 'gateway', inf1: 'yes' },
  'abTest by user': { candidates: 'any', place: 'any', routing: 'gateway', inf1: 'yes' },
  'abTest by request': { candidates: 'any', place: 'any', routing: 'any', inf1: 'yes' },
  bandit: { candidates: 'any', place: 'any', routing: 'any', inf1: 'yes' },
  calibrate: { candidates: 'any', place: 'first', routing: 'any', inf1: 'yes' },
  approval: { candidates: 'any', place: 'any', routing: 'any', inf1: 'yes' },
};

/** What to write instead, where a form's demand is not met. */
const ALTERNATIVES: Readonly<Partial<Record<StageForm, Partial<Record<keyof FormRules, string>>>>> = {
  'canary with target': { routing: 'Remove `target`, or write `routing: { gateway: s3://… }`.' },
  'shadow by gateway': { routing: 'Write `engine: variant`, or `routing: { gateway: s3://… }`.' },
  'abTest by user': { routing: 'Write `by: request`, or `routing: { gateway: s3://… }`.' },
  'blueGreen by guardrails': {
    candidates: 'Write `engine: weights`, after an `abTest` or `bandit`.',
    place: 'Move it to the end, or write `engine: weights`.',
    inf1: 'Write `engine: weights`, or take another instance type.',
  },
  shadow: { inf1: 'Write `engine: gateway` with `routing: { gateway: s3://… }`, or take another instance type.' },
  'shadow by experiment': {
    inf1: 'Write `engine: gateway` with `routing: { gateway: s3://… }`, or take another instance type.',
  },
  calibrate: { place: 'Move it to the beginning.' },
};

const CHOOSE_FIRST = 'Put an `abTest` or `bandit` before it, or roll out one candidate.';

/** Stages against the routing, the instances, the number of candidates and their own place among the stages. */
export function formIncompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return spec.stages.flatMap((stage, index) => {
    const form = formOf(stage);
    const rules = FORM_RULES[form];
    const at = { spec, stage, form, index };
    return [
      ...ofCandidates(at, rules.candidates),
      ...ofPlace(at, rules.place),
      ...(rules.routing === 'gateway' ? ofRouting(at) : []),
      ...(rules.inf1 === 'no' ? ofInstances(at) : []),
    ];
  });
}

interface At {
  readonly spec: RolloutSpec;
  readonly stage: Stage;
  readonly form: StageForm;
  readonly index: number;
}

export function formOf(stage: Stage): StageForm {
  switch (stage.kind) {
    case 'canary':
      return stage.groups.length === 0 ? 'canary' : 'canary with target';
    case 'blueGreen':
      return stage.engine === 'weights' ? 'blueGreen' : 'blueGreen by guardrails';
    case 'shadow':
      return stage.engine === 'variant' ? 'shadow' : `shadow by ${stage.engine}`;
    case 'abTest':
      return `abTest by ${stage.by}`;
    case 'linear':
    case 'bandit':
    case 'calibrate':
    case 'approval':
      return stage.kind;
  }
}

/** The key that makes the form what it is. */
function keyOf({ stage, index }: At): Path {
  const path = ['stages', index, stage.kind];
  if (stage.kind === 'canary' && stage.groups.length > 0) return [...path, 'target'];
  if (stage.kind === 'abTest') return [...path, 'by'];
  if (stage.kind === 'blueGreen' || stage.kind === 'shadow') return [...path, 'engine'];
  return path;
}

function ofCandidates(at: At, takes: FormRules['candidates']): readonly Incompatibility[] {
  const { spec, stage, form, index } = at;
  const count = spec.candidates.length;
  if (count === 1 || takes === 'any') return [];
  const chosen = spec.stages.slice(0, index).some(({ kind }) => kind === 'abTest' || kind === 'bandit');
  if (takes === 'one' && chosen) return [];
  return [
    refusal({
      path: ['stages', index, stage.kind],
      about: 'key',
      found: `${count} candidates`,
      allowed:
        takes === 'alone' ? 'a file with one candidate' : 'one candidate, or what an abTest or bandit has chosen',
      message: `\`stages[${index}]\` (${form}) takes one candidate, the file has ${count}${takes === 'one' ? ' and none is chosen yet' : ''}.`,
      remedy: ALTERNATIVES[form]?.candidates ?? CHOOSE_FIRST,
      restsOn: [['candidates', 1], keyOf(at)],
    }),
  ];
}

function ofPlace(at: At, place: FormRules['place']): readonly Incompatibility[] {
  const { spec, stage, form, index } = at;
  const isThere = place === 'first' ? index === 0 : index === spec.stages.length - 1;
  if (place === 'any' || isThere) return [];
  const why =
    place === 'first'
      ? 'it fixes what the plan rests on'
      : 'after it SageMaker has removed the old fleet, so there is nothing left to compare with';
  return [
    refusal({
      path: ['stages', index, stage.kind],
      about: 'key',
      found: `${form} at place ${index + 1} of ${spec.stages.length}`,
      allowed: `the ${place} stage`,
      message: `\`stages[${index}]\` (${form}) must be the ${place} stage: ${why}.`,
      remedy: ALTERNATIVES[form]?.place ?? 'Move it.',
      restsOn: [keyOf(at)],
    }),
  ];
}

function ofRouting(at: At): readonly Incompatibility[] {
  const { spec, form, index } = at;
  if (spec.routing.by === 'gateway') return [];
  return [
    refusal({
      path: keyOf(at),
      found: form,
      allowed: 'together with routing by a gateway',
      message: `\`stages[${index}]\` (${form}) needs a gateway, but the traffic is split by variant weights.`,
      remedy: ALTERNATIVES[form]?.routing ?? 'Write `routing: { gateway: s3://… }`.',
      restsOn: [['routing']],
    }),
  ];
}

function ofInstances(at: At): readonly Incompatibility[] {
  const { spec, form, index } = at;
  const places = spec.candidates.flatMap(({ instance }, candidate) => {
    const own = ['candidates', candidate, 'instance'];
    const others = (instance.alternatives ?? []).map(({ type }, i) => ({
      type,
      path: [...own, 'alternatives', i, 'type'],
    }));
    return [{ type: instance.type, path: [...own, 'type'] }, ...others];
  });
  const found = places.find(({ type }) => type.startsWith('ml.inf1.'));
  if (found === undefined) return [];
  const { type } = found;
  return [
    refusal({
      path: keyOf(at),
      found: `${form} on ${type}`,
      allowed: 'instances other than Inf1',
      message: `\`stages[${index}]\` (${form}) is not for ${type}: SageMaker leaves Inf1 out.`,
      remedy: ALTERNATIVES[form]?.inf1 ?? 'Take another instance type.',
      restsOn: [found.path],
    }),
  ];
}
