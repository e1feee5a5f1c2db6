import type { DescribeEndpointCommandOutput, DescribeEndpointConfigCommandOutput } from '@aws-sdk/client-sagemaker';
import { shiftSteps } from '../rollout';
import { FailureError } from '../sagemaker/faults';
import type { BlueGreenByGuardrails } from '../spec/types';

const INSTEAD = 'write `engine: weights`';

/**
 * What SageMaker's guardrails cannot do with the fleet that runs now, before anything is changed: they shift whole instances, and fall back
 * to all at once without saying so, or refuse, for some kinds of endpoints. Throws `InvalidRequest` with the alternative.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
 */
export function expectWithinLimits(
  stage: BlueGreenByGuardrails,
  live: {
    readonly variant: string;
    readonly description: DescribeEndpointCommandOutput;
    readonly config: DescribeEndpointConfigCommandOutput;
  }
): void {
  const { variant, description, config } = live;
  const configured = config.ProductionVariants?.find(({ VariantName }) => VariantName === variant);
  const refuse = (what: string, instead: string): never => {
    throw new FailureError('InvalidRequest', `SageMaker’s guardrails cannot take ${variant}: ${what}; ${instead}.`);
  };
  if (configured?.ServerlessConfig !== undefined && stage.shift.kind !== 'allAtOnce')
    refuse('it is serverless, so it has no instances to shift', 'write `shift: allAtOnce`');
  if (configured?.InstanceType?.startsWith('ml.inf1.') === true)
    refuse(`${configured.InstanceType} is replaced all at once and without a bake`, INSTEAD);
  if (configured !== undefined && configured.ModelName === undefined)
    refuse('it hosts inference components', 'roll them out by SageMaker’s rolling update');
  if ((config.ShadowProductionVariants ?? []).length > 0) refuse('it has a shadow variant', 'remove that first');
  const { shift } = stage;
  if (shift.kind === 'allAtOnce') return;
  const running = description.ProductionVariants?.find(({ VariantName }) => VariantName === variant);
  const instances = running?.DesiredInstanceCount ?? 0;
  const [pct] = shiftSteps(shift);
  if (pct === undefined || (pct * instances) / 100 >= 1) return;
  const smallestPct = Math.ceil(100 / Math.max(1, instances));
  refuse(
    `\`${shift.kind}: ${pct}%\` of ${instances} live ${instances === 1 ? 'instance' : 'instances'} is less than one`,
    smallestPct <= 50
      ? `write \`${shift.kind}: ${smallestPct}%\` or more, or ${INSTEAD}`
      : `write \`shift: allAtOnce\`, run more instances, or ${INSTEAD}`
  );
}
