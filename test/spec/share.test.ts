import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatFraction, formatShare, parseShare, toFraction } from '../../spec/share';

describe('shares', () => {
  test.each([
    ['5%', 5],
    ['0.5%', 0.5],
    ['100%', 100],
    ['0%', 0],
  ])('%s is read', (text, pct) => {
    expect(parseShare(text)).toBe(pct);
  });

  test.each(['5', '5 %', '-5%', '101%', '%5', '.5%', '5%%', '1e1%'])('%j is refused', (text) => {
    expect(parseShare(text)).toBeNull();
  });

  test('shares are shown with six digits at most, never with an exponent', () => {
    expect(formatShare(100 / 3)).toBe('33.3333%');
    expect(formatShare(0.00000012)).toBe('0.00000012%');
    expect(formatFraction(0.0029)).toBe('0.29%');
  });

  test('a share of up to four digits survives reading, dividing and formatting', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (hundredths) => {
        const text = formatShare(hundredths / 100);
        expect(formatFraction(toFraction(parseShare(text) ?? Number.NaN))).toBe(text);
      })
    );
  });
});
