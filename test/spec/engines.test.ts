import { describe, expect, test } from '@jest/globals';
import { monitoringTimes } from '../../spec/cadence';
import { engineIncompatibilities } from '../../spec/compat-engines';
import type { ScheduleSettings } from '../../spec/schedule-types';
import type { MonitorSpec } from '../../spec/types';
import { FULL, specOf } from './support';

const WATCHED = `${FULL}\nmonitors:\n  - { kind: dataQuality, engine: modelMonitor, options: { exclude: [id] } }\n`;

function said(changes: Partial<MonitorSpec>): readonly string[] {
  const [monitor] = specOf(WATCHED).monitors ?? [];
  if (!monitor) throw new Error('there is none');
  return engineIncompatibilities({ ...monitor, ...changes }, []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`
  );
}

describe('engine: modelMonitor', () => {
  test('is accepted for what Model Monitor’s image does, without an image of one’s own', () => {
    expect(said({})).toEqual([]);
    const schedule: ScheduleSettings = {
      times: { kind: 'cron', expressions: ['0 */6 * * *'] },
      timezone: 'UTC',
      jitterMs: 0,
      overlap: 'skip',
      catchUpWindowMs: 0,
      pauseOnFailure: true,
    };
    expect(said({ monitoringSchedule: true, schedule, windowMs: 6 * 3_600_000 })).toEqual([]);
    expect(monitoringTimes(schedule)?.expression).toBe('cron(0 0/6 ? * * *)');
  });

  test.each<readonly [string, Partial<MonitorSpec>, string]>([
    [
      'a kind that it does not do',
      { kind: 'conceptDrift', options: {} },
      'engine: `engine: modelMonitor` does dataQuality, modelQuality, bias, attribution, not conceptDrift',
    ],
    ['columns by path', { columns: [{ name: 'a', from: 'input', path: '$.a' }] }, 'columns: '],
    ['times that SageMaker has not', { monitoringSchedule: true }, 'monitoringSchedule: SageMaker'],
    [
      'another engine for SageMaker’s schedules',
      { engine: 'worker', monitoringSchedule: true },
      'monitoringSchedule: SageMaker',
    ],
    ['several instances', { instance: { type: 'ml.m5.large', count: 2 } }, 'instance.count: '],
    ['an option of ours of bias', { kind: 'bias', options: { facet: [], seed: 5 } }, 'options.seed: SageMaker'],
    ['an option of ours', { options: { minRows: 5 } }, 'options.minRows: SageMaker'],
  ])('refuses %s by name', (_what, changes, message) => {
    expect(said(changes)).toEqual([expect.stringContaining(message)]);
  });
});
