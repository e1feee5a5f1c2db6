import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseSchedule } from '../../../sandbox/autoscaling/schedule';
import type { ScalingSandbox } from '../../support/sandbox/auto-scaling';
import {
  activitiesOf,
  scaledEndpoint,
  startScalingSandbox,
  targetOf,
  untilCount,
} from '../../support/sandbox/auto-scaling';
import { errorOf, until } from '../../support/sandbox/harness';

const HOUR_MS = 3_600_000;

/** The latest moment at which an expression is due in a window, as text. */
function dueIn(text: string, window: readonly [after: string, until: string], timezone?: string): string | undefined {
  const schedule = parseSchedule({ text, timezone, baseMs: Date.parse('2026-01-01T00:00:00Z'), isBaseDue: false });
  const atMs = schedule({ afterMs: Date.parse(window[0]), untilMs: Date.parse(window[1]) });
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
}

describe('schedule expressions', () => {
  test.each([
    ['at(2026-03-04T10:00:00)', undefined, '2026-03-04T10:00:00.000Z'],
    ['at(2026-03-04T10:00:00)', 'Asia/Kolkata', '2026-03-04T04:30:00.000Z'],
    ['at(2026-03-04T10:00:00)', 'America/New_York', '2026-03-04T15:00:00.000Z'],
    ['rate(5 minutes)', undefined, '2026-03-04T23:55:00.000Z'],
    ['rate(1 day)', undefined, '2026-03-04T00:00:00.000Z'],
    ['cron(15 10 * * ? *)', undefined, '2026-03-04T10:15:00.000Z'],
    ['cron(0 9 ? * MON-FRI *)', 'Europe/Berlin', '2026-03-04T08:00:00.000Z'],
    ['cron(0/20 22 4 3 ? 2026)', undefined, '2026-03-04T22:40:00.000Z'],
    ['cron(0 12 ? 3 4#1 *)', undefined, '2026-03-04T12:00:00.000Z'],
    ['cron(0 8 4W * ? *)', undefined, '2026-03-04T08:00:00.000Z'],
    ['cron(0 0 ? * FRI-WED *)', undefined, '2026-03-04T00:00:00.000Z'],
  ])('%s in %s is due on Wednesday, 4 March 2026', (text, timezone, expected) => {
    expect(dueIn(text, ['2026-03-03T23:59:30Z', '2026-03-04T23:59:59Z'], timezone)).toBe(expected);
  });

  test.each([
    ['cron(0 12 L * ? *)', '2026-02-28T12:00:00.000Z'],
    ['cron(0 12 LW * ? *)', '2026-02-27T12:00:00.000Z'],
    ['cron(0 12 ? * 6L *)', '2026-02-27T12:00:00.000Z'],
    ['cron(0 12 29 2 ? *)', undefined],
  ])('%s is due at the end of February 2026', (text, expected) => {
    expect(dueIn(text, ['2026-02-20T00:00:00Z', '2026-03-01T00:00:00Z'])).toBe(expected);
  });

  test('a wall clock that springs forward keeps the local hour, and skips the one that is not there', () => {
    const daily = 'cron(30 9 * * ? *)';
    expect(dueIn(daily, ['2026-03-28T00:00:00Z', '2026-03-28T23:00:00Z'], 'Europe/Berlin')).toBe(
      '2026-03-28T08:30:00.000Z'
    );
    expect(dueIn(daily, ['2026-03-29T00:00:00Z', '2026-03-29T23:00:00Z'], 'Europe/Berlin')).toBe(
      '2026-03-29T07:30:00.000Z'
    );
    const skipped = 'cron(30 2 29 3 ? 2026)';
    expect(dueIn(skipped, ['2026-03-28T00:00:00Z', '2026-03-30T00:00:00Z'], 'Europe/Berlin')).toBeUndefined();
  });

  test('a moment is due once: not before it, and not again after it', () => {
    const at = 'at(2026-03-04T10:00:00)';
    expect(dueIn(at, ['2026-03-04T09:00:00Z', '2026-03-04T09:59:59Z'])).toBeUndefined();
    expect(dueIn(at, ['2026-03-04T10:00:00Z', '2026-03-04T11:00:00Z'])).toBeUndefined();
  });

  test.each([
    'at(2026-03-04)',
    'at(2026-13-04T10:00:00)',
    'rate(1 minutes)',
    'rate(0 minutes)',
    'rate(5 weeks)',
    'cron(0 12 * * *)',
    'cron(0 12 * * * *)',
    'cron(0 12 ? * ? *)',
    'cron(61 12 * * ? *)',
    'cron(*/0 12 * * ? *)',
    'cron(0 12 ? * FRYDAY *)',
    'every morning',
  ])('%s is refused', (text) => {
    expect(() => dueIn(text, ['2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'])).toThrow(/is not valid/);
  });
});

describe('scheduled actions', () => {
  let box: ScalingSandbox;
  beforeAll(async () => {
    box = await startScalingSandbox();
    await scaledEndpoint(box, { name: 'e', limits: [1, 3] });
  });
  afterAll(() => box.stop());

  /** A local time of the zone, this long from the sandbox's now, as `at(…)` takes it. */
  const localTime = (fromNowMs: number, timeZone: string): string => {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    return format.format(box.sandbox.clock.now() + fromNowMs).replace(' ', 'T');
  };

  test('change the limits at their time in their zone, and the capacity follows', async () => {
    const timezone = 'Asia/Tokyo';
    await box.scaling.putScheduledAction({
      ...targetOf('e'),
      ScheduledActionName: 'campaign',
      Schedule: `at(${localTime(2 * HOUR_MS, timezone)})`,
      Timezone: timezone,
      ScalableTargetAction: { MinCapacity: 2, MaxCapacity: 6 },
    });
    box.sandbox.clock.advance(HOUR_MS);
    await box.sandbox.clock.wait(60_000);
    expect(await activitiesOf(box.scaling, 'e')).toEqual([]);
    box.sandbox.clock.advance(HOUR_MS);
    expect(await untilCount(box, 'e', 2)).toBe(2);
    const { ScalableTargets } = await box.scaling.describeScalableTargets({ ServiceNamespace: 'sagemaker' });
    expect(ScalableTargets?.[0]).toMatchObject({ MinCapacity: 2, MaxCapacity: 6 });
    const activities = await activitiesOf(box.scaling, 'e');
    expect(activities.map(({ Cause, Description }) => [Cause, Description])).toEqual([
      ['minimum capacity was set to 2', 'Setting desired instance count to 2.'],
      ['scheduled action name campaign was triggered', 'Setting min capacity to 2 and max capacity to 6'],
    ]);
  });

  test('recur until their end, and not while they are suspended', async () => {
    const now = box.sandbox.clock.now();
    await box.scaling.putScheduledAction({
      ...targetOf('e'),
      ScheduledActionName: 'hourly',
      Schedule: 'rate(1 hour)',
      EndTime: new Date(now + 3.5 * HOUR_MS),
      ScalableTargetAction: { MinCapacity: 1, MaxCapacity: 1 },
    });
    const fired = async () =>
      (await activitiesOf(box.scaling, 'e')).filter(({ Cause }) => Cause?.includes('hourly')).length;
    await box.scaling.registerScalableTarget({
      ...targetOf('e'),
      SuspendedState: { ScheduledScalingSuspended: true },
    });
    box.sandbox.clock.advance(HOUR_MS + 1_000);
    await box.sandbox.clock.wait(60_000);
    expect(await fired()).toBe(0);
    await box.scaling.registerScalableTarget({
      ...targetOf('e'),
      SuspendedState: { ScheduledScalingSuspended: false },
    });
    box.sandbox.clock.advance(HOUR_MS);
    await until(async () => (await fired()) === 1);
    expect(await untilCount(box, 'e', 1)).toBe(1);
    box.sandbox.clock.advance(HOUR_MS);
    await until(async () => (await fired()) === 2);
    box.sandbox.clock.advance(24 * HOUR_MS);
    await box.sandbox.clock.wait(60_000);
    expect(await fired()).toBe(2);
  });

  test('are described, changed in part and deleted', async () => {
    const at = { ...targetOf('e'), ScheduledActionName: 'night' };
    await box.scaling.putScheduledAction({
      ...at,
      Schedule: 'cron(0 22 * * ? *)',
      Timezone: 'Europe/Berlin',
      ScalableTargetAction: { MinCapacity: 1 },
    });
    await box.scaling.putScheduledAction({ ...at, Schedule: 'cron(0 23 * * ? *)' });
    const described = await box.scaling.describeScheduledActions({
      ServiceNamespace: 'sagemaker',
      ScheduledActionNames: ['night'],
    });
    expect(described.ScheduledActions).toEqual([
      {
        ...at,
        ScheduledActionARN: expect.stringMatching(
          /:scheduledAction:[^:]+:resource\/sagemaker\/endpoint\/e\/variant\/v:scheduledActionName\/night$/
        ),
        Schedule: 'cron(0 23 * * ? *)',
        Timezone: 'Europe/Berlin',
        ScalableTargetAction: { MinCapacity: 1 },
        CreationTime: expect.any(Date),
      },
    ]);
    await box.scaling.deleteScheduledAction(at);
    expect((await errorOf(box.scaling.deleteScheduledAction(at))).name).toBe('ObjectNotFoundException');
  });

  test.each([
    [{ Schedule: 'cron(0 22 * * *)' }, /Schedule expression is not valid/],
    [{ Timezone: 'Europe/Atlantis' }, /Time zone is not valid/],
    [{ ScalableTargetAction: {} }, /MinCapacity, MaxCapacity, or both/],
    [{ ScalableTargetAction: { MinCapacity: 3, MaxCapacity: 2 } }, /less than minimum/],
    [{ StartTime: new Date(2e12), EndTime: new Date(1.9e12) }, /EndTime must be after StartTime/],
  ])('%j is refused and leaves nothing behind', async (wrong, message) => {
    const at = { ...targetOf('e'), ScheduledActionName: 'wrong' };
    const right = { Schedule: 'rate(1 day)', ScalableTargetAction: { MinCapacity: 1 } };
    const error = await errorOf(box.scaling.putScheduledAction({ ...at, ...right, ...wrong }));
    expect(error.name).toBe('ValidationException');
    expect(error.message).toMatch(message);
    const { ScheduledActions } = await box.scaling.describeScheduledActions({
      ServiceNamespace: 'sagemaker',
      ScheduledActionNames: ['wrong'],
    });
    expect(ScheduledActions).toEqual([]);
  });
});
