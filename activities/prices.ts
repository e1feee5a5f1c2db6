import { pricesIn } from '../report/price-table';
import type { KnownPrices, LiveEndpoint } from '../rollout';
import type { RolloutSpec } from '../spec/types';
import type { ActivityDeps } from './deps';

/** Prices, where the endpoint is, of every instance type that this rollout may use: fixed at its beginning, so that its accounts rest on one table. */
export async function knownPrices(
  { aws, prices }: ActivityDeps,
  { candidates }: RolloutSpec,
  live: LiveEndpoint | null
): Promise<KnownPrices> {
  const own = live?.variants.map(({ instanceType }) => instanceType) ?? [];
  const others = candidates.flatMap(({ instance }) => [instance, ...(instance.alternatives ?? [])]);
  return pricesIn(prices, {
    region: await aws.sagemaker.config.region(),
    types: [...own, ...others.map(({ type }) => type)],
  });
}
