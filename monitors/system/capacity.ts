import { formatCount, formatNumber } from '../../guards/wording';
import type { Check } from '../types';
import type { MinuteMetrics, ScalingActivity, SystemLimits, VariantEvidence } from './types';

/** Minutes beyond a limit that are more than a spike: a tenth of the window, and three. */
const isLasting = (beyond: number, minutes: number): boolean => beyond >= 3 && beyond >= minutes / 10;

/** Processor, memory, disk and invocations of an instance against what it can take. */
export function judgeSaturation(evidence: VariantEvidence, limits: SystemLimits): readonly Check[] {
  const { variant, minutes, scaling, instances } = evidence;
  const cpuLimit = limits.vCpus === null ? null : limits.cpuPct * limits.vCpus;
  const target = scaling?.target ?? null;
  const own: readonly {
    readonly name: string;
    readonly limit: number | null;
    readonly read: (minute: MinuteMetrics) => number | null;
  }[] = [
    { name: 'cpu', limit: cpuLimit, read: ({ cpuPct }) => cpuPct },
    { name: 'memory', limit: limits.memoryPct, read: ({ memoryPct }) => memoryPct },
    { name: 'disk', limit: limits.diskPct, read: ({ diskPct }) => diskPct },
    // Above the target with room to grow is what scaling is for; without room it is the end.
    {
      name: 'invocations_per_instance',
      limit: scaling !== null && instances.current >= scaling.max ? target : null,
      read: ({ invocationsPerInstance }) => invocationsPerInstance,
    },
  ];
  return own.flatMap(({ name, limit, read }): readonly Check[] => {
    if (limit === null) return [];
    const values = minutes.map(read).filter((value) => value !== null);
    const beyond = values.filter((value) => value > limit).length;
    const highest = values.reduce((most, value) => Math.max(most, value), -Infinity);
    const base = { subject: variant, check: `${name}_saturation_check`, interval: null, threshold: limit };
    if (values.length === 0)
      return [{ ...base, verdict: 'inconclusive', value: null, reason: `${variant}: no data of ${name}` }];
    const fails = isLasting(beyond, values.length);
    return [
      {
        ...base,
        verdict: fails ? 'fail' : 'pass',
        value: highest,
        reason:
          `${variant}: ${name} was above ${formatNumber(limit)} in ${formatCount(beyond)} of ${formatCount(values.length)} minutes, ` +
          `${formatNumber(highest)} at most, on ${formatCount(instances.current)} instances`,
      },
    ];
  });
}

/** Activities that failed, and capacity that goes up and down for nothing. */
export function judgeScaling(
  { variant, scaling }: VariantEvidence,
  p: { readonly activities: readonly ScalingActivity[]; readonly limits: SystemLimits; readonly hours: number }
): readonly Check[] {
  if (scaling === null) return [];
  const own = p.activities.filter((one) => one.variant === variant);
  const failed = own.filter(({ status }) => status === 'Failed' || status === 'Overridden' || status === 'Unfulfilled');
  const allowed = Math.max(p.limits.scalingsPerHour, p.limits.scalingsPerHour * p.hours);
  const [first] = failed;
  const durations = own.flatMap(({ startMs, endMs, status }) =>
    endMs === null || status !== 'Successful' ? [] : [endMs - startMs]
  );
  const longestMs = durations.reduce((most, one) => Math.max(most, one), 0);
  const said = `${variant}: ${formatCount(own.length)} scaling activities, ${formatCount(failed.length)} of them failed`;
  return [
    {
      subject: variant,
      check: 'scaling_check',
      verdict: failed.length > 0 || own.length > allowed ? 'fail' : 'pass',
      value: own.length,
      interval: null,
      threshold: allowed,
      reason:
        first !== undefined
          ? `${said}: ${first.cause}`
          : own.length > allowed
            ? `${said}; more than ${formatNumber(allowed)} means that it goes back and forth`
            : `${said}; at most ${formatNumber(allowed)} are usual`,
      // What a cold start of an instance takes: from the decision to instances in service.
      extras: { failed: failed.length, longestMs },
    },
  ];
}
