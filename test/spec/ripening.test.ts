import { describe, expect, test } from '@jest/globals';
import { FULL, problemsOf, specOf } from './support';

const HOUR_MS = 3_600_000;
const watched = (...monitors: readonly string[]) =>
  `${FULL}\nmonitors:\n${monitors.map((one) => `  - ${one}\n`).join('')}`;
const [monitorOf, told] = [
  (text: string) => specOf(watched(text)).monitors?.[0],
  (...texts: readonly string[]) =>
    problemsOf(watched(...texts)).map(({ path, message, remedy }) => `${path}: ${message} ${remedy}`),
];

describe('monitors that wait for labels or events', () => {
  test('are given as long as their labels need by default: a daily window is looked at again when they are ripe', () => {
    // Labels ripen after 90 minutes.
    expect(monitorOf('{ kind: modelQuality, schedule: daily }')?.lateMs).toBe(25.5 * HOUR_MS);
    expect(monitorOf('{ kind: modelQuality, schedule: hourly }')?.lateMs).toBe(24 * HOUR_MS);
    expect(monitorOf('{ kind: dataQuality, schedule: daily }')?.lateMs).toBe(24 * HOUR_MS);
    expect(monitorOf('{ kind: modelQuality, schedule: { every: 5m } }')?.lateMs).toBe(200 * 5 * 60_000);
    expect(monitorOf('{ kind: business, schedule: hourly }')?.lagMs).toBe(31 * 60_000);
  });

  test('and that would never see them are refused, each with its place and what to write', () => {
    expect(
      told(
        '{ kind: modelQuality, schedule: daily, late: 1h }',
        '{ kind: business, name: sales, schedule: hourly, lag: 10m, options: { event: sale, events: s3://e, withinMs: 7200000 } }',
        '{ kind: modelQuality, name: ripe, schedule: daily, late: 0s, lag: 2h }',
        '{ kind: dataQuality, schedule: daily, late: 0s }'
      )
    ).toEqual([
      'monitors[0].late: Windows are judged 1m30s after their end and looked at again for 1h, but labels ripen only after 1h30m: no verdict would rest on them. Write `lag: 1h30m`, or `late: 1d1h30m`.',
      'monitors[1].lag: Windows are judged 10m after their end, but calls are decided only after 2h1m: `withinMs`, and a minute in which events are written. Bets over all windows would never hear of the others. Write `lag: 2h1m`, remove it, or give the monitor a shorter `withinMs`.',
    ]);
  });
});
