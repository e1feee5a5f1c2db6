import { describe, expect, test } from '@jest/globals';
import { maturityCurves } from '../../../monitors/model-quality/maturity';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('how fast labels come', () => {
  test('predictions too young for a label do not pull the curve down', () => {
    // Labels take up to an hour each, evenly; half of the predictions are half an hour old.
    const ages = Array.from({ length: 60 }, (_, minute) => [
      { variant: 'a', labelled: true, ageMs: (minute + 1) * MINUTE, n: 10 },
      ...(minute < 30 ? [{ variant: 'a', labelled: true, ageMs: (minute + 1) * MINUTE, n: 10 }] : []),
    ]).flat();
    const [curve] = maturityCurves([...ages, { variant: 'a', labelled: false, ageMs: 30 * MINUTE, n: 300 }], 1.96);
    const at = (ageMs: number) => curve?.points.find((point) => point.ageMs === ageMs)?.share;
    expect(at(15 * MINUTE)).toBeCloseTo(0.25, 10);
    expect(at(30 * MINUTE)).toBeCloseTo(0.5, 10);
    expect(at(HOUR)).toBeCloseTo(1, 10);
    expect(curve?.medianMs).toBe(30 * MINUTE);
    expect(at(2 * HOUR)).toBeUndefined();
  });

  test('labels that never come leave the curve on its level', () => {
    const [curve] = maturityCurves(
      [
        { variant: null, labelled: true, ageMs: MINUTE, n: 30 },
        { variant: null, labelled: false, ageMs: 40 * HOUR, n: 70 },
      ],
      1.96
    );
    expect(curve).toMatchObject({ variant: null, predictions: 100, labelled: 30, medianMs: null });
    expect(curve?.points.at(-1)).toMatchObject({ ageMs: 24 * HOUR, share: expect.closeTo(0.3, 10) });
  });
});
