import { FailureError } from '../sagemaker/faults';
import { putScaling, readScaling, removeScaling } from '../sagemaker/scaling';
import type { LiveEndpoint } from '../rollout';
import type { VariantScaling } from '../spec/live';
import type { AutoscalingSettings, Candidate, RolloutSpec } from '../spec/types';
import type { ActivityDeps } from './deps';
import type { NamedContext } from './types';

const RUNNING = { in: false, out: false, scheduled: false } as const;

/** The endpoint with how each of its variants is scaled, so that it can be put back as it was. */
export async function withScaling({ aws }: ActivityDeps, spec: RolloutSpec, live: LiveEndpoint): Promise<LiveEndpoint> {
  const variants = await Promise.all(
    live.variants.map(async (variant) => {
      const scaling = await readScaling(aws.autoscaling, { endpoint: spec.endpoint, variant: variant.name });
      if (scaling !== null) expectMovable(spec, variant.name, scaling);
      return scaling === null ? variant : { ...variant, scaling };
    })
  );
  return { ...live, variants };
}

/** How a candidate is to be scaled: as its file says, else as the incumbent is; null: not at all. */
export function scalingOf({ incumbent }: NamedContext, { name, autoscaling }: Candidate): VariantScaling | null {
  if (autoscaling !== undefined) return fromFile(autoscaling);
  const before = incumbent?.scaling;
  if (incumbent === null || before === undefined) return null;
  // A metric of one's own names the variant that it is about.
  const policies: VariantScaling['policies'] = before.policies.map((policy) => ({
    ...policy,
    settings: renamed(policy.settings, incumbent.variant, name),
  }));
  return { ...before, policies };
}

/**
 * While traffic moves, no candidate shrinks below what its share needs, and the incumbent does not shrink at all: it may have to take
 * everything back at once. `needed`: instances by candidate.
 */
export async function holdScaling(
  { aws }: ActivityDeps,
  context: NamedContext,
  needed: Readonly<Record<string, number>>
): Promise<void> {
  const { incumbent, spec } = context;
  const { endpoint } = spec;
  for (const candidate of spec.candidates) {
    const scaling = scalingOf(context, candidate);
    if (scaling === null) continue;
    const min = Math.min(scaling.max, Math.max(scaling.min, needed[candidate.name] ?? 0));
    await putScaling(aws.autoscaling, { endpoint, variant: candidate.name }, { ...scaling, min });
  }
  if (incumbent?.scaling === undefined) return;
  const suspended = { ...incumbent.scaling.suspended, in: true };
  await putScaling(aws.autoscaling, { endpoint, variant: incumbent.variant }, { ...incumbent.scaling, suspended });
}

/** The winner is scaled as it will stay, and all others no more, so that their variants can go. */
export async function settleScaling({ aws }: ActivityDeps, context: NamedContext, winner: Candidate): Promise<void> {
  const { incumbent, spec } = context;
  const scaling = scalingOf(context, winner);
  if (scaling !== null) await putScaling(aws.autoscaling, { endpoint: spec.endpoint, variant: winner.name }, scaling);
  await endScaling(
    aws,
    context,
    [...(incumbent === null ? [] : [incumbent.variant]), ...spec.candidates.map(({ name }) => name)].filter(
      (name) => name !== winner.name
    )
  );
}

/** No candidate is scaled any more. */
export async function withdrawScaling({ aws }: ActivityDeps, context: NamedContext): Promise<void> {
  await endScaling(
    aws,
    context,
    context.spec.candidates.map(({ name }) => name)
  );
}

/** The incumbent is scaled exactly as before the rollout. */
export async function restoreScaling({ aws }: ActivityDeps, { incumbent, spec }: NamedContext): Promise<void> {
  if (incumbent?.scaling === undefined) return;
  await putScaling(aws.autoscaling, { endpoint: spec.endpoint, variant: incumbent.variant }, incumbent.scaling);
}

async function endScaling(aws: ActivityDeps['aws'], context: NamedContext, variants: readonly string[]): Promise<void> {
  const { candidates, endpoint } = context.spec;
  if (candidates.every((candidate) => scalingOf(context, candidate) === null)) return;
  for (const variant of variants) await removeScaling(aws.autoscaling, { endpoint, variant });
}

function fromFile({ min, max, invocationsPerInstance, scheduled }: AutoscalingSettings): VariantScaling {
  return {
    min,
    max,
    suspended: RUNNING,
    policies: [
      {
        name: 'sluice-invocations-per-instance',
        type: 'TargetTrackingScaling',
        settings: {
          TargetValue: invocationsPerInstance,
          PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        },
      },
    ],
    actions: scheduled.map(({ at, ...bounds }, index) => ({ name: `sluice-${index + 1}`, schedule: at, ...bounds })),
  };
}

/** Alarms call a step policy by its ARN, which it loses when its variant goes: it can neither be moved nor put back. */
function expectMovable(
  { candidates, stages, watch }: RolloutSpec,
  variant: string,
  { policies }: VariantScaling
): void {
  // By guardrails the variant stays, and so does what hangs on it.
  if (stages.some((stage) => stage.kind === 'blueGreen' && stage.engine === 'guardrails')) return;
  const step = policies.find(({ type }) => type === 'StepScaling');
  const heirs = candidates.filter(({ autoscaling }) => autoscaling === undefined).map(({ name }) => name);
  if (step === undefined || (heirs.length === 0 && watch?.keep !== 'cold')) return;
  throw new FailureError(
    'InvalidRequest',
    heirs.length > 0
      ? `${variant} is scaled by the step policy ${step.name}, which ${heirs.join(', ')} cannot take over: alarms call it by its ARN. Write \`autoscaling\` for ${heirs.join(', ')}, or scale ${variant} by target tracking.`
      : `${variant} is scaled by the step policy ${step.name}, which could not be put back after \`watch: { keep: cold }\`. Write \`keep: warm\`, or scale ${variant} by target tracking.`
  );
}

function renamed(settings: VariantScaling['policies'][number]['settings'], from: string, to: string): typeof settings {
  return JSON.parse(
    JSON.stringify(settings, (_key, value: unknown) =>
      isVariantDimension(value) && value.Value === from ? { ...value, Value: to } : value
    )
  ) as typeof settings;
}

function isVariantDimension(value: unknown): value is { readonly Name: 'VariantName'; readonly Value: unknown } {
  return (
    typeof value === 'object' && value !== null && 'Name' in value && value.Name === 'VariantName' && 'Value' in value
  );
}
