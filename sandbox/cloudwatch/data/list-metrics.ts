import type { ListMetricsInput, ListMetricsOutput } from '@aws-sdk/client-cloudwatch';
import type { SandboxClock } from '../../ports';
import { invalid } from '../errors';
import type { MetricStore } from '../store/metric-store';
import { toWire } from './dimensions';
import { pageOf } from './page';

const PAGE = 500;
const ACTIVE_SECONDS = 3 * 3600;
/** Metrics without newer data are not listed. */
const LISTED_SECONDS = 14 * 86_400;

export function listMetrics(
  input: ListMetricsInput,
  { store, clock }: { readonly store: MetricStore; readonly clock: SandboxClock }
): ListMetricsOutput {
  if (input.RecentlyActive !== undefined && input.RecentlyActive !== 'PT3H') {
    throw invalid('The parameter RecentlyActive must be PT3H.');
  }
  const maxAge = input.RecentlyActive === undefined ? LISTED_SECONDS : ACTIVE_SECONDS;
  const oldest = Math.floor(clock.now() / 1000) - maxAge;
  const wanted = input.Dimensions ?? [];
  const found = new Map<string, NonNullable<ListMetricsOutput['Metrics']>[number]>();
  for (const { identity, lastSecond } of store.select({ namespace: input.Namespace, name: input.MetricName })) {
    const matches = wanted.every(({ Name, Value }) =>
      identity.dimensions.some(([name, value]) => name === Name && (Value === undefined || value === Value))
    );
    if (!matches || lastSecond < oldest) continue;
    // One metric is listed once, in however many units it was put.
    found.set(JSON.stringify([identity.namespace, identity.name, identity.dimensions]), {
      Namespace: identity.namespace,
      MetricName: identity.name,
      Dimensions: toWire(identity.dimensions),
    });
  }
  const { items, ...next } = pageOf([...found.values()], { token: input.NextToken, size: PAGE });
  return { Metrics: [...items], ...next };
}
