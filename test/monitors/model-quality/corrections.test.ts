import { describe, expect, test } from '@jest/globals';
import { bookWindow, dueWindows, startBook } from '../../../monitors/model-quality/corrections';
import type { WindowBook, WindowLook } from '../../../monitors/model-quality/corrections';
import { maturityCurves } from '../../../monitors/model-quality/maturity';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const look = (p: Partial<WindowLook>): WindowLook => ({
  fromMs: 0,
  toMs: HOUR,
  lookedMs: HOUR,
  verdict: 'inconclusive',
  values: {},
  labelled: 0,
  predictions: 100,
  ...p,
});

describe('windows whose labels still come', () => {
  test('are looked at again until they are old, counted once when they are mature, and corrected each time that something changed', () => {
    let book: WindowBook = startBook(2 * HOUR);
    const told: unknown[] = [];
    const see = (one: Partial<WindowLook>) => {
      const seen = bookWindow(book, look(one));
      book = JSON.parse(JSON.stringify(seen.book)) as WindowBook;
      told.push([seen.enters, seen.correction?.revision ?? null, seen.correction?.verdict.after ?? null]);
    };
    see({ lookedMs: HOUR });
    expect(dueWindows(book, HOUR + 29 * MINUTE)).toEqual([]);
    expect(dueWindows(book, HOUR + 30 * MINUTE)).toEqual([{ fromMs: 0, toMs: HOUR }]);
    see({ lookedMs: 1.5 * HOUR, labelled: 20, values: { accuracy: 0.9 } });
    see({ lookedMs: 2 * HOUR, labelled: 20, values: { accuracy: 0.9 } });
    see({ lookedMs: 3 * HOUR, labelled: 80, values: { accuracy: 0.8 }, verdict: 'pass' });
    see({ lookedMs: 5 * HOUR, labelled: 95, values: { accuracy: 0.6 }, verdict: 'fail' });
    expect(told).toEqual([
      [false, null, null],
      [false, 1, 'inconclusive'],
      [false, null, null],
      [true, 2, 'pass'],
      [false, 3, 'fail'],
    ]);
    expect(dueWindows(book, 8 * HOUR)).toEqual([]);
    see({ lookedMs: 9 * HOUR, labelled: 95, values: { accuracy: 0.6 }, verdict: 'fail' });
    expect(book.windows).toEqual([]);
  });

  test('a window that was missed at its maturity is counted at the next look; the book stays short', () => {
    let book = startBook(HOUR);
    const late = bookWindow(book, look({ lookedMs: 20 * HOUR, labelled: 90, verdict: 'pass' }));
    expect(late.enters).toBe(true);
    for (let i = 1; i <= 2_000; i++)
      ({ book } = bookWindow(book, look({ fromMs: i * MINUTE, toMs: (i + 1) * MINUTE, lookedMs: (i + 1) * MINUTE })));
    expect(book.windows).toHaveLength(500);
    expect(book.windows[0]?.last.toMs).toBe(1_502 * MINUTE);
  });
});

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
