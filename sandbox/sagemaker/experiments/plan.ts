import type { InferenceExperimentSchedule } from '@aws-sdk/client-sagemaker';
import { validationException } from '../../wire/errors';
import type { Checked } from '../../wire/types';
import type { SageMakerContext } from '../context';
import { assertConfig } from '../endpoint-configs';
import type { EndpointRecord } from '../records';
import { shadowConfig } from './configs';
import { standing } from './ending';
import type { ExperimentRecord } from './records';
import { samplingPct, variantNames } from './records';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 7;
const MAX_DAYS = 30;

/** Refuses at the call what SageMaker refuses of an experiment on this endpoint. Throws ValidationException. */
export function assertPlan(context: SageMakerContext, plan: ExperimentRecord, endpoint: EndpointRecord): void {
  const { production, shadow } = variantNames(plan);
  const names = plan.variants.map(({ VariantName: name }) => name);
  const missing = [production, shadow].filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw validationException(
      `ShadowModeConfig names variants that are not in ModelVariants: "${missing.join('", "')}".`
    );
  if (production === shadow || names.length !== 2 || names[0] === names[1])
    throw validationException(
      'ModelVariants must have exactly one production variant and one shadow variant, of different names.'
    );
  if (samplingPct(plan) < 0) throw validationException('SamplingPercentage must be between 0 and 100.');
  for (const { VariantName: name, InfrastructureConfig: infrastructure } of plan.variants) {
    const { InstanceType: type, InstanceCount: count } = infrastructure.RealTimeInferenceConfig;
    if (count < 1) throw validationException(`InstanceCount of variant "${name}" must be at least 1.`);
    if (type.startsWith('ml.inf1.'))
      throw validationException(`Inference experiments are not supported on ${type} instances (variant "${name}").`);
  }
  const found = standing(context, endpoint, plan);
  if ('refusal' in found) throw validationException(found.refusal);
  assertConfig(context, shadowConfig(context, plan, found.config).input);
}

/** When an experiment runs: at once and for 7 days unless said otherwise, for 30 days at most. Throws ValidationException. */
export function scheduleOf(
  schedule: Checked<InferenceExperimentSchedule> | undefined,
  former: { readonly nowMs: number; readonly startMs?: number; readonly endMs?: number }
): { readonly startMs: number; readonly endMs: number } {
  const { nowMs } = former;
  const startMs =
    schedule?.StartTime === undefined ? (former.startMs ?? nowMs) : Math.max(schedule.StartTime.getTime(), nowMs);
  const endMs = schedule?.EndTime?.getTime() ?? former.endMs ?? startMs + DEFAULT_DAYS * DAY_MS;
  if (endMs <= Math.max(startMs, nowMs))
    throw validationException('The EndTime of the Schedule must be in the future and after its StartTime.');
  if (endMs - startMs > MAX_DAYS * DAY_MS)
    throw validationException(`An inference experiment can run for ${MAX_DAYS} days at most.`);
  return { startMs, endMs };
}
