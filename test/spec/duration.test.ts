import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../spec/duration';
import { meantDuration } from '../../spec/meant-duration';

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['14d', 1_209_600_000],
    ['1h30m', 5_400_000],
    ['1m5ms', 60_005],
    ['0s', 0],
  ])('%s is read', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '10', '10 m', '1.5h', '-5m', '30m1h', '5M', '10min', 'm', '99999999999999999d'])(
    '%j is refused',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    }
  );

  test('what is formatted reads back as the same number of milliseconds', () => {
    fc.assert(
      fc.property(fc.nat({ max: 400 * 86_400_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      })
    );
  });

  test('a formatted duration has the largest units first, and only as many as asked for', () => {
    expect(formatDuration(90_000)).toBe('1m30s');
    expect(formatDuration(6 * 86_400_000 + 4 * 3_600_000 + 59_000, 2)).toBe('6d4h');
    expect(formatDuration(3_600_000 + 5)).toBe('1h5ms');
    expect(formatDuration(-1500.4)).toBe('-1s500ms');
    expect(formatDuration(0.2)).toBe('0s');
  });

  test.each([
    ['10min', '10m'],
    ['2 Hours', '2h'],
    ['90 sec', '90s'],
    ['10 minuts', '10m'],
    ['1.5h', '1h30m'],
    ['0.5s', '500ms'],
    ['2w', '14d'],
    ['5M', '5m'],
    ['ten minutes', undefined],
    ['10 bananas', undefined],
  ])('%j was meant as %j', (text, meant) => {
    expect(meantDuration(text)).toBe(meant);
  });
});
