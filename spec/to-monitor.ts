import { cadenceOf } from './cadence';
import { given } from './given';
import type { MonitorSpec, RetrainingSpec } from './monitor-types';
import type { RolloutFile } from './schema';
import { MOST_LATE_WINDOWS, ripeningOf } from './ripening';
import { toSchedule } from './schedule-schema';

type FileMonitor = NonNullable<RolloutFile['monitors']>[number];

const DAY_MS = 86_400_000;
const DEFAULT_LAG_MS = 300_000;

/** Reports stand beside what is captured; no endpoint's name begins with an underscore. */
export function reportsBelow(captureTo: string): string {
  return `${captureTo}/_sluice`;
}

/** The monitors of the file in the words of the program. */
export function toMonitors(
  monitors: readonly FileMonitor[],
  { capture, groundTruth }: RolloutFile
): readonly MonitorSpec[] {
  const truth = groundTruth && { from: groundTruth.from, maturityMs: groundTruth.maturity };
  return monitors.map((file) => {
    const schedule = file.schedule === undefined ? undefined : toSchedule(file.schedule, file);
    const windowMs = file.window ?? cadenceOf(schedule?.times) ?? DAY_MS;
    const ripening = ripeningOf(file, truth);
    const captureLagMs = capture.lag ?? DEFAULT_LAG_MS;
    const lagMs = file.lag ?? (ripening?.what === 'events' ? Math.max(captureLagMs, ripening.ms) : captureLagMs);
    // A window is looked at for the last time by the last run that begins within `late` of its end.
    const untilRipeMs = ripening === null ? 0 : ripening.ms + windowMs;
    return {
      name: file.name ?? file.kind,
      kind: file.kind,
      ...given('schedule', schedule),
      ...{ windowMs, lagMs },
      lateMs: file.late ?? Math.min(Math.max(DAY_MS, untilRipeMs), MOST_LATE_WINDOWS * windowMs),
      engine: file.engine,
      instance: file.instance,
      ...given('image', file.image),
      ...(file.monitoringSchedule && { monitoringSchedule: true }),
      options: file.options,
      ...given('columns', file.columns),
      ...given('baseline', file.baseline),
      to: file.to ?? reportsBelow(capture.to),
      onViolation: [...new Set(file.onViolation)],
      cooldownMs: file.cooldown,
      ...given('webhook', file.webhook),
      publishesMetrics: file.publish,
    };
  });
}

export function toRetraining({
  webhook,
  job,
  training,
  cooldown,
}: NonNullable<RolloutFile['retraining']>): RetrainingSpec {
  if (training !== undefined) {
    const { atMost: atMostMs, ...rest } = training;
    return { how: { kind: 'training', ...rest, atMostMs }, cooldownMs: cooldown };
  }
  if (job === undefined) return { how: { kind: 'webhook', url: webhook ?? '' }, cooldownMs: cooldown };
  const { atMost: atMostMs, ...rest } = job;
  return { how: { kind: 'job', ...rest, atMostMs }, cooldownMs: cooldown };
}
