import { incompatibilities } from '../../spec/compat';
import type { StageForm } from '../../spec/compat-forms';
import { formatPath } from '../../spec/problem';
import type { BlueGreenByGuardrails, GuardSpec, RolloutSpec, Stage } from '../../spec/types';
import { specOf, STAGES } from './support';

export const SPEC = specOf(STAGES);
export const [ERRORS, QUALITY] = SPEC.guards;
export const ONE = SPEC.candidates[0];
export const MINUTE_MS = 60_000;

export function stage<K extends Stage['kind']>(kind: K, changes: Partial<Extract<Stage, { kind: K }>> = {}): Stage {
  const found = SPEC.stages.find((one) => one.kind === kind);
  return { ...found, ...changes } as Stage;
}

export const CANARY = stage('canary', { groups: [], until: { kind: 'decided', atMostMs: 90 * MINUTE_MS } });
export const WEIGHTS = stage('blueGreen');
export const GUARDRAILS = SPEC.stages.at(-1) as BlueGreenByGuardrails;
export const GOAL = { ...ERRORS, kind: 'goal' } as unknown as GuardSpec;

export const BY_FORM: Readonly<Record<StageForm, Stage>> = {
  canary: CANARY,
  'canary with target': stage('canary', { until: { kind: 'decided', atMostMs: 90 * MINUTE_MS } }),
  linear: stage('linear'),
  blueGreen: WEIGHTS,
  'blueGreen by guardrails': GUARDRAILS,
  shadow: stage('shadow', { engine: 'variant' }),
  'shadow by experiment': stage('shadow'),
  'shadow by gateway': stage('shadow', { engine: 'gateway' }),
  'abTest by user': stage('abTest', { by: 'user' }),
  'abTest by request': stage('abTest'),
  bandit: stage('bandit'),
  calibrate: stage('calibrate'),
  approval: stage('approval'),
};
export const FORMS = Object.keys(BY_FORM) as readonly StageForm[];

/** A sound spec of one guard and one canary by weights, changed. */
export function specWith(changes: Partial<RolloutSpec>): RolloutSpec {
  const { watch: _, ...spec } = SPEC;
  return { ...spec, guards: [ERRORS as GuardSpec], routing: { by: 'weights' }, stages: [CANARY], ...changes };
}

export function complaintsAbout(changes: Partial<RolloutSpec>): readonly string[] {
  return incompatibilities(specWith(changes)).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

export function candidates(count: number): RolloutSpec['candidates'] {
  return [ONE, ...Array.from({ length: count - 1 }, (_, i) => ({ ...ONE, name: `w${i}` }))];
}

export function guardrails(changes: Partial<BlueGreenByGuardrails>): Partial<RolloutSpec> {
  return { stages: [{ ...GUARDRAILS, ...changes }] };
}
