import type { AlarmState } from './types';

export const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
export type Treatment = (typeof TREATMENTS)[number];

/** One window of an alarm's metric: within the threshold, beyond it, or without data. */
export type Point = 'ok' | 'breaching' | 'missing';

/** More windows than the evaluation periods are looked at, in case some are missing: five for three, as in the guide's tables. */
export const EXTRA_WINDOWS = 2;

/**
 * The state that M of N asks for, after "Configuring how CloudWatch alarms treat missing data" in the user guide.
 * `points` are oldest first, N + {@link EXTRA_WINDOWS} of them. `retain` means: stay as you are.
 */
export function judge(
  points: readonly Point[],
  rule: { readonly evaluationPeriods: number; readonly datapointsToAlarm: number; readonly treatment: Treatment }
): AlarmState | 'retain' {
  const { evaluationPeriods, datapointsToAlarm, treatment } = rule;
  const real = points.filter((point) => point !== 'missing').slice(-evaluationPeriods);
  const breaching = real.filter((point) => point === 'breaching').length;
  const filled = evaluationPeriods - real.length;
  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (filled <= 0) return 'OK';
  switch (treatment) {
    case 'breaching':
      return breaching + filled >= datapointsToAlarm ? 'ALARM' : 'OK';
    case 'notBreaching':
      return 'OK';
    case 'ignore':
      return breaching === real.length ? 'retain' : 'OK';
    case 'missing':
      if (real.length === 0) return 'INSUFFICIENT_DATA';
      return isPremature(points, datapointsToAlarm) ? 'ALARM' : 'OK';
  }
}

/**
 * Few points can suffice: when all there are breach and the oldest is at least as old as the datapoints to alarm,
 * nothing that is still to come could make it fewer ("avoiding premature transitions").
 */
function isPremature(points: readonly Point[], datapointsToAlarm: number): boolean {
  const oldest = points.findIndex((point) => point !== 'missing');
  return !points.includes('ok') && points.length - oldest >= datapointsToAlarm;
}
