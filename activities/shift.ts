import type { Layout } from '../rollout';
import { instancesNeeded, variantShares } from '../rollout';
import { describeEndpoint, requestCapacity, requestShares } from '../sagemaker/endpoint';
import { FailureError } from '../sagemaker/faults';
import { publishAssignment } from './assignment';
import { awaitEndpoint } from './await-endpoint';
import type { ActivityDeps } from './deps';
import { chosenInstances } from './instances';
import { holdScaling, scalingOf } from './scaling';
import type { NamedContext } from './types';

/**
 * Makes room for what the shares will bring, then sets them. Under `routing: gateway` the assignment is what decides; the weights are set
 * all the same, because a gateway that cannot read it falls back to them.
 */
export async function shiftTraffic(deps: ActivityDeps, context: NamedContext, layout: Layout): Promise<void> {
  const { spec, incumbent } = context;
  if (incumbent === null) throw new FailureError('Internal', 'There is no incumbent to shift traffic from.');
  await makeRoom(deps, context, layout);
  await requestShares(deps.aws.sagemaker, spec.endpoint, variantShares(layout, incumbent.variant));
  await publishAssignment(deps, context, layout);
}

/**
 * Before a share grows, a candidate has at least as many instances as that share of the live fleet, and never fewer than the file says;
 * the incumbent's own count is left to whoever owns it.
 */
async function makeRoom(deps: ActivityDeps, context: NamedContext, layout: Layout): Promise<void> {
  const { spec, names, incumbent } = context;
  const description = await describeEndpoint(deps.aws.sagemaker, spec.endpoint);
  const countOf = (variant: string): number | undefined =>
    description?.ProductionVariants?.find(({ VariantName }) => VariantName === variant)?.DesiredInstanceCount;
  const fleet = countOf(incumbent?.variant ?? '') ?? 0;
  const needs: Record<string, number> = {};
  for (const candidate of spec.candidates) {
    const { name, instance } = candidate;
    const chosen = await chosenInstances(deps.aws.sagemaker, context, candidate);
    // What stands in the file beside each other is meant to carry the same load.
    const likeFirst = (fleet * chosen.count) / instance.count;
    const share = { least: chosen.count, fleet: likeFirst, sharePct: layout.sharesPct[name] ?? 0 };
    const needed = Math.min(instancesNeeded(share), scalingOf(context, candidate)?.max ?? Infinity);
    needs[name] = needed;
    // A variant that is not there at all is said by name when the shares are set.
    if ((countOf(name) ?? needed) >= needed) continue;
    await requestCapacity(deps.aws.sagemaker, spec.endpoint, { variant: name, instances: needed });
    await awaitEndpoint(deps, { endpoint: spec.endpoint, configName: names.split, sharesPct: null });
    await expectInstances(deps, spec.endpoint, { variant: name, needed });
  }
  await holdScaling(deps, context, needs);
}

/** AWS may be in service again without having found the machines. */
async function expectInstances(
  { aws }: ActivityDeps,
  endpoint: string,
  { variant, needed }: { readonly variant: string; readonly needed: number }
): Promise<void> {
  const description = await describeEndpoint(aws.sagemaker, endpoint);
  const live = description?.ProductionVariants?.find(({ VariantName }) => VariantName === variant);
  const got = live?.CurrentInstanceCount ?? 0;
  if (got < needed && (live?.DesiredInstanceCount ?? 0) < needed)
    throw new FailureError(
      'CapacityUnavailable',
      `${variant} needs ${needed} instances for its share and AWS gave ${got}: ${description?.FailureReason ?? 'no reason given'}.`
    );
}
