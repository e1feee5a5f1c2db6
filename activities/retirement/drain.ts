import { describeEndpoint } from '../../sagemaker/endpoint';
import type { RetirementRequest } from '../../rollout';
import type { ActivityDeps } from '../deps';
import { MINUTE_MS, readMetricData, variantDimensions } from '../evidence/metric-data';

const POLL_MS = 15_000;
/** CloudWatch's last two minutes are not complete yet. */
const SETTLING_MS = 2 * MINUTE_MS;

/** Waits until the variants of an endpoint have counted no invocation for `quietMs`; an endpoint that is gone is quiet. */
export async function drainEndpoint(
  deps: Pick<ActivityDeps, 'aws' | 'now' | 'heartbeat' | 'sleep'>,
  input: { readonly endpoint: string } & NonNullable<RetirementRequest['drain']>
): Promise<{ readonly isQuiet: boolean; readonly requests: number }> {
  const untilMs = deps.now() + input.atMostMs;
  for (;;) {
    const requests = await requestsLately(deps, input.endpoint, input.quietMs);
    if (requests === 0) return { isQuiet: true, requests };
    if (deps.now() >= untilMs) return { isQuiet: false, requests };
    deps.heartbeat(`${requests} requests lately`);
    await deps.sleep(Math.max(0, Math.min(POLL_MS, untilMs - deps.now())));
  }
}

async function requestsLately(
  { aws, now }: Pick<ActivityDeps, 'aws' | 'now'>,
  endpoint: string,
  quietMs: number
): Promise<number> {
  const description = await describeEndpoint(aws.sagemaker, endpoint);
  const variants = (description?.ProductionVariants ?? []).flatMap(({ VariantName }) => VariantName ?? []);
  const toMs = Math.ceil(now() / MINUTE_MS) * MINUTE_MS;
  const series = await readMetricData(aws.cloudwatch, {
    queries: variants.map((variant, i) => ({
      Id: `calls${i}`,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/SageMaker',
          MetricName: 'Invocations',
          Dimensions: variantDimensions(endpoint, variant),
        },
        Period: MINUTE_MS / 1_000,
        Stat: 'Sum',
      },
    })),
    fromMs: toMs - quietMs - SETTLING_MS,
    toMs,
  });
  return [...series.values()].flatMap((points) => [...points.values()]).reduce((sum, n) => sum + n, 0);
}
