import type { Layout, SideHealth, Sides } from '../rollout';
import { describeEndpoint } from '../sagemaker/endpoint';
import { FailureError } from '../sagemaker/faults';
import type { ActivityDeps } from './deps';
import { armSources } from './evidence/arm-source';
import { readCounts } from './evidence/counts';
import { ticksBetween } from './evidence/ticks';
import type { NamedContext } from './types';

/** Ticks that are looked back on: what was true minutes ago says little about now. */
const LAST_TICKS = 5;
/** Below this many requests a rate says nothing, and instances in service are the only sign. */
const LEAST_REQUESTS = 20;
/** A side that fails more often than this serves nobody well, whatever the cause. */
const UNHEALTHY_RATE = 0.5;

/** How well the incumbent and the candidate serve right now, by their instances and their last closed ticks. */
export async function assess(deps: ActivityDeps, context: NamedContext, layout: Layout): Promise<Sides> {
  const { spec, incumbent } = context;
  if (incumbent === null) throw new FailureError('Internal', 'There is no incumbent to return to.');
  const candidate = mostServed(layout) ?? spec.candidates[0].name;
  const variants = [incumbent.variant, candidate];
  const sources = armSources(context, layout);
  const nowMs = deps.now();
  const description = await describeEndpoint(deps.aws.sagemaker, spec.endpoint);
  if (description === null) throw new FailureError('OutsideChange', `Endpoint ${spec.endpoint} is gone.`);
  const counts = await readCounts(
    { objects: deps.objects, cloudwatch: deps.aws.cloudwatch },
    { spec, variants, fromMs: nowMs - 3 * LAST_TICKS * spec.tickMs, nowMs, sources }
  );
  const ticks = ticksBetween(counts.closedMs - LAST_TICKS * spec.tickMs, counts.closedMs, spec.tickMs);
  const sideOf = (variant: string): SideHealth => {
    const totals = ticks.map((tick) => counts.totals(tick).get(variant));
    const requests = totals.reduce((sum, one) => sum + (one?.requests ?? 0), 0);
    const failed = totals.reduce((sum, one) => sum + (one?.errors5xx ?? 0), 0);
    const live = description.ProductionVariants?.find(
      ({ VariantName }) => VariantName === (sources[variant]?.variant ?? variant)
    );
    return healthOf({ variant, instances: live?.CurrentInstanceCount ?? 0, requests, failed });
  };
  // After a cold promotion the incumbent is not up at all, and under guardrails SageMaker keeps it; its config is the way back.
  const isGone = layout.kind === 'single';
  const back = { ...sideOf(incumbent.variant), variant: incumbent.version };
  return {
    incumbent: isGone ? { ...back, isHealthy: true, reason: 'comes back with its config' } : back,
    candidate: sideOf(candidate),
  };
}

function healthOf(side: Pick<SideHealth, 'variant' | 'instances' | 'requests' | 'failed'>): SideHealth {
  const { instances, requests, failed } = side;
  const failsOften = requests >= LEAST_REQUESTS && failed / requests > UNHEALTHY_RATE;
  const reason = `${instances} instances in service, ${failed} of ${requests} requests failed in the last ${LAST_TICKS} ticks`;
  return { ...side, isHealthy: instances > 0 && !failsOften, reason };
}

function mostServed({ sharesPct }: Layout): string | undefined {
  return Object.entries(sharesPct).sort(([, a], [, b]) => b - a)[0]?.[0];
}
