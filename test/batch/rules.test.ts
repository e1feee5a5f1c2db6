import { describe, expect, test } from '@jest/globals';
import { dataWindow, filled, nominalOf, scheduleViolations } from '../../batch';
import type { ScheduledRun } from '../../batch';

const HOUR_MS = 3_600_000;
const at = (iso: string): number => Date.parse(iso);

describe('the data window of a run', () => {
  test.each([
    ['the day before, in the zone', '2026-11-28T01:00:00Z', 'Europe/Berlin', 24, '2026-11-27'],
    ['a day of 25 hours is one day', '2026-10-26T01:00:00Z', 'Europe/Berlin', 24, '2026-10-25'],
    ['a day of 23 hours is one day', '2026-03-29T22:30:00Z', 'Europe/Berlin', 24, '2026-03-29'],
    ['hours are taken off as time', '2026-11-28T01:00:00Z', 'UTC', 2, '2026-11-27'],
    ['months and years end', '2027-01-01T02:00:00Z', 'UTC', 24, '2026-12-31'],
  ])('%s', (_, nominal, timezone, lagHours, date) => {
    const window = dataWindow(at(nominal), { timezone, lagMs: lagHours * HOUR_MS });
    expect(filled('s3://a/{date}/{yyyy}{mm}{dd}', window)).toBe(`s3://a/${date}/${date.replaceAll('-', '')}`);
  });

  test.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati'])(
    'a run by hand for a date is about that date, on every day of a year in %s',
    (timezone) => {
      for (const lagMs of [0, 24 * HOUR_MS, 26 * HOUR_MS])
        for (let day = 0; day < 365; day += 1) {
          const date = new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
          const window = dataWindow(nominalOf(date, { timezone, lagMs }), { timezone, lagMs });
          expect(window.places['date']).toBe(date);
        }
    }
  );
});

describe('what is late or missing', () => {
  const due = at('2026-11-28T02:00:00Z');
  const of = (runs: readonly Partial<ScheduledRun>[], nowMs = due + 5 * HOUR_MS) =>
    scheduleViolations({
      ...{ expectedMs: [due], nowMs, withinMs: 4 * HOUR_MS, startWithinMs: 300_000, jitterMs: 0, skipsOverlaps: true },
      runs: runs.map((run) => ({
        id: 'run',
        nominalMs: due,
        startedMs: due,
        begunMs: due,
        published: null,
        endedMs: due + 1,
        status: 'done',
        ...run,
      })),
    }).map(({ kind }) => kind);

  test.each([
    ['published in time', [{}], []],
    ['never run', [], ['missing']],
    ['begun too late', [{ begunMs: due + HOUR_MS, endedMs: due + HOUR_MS }], ['startedLate']],
    [
      'started, but taken up by no worker',
      [{ begunMs: null, endedMs: null, status: 'running' } as const],
      ['startedLate', 'notDoneInTime'],
    ],
    [
      'skipped, as another ran',
      [{ nominalMs: due - HOUR_MS, startedMs: due - HOUR_MS, endedMs: due + 1 }],
      ['skipped'],
    ],
    ['done too late', [{ endedMs: due + 5 * HOUR_MS }], ['notDoneInTime']],
    ['still running after its time', [{ status: 'running', endedMs: null } as const], ['notDoneInTime']],
    ['failed', [{ status: 'failed' } as const], ['failed']],
    ['failed, then made good in time', [{ status: 'failed' } as const, {}], []],
    ['stopped by a person', [{ status: 'stopped' } as const], ['failed']],
  ])('%s', (_, runs, kinds) => {
    expect(of(runs)).toEqual(kinds);
  });

  test('what is due this minute is not missing yet', () => {
    expect(of([], due + 60_000)).toEqual([]);
  });
});
