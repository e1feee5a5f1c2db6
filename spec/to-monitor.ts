import { cadenceOf } from './cadence';
import { given } from './given';
import type { MonitorSpec, RetrainingSpec } from './monitor-types';
import type { RolloutFile } from './schema';
import { toSchedule } from './schedule-schema';

type FileMonitor = NonNullable<RolloutFile['monitors']>[number];

const DAY_MS = 86_400_000;
const DEFAULT_LAG_MS = 300_000;

/** Reports stand beside what is captured; no endpoint's name begins with an underscore. */
export function reportsBelow(captureTo: string): string {
  return `${captureTo}/_sluice`;
}

/** The monitors of the file in the words of the program. */
export function toMonitors(monitors: readonly FileMonitor[], { capture }: RolloutFile): readonly MonitorSpec[] {
  return monitors.map((file) => {
    const schedule = file.schedule === undefined ? undefined : toSchedule(file.schedule, file);
    return {
      name: file.name ?? file.kind,
      kind: file.kind,
      ...given('schedule', schedule),
      windowMs: file.window ?? cadenceOf(schedule?.times) ?? DAY_MS,
      lagMs: file.lag ?? capture.lag ?? DEFAULT_LAG_MS,
      lateMs: file.late,
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

export function toRetraining({ webhook, job, cooldown }: NonNullable<RolloutFile['retraining']>): RetrainingSpec {
  if (job === undefined) return { how: { kind: 'webhook', url: webhook ?? '' }, cooldownMs: cooldown };
  const { atMost: atMostMs, ...rest } = job;
  return { how: { kind: 'job', ...rest, atMostMs }, cooldownMs: cooldown };
}
