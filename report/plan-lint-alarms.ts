import { rungsOf } from '../rollout';
import type { RolloutSpec } from '../spec/types';
import type { AlarmFacts, PlanInput } from './plan-input';
import type { PlanFinding } from './plan-view';
import { duration } from './words';

/** Each request adds 0 or 1 to these, so that their average never exceeds 1. */
const FRACTIONS = ['Invocation4XXErrors', 'Invocation5XXErrors', 'InvocationModelErrors'];

/** Alarms that the file names and that are not there, or could never go off because of this rollout. */
export function alarmFindings({ spec, live }: PlanInput): readonly PlanFinding[] {
  return (live?.alarms ?? []).flatMap((alarm): readonly PlanFinding[] => {
    const objection = objectionTo(alarm, spec);
    return objection === null ? [] : [{ ...objection, place: `alarm ${alarm.name}` }];
  });
}

function objectionTo(alarm: AlarmFacts, spec: RolloutSpec): Omit<PlanFinding, 'place'> | null {
  const { metric, exists } = alarm;
  if (!exists)
    return { level: 'error', what: 'There is no alarm of this name.', remedy: 'Create it, or correct the name.' };
  const never = cannotFire(alarm);
  if (never !== null) return { level: 'error', what: `It can never go off: ${never}`, remedy: 'Correct the alarm.' };
  if (metric === null) return null;
  const longestMs = Math.max(0, ...rungsOf(spec).map((rung) => (rung.kind === 'hold' ? rung.until.atMostMs : 0)));
  if (longestMs > 0 && metric.needsMs > longestMs) {
    const what = `It needs ${duration(metric.needsMs)} of bad data, and no stage is longer than ${duration(longestMs)}.`;
    return { level: 'warning', what, remedy: 'Shorten its periods, or hold a share for longer.' };
  }
  const { EndpointName: endpoint, VariantName: variant } = metric.dimensions;
  if (endpoint !== undefined && endpoint !== spec.endpoint)
    return {
      level: 'warning',
      what: `It looks at endpoint ${endpoint}, not at ${spec.endpoint}.`,
      remedy: 'Name another alarm.',
    };
  if (variant === undefined || spec.candidates.some(({ name }) => name === variant)) return null;
  const what = `It looks at variant ${variant}, which is no candidate: it does not see what is rolled out.`;
  return { level: 'warning', what, remedy: 'Let it look at the whole endpoint, or at the candidate.' };
}

function cannotFire({ metric }: AlarmFacts): string | null {
  if (metric === null || metric.statistic !== 'Average' || !FRACTIONS.includes(metric.name)) return null;
  const isAbove = metric.comparison === 'GreaterThanThreshold' && metric.threshold >= 1;
  const isAtLeast = metric.comparison === 'GreaterThanOrEqualToThreshold' && metric.threshold > 1;
  return isAbove || isAtLeast
    ? `the average of ${metric.name} is a fraction of requests and never above 1, and its threshold is ${metric.threshold}.`
    : null;
}
