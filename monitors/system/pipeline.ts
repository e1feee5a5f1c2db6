import { formatCount } from '../../guards/wording';
import type { Check } from '../types';
import type { PipelineEvidence, SystemLimits } from './types';

const minutesText = (ms: number): string => `${formatCount(ms / 60_000)} min`;

/** Whether those who watch are themselves well: runs, workers, schedules. */
export function judgePipeline(
  { runs, workers, schedules }: PipelineEvidence,
  { limits, asOfMs }: { readonly limits: SystemLimits; readonly asOfMs: number }
): readonly Check[] {
  const base = { interval: null, threshold: 0 } as const;
  const bad = runs.flatMap((run) => {
    const lateMs = (run.startedMs ?? asOfMs) - run.dueMs;
    if (run.status === 'failed') return [`${run.name} of ${new Date(run.dueMs).toISOString()} failed`];
    if (run.status === 'missed') return [`${run.name} of ${new Date(run.dueMs).toISOString()} never ran`];
    return lateMs > limits.lateMs
      ? [
          `${run.name} of ${new Date(run.dueMs).toISOString()} ${run.startedMs === null ? 'is' : 'was'} ${minutesText(lateMs)} late`,
        ]
      : [];
  });
  const alone = workers.filter(({ pollers }) => pollers === 0);
  const halted = schedules.flatMap(({ id, paused, missedCatchUp, skippedOverlap }) => {
    if (paused) return [`${id} is paused`];
    if (missedCatchUp > 0) return [`${id} has missed ${formatCount(missedCatchUp)} runs`];
    return skippedOverlap > 0
      ? [`${id} has skipped ${formatCount(skippedOverlap)} runs, because the last one took too long`]
      : [];
  });
  return [
    {
      ...base,
      subject: 'runs',
      check: 'pipeline_run_check',
      verdict: bad.length > 0 ? 'fail' : runs.length === 0 ? 'inconclusive' : 'pass',
      value: bad.length,
      reason: runs.length === 0 ? 'no run was due' : (bad[0] ?? `${formatCount(runs.length)} runs were in time`),
      extras: { runs: runs.length, bad },
    },
    {
      ...base,
      subject: 'workers',
      check: 'pipeline_worker_check',
      verdict: workers.length === 0 || alone.length > 0 ? 'fail' : 'pass',
      value: alone.length,
      reason:
        workers.length === 0
          ? 'no task queue is known'
          : alone.length > 0
            ? `nobody polls ${alone.map(({ taskQueue }) => taskQueue).join(', ')}: start \`sluice worker\``
            : `${formatCount(workers.reduce((sum, { pollers }) => sum + pollers, 0))} pollers on ${formatCount(workers.length)} task queues`,
    },
    {
      ...base,
      subject: 'schedules',
      check: 'pipeline_schedule_check',
      verdict: halted.length > 0 ? 'fail' : 'pass',
      value: halted.length,
      reason: halted[0] ?? `${formatCount(schedules.length)} schedules run`,
      extras: { halted },
    },
  ];
}
