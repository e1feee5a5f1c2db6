import { describe, expect, test } from '@jest/globals';
import { seededUniform } from '../../../guards/random';
import { alphaOfWindow, countWindow } from '../../../monitors/budget';
import type { CountedWindows } from '../../../monitors/budget';
import { shareCheck } from '../../../monitors/data-quality/checks/context';
import { DEFAULT_OPTIONS } from '../../../monitors/data-quality/options';
import { binaryMetrics, noBinaryCounts } from '../../../monitors/model-quality/binary';
import { constraintsFile, readConstraints } from '../../../monitors/model-quality/constraints';
import { judgeLabelled } from '../../../monitors/model-quality/judge';
import type { KnownQuality } from '../../../monitors/model-quality/known';
import type { Quality } from '../../../monitors/model-quality/measure';
import type { Json } from '../../../monitors/types';

const FALSE_ALARM = 0.1;
const [STREAMS, WINDOWS] = [250, 12];
/** Four standard errors above the budget. */
const MOST = FALSE_ALARM * STREAMS + 4 * Math.sqrt(FALSE_ALARM * (1 - FALSE_ALARM) * STREAMS);

/** How many of the streams alarm in any of their windows. */
function alarming(fails: (uniform: () => number) => (alphaOfEach: number) => boolean, spends: boolean): number {
  const uniform = seededUniform(21);
  let alarmed = 0;
  for (let stream = 0; stream < STREAMS; stream++) {
    const judge = fails(uniform);
    let isAlarmed = false;
    for (let window = 0; window < WINDOWS && !isAlarmed; window++)
      isAlarmed = judge(spends ? alphaOfWindow(FALSE_ALARM, window) : FALSE_ALARM);
    if (isAlarmed) alarmed++;
  }
  return alarmed;
}

/** A binary classifier's window: 40 % positives, 20 % of either kind answered wrongly. */
function qualityOf(rows: number, uniform: () => number): Quality {
  const cells = { ...noBinaryCounts };
  for (let row = 0; row < rows; row++) {
    const [isPositive, isRight] = [uniform() < 0.4, uniform() < 0.8];
    const cell = isPositive
      ? isRight
        ? 'truePositives'
        : 'falseNegatives'
      : isRight
        ? 'trueNegatives'
        : 'falsePositives';
    cells[cell] += 1;
  }
  return { rows, metrics: binaryMetrics(cells) } as unknown as Quality;
}

/** All ten metrics of a window against a baseline of 1,000 rows. */
function judgesQuality(uniform: () => number) {
  const baseline = qualityOf(1_000, uniform);
  const constraints = readConstraints(constraintsFile(baseline, 'BinaryClassification'), 'BinaryClassification');
  const known = { metrics: baseline.metrics } as unknown as KnownQuality;
  return (alphaOfEach: number): boolean => {
    const alpha = alphaOfEach / constraints.length;
    const sure = { alpha, level: 0.95, leastRows: 100, rule: 'interval' } as const;
    const checks = judgeLabelled(qualityOf(300, uniform), constraints, { known, sure });
    return checks.some(({ verdict }) => verdict === 'fail');
  };
}

/** The completeness of five features, of which a tenth is missing. */
function judgesCompleteness(uniform: () => number) {
  const hitsOf = (rows: number): number => Array.from({ length: rows }, uniform).filter((x) => x < 0.9).length;
  const baselines = Array.from({ length: 5 }, () => hitsOf(1_000));
  return (alphaOfEach: number): boolean =>
    baselines.some((hits) => {
      const context = { options: DEFAULT_OPTIONS, rows: 500, alpha: alphaOfEach / baselines.length };
      const check = shareCheck(context, {
        ...{ subject: 'x', check: 'completeness_check', what: 'are there', hits: hitsOf(500), total: 500 },
        ...{ least: hits / 1_000, estimate: { hits, total: 1_000 } },
      });
      return check.verdict === 'fail';
    });
}

describe('checks of one window, over all windows to come', () => {
  test('of 250 streams without any change no more alarm than the budget says, over ten metrics and 12 windows', () => {
    expect(alarming(judgesQuality, true)).toBeLessThanOrEqual(MOST);
    // The same checks, each window by itself at the same level: what the budget is for.
    expect(alarming(judgesQuality, false)).toBeGreaterThan(MOST);
  });

  test('nor over the completeness of five features, whose baseline is an estimate itself', () => {
    expect(alarming(judgesCompleteness, true)).toBeLessThanOrEqual(MOST);
  });

  test('what all windows together may spend is the whole, and a window that comes again spends nothing more', () => {
    const spent = Array.from({ length: 100_000 }, (_, t) => alphaOfWindow(1, t)).reduce((sum, one) => sum + one, 0);
    expect(spent).toBeLessThan(1);
    expect(spent).toBeGreaterThan(0.9999);
    const carry = (counted: CountedWindows) => ({ ...counted }) as unknown as Json;
    const first = countWindow(undefined, { fromMs: 0, toMs: 10 });
    const second = countWindow(carry(first.counted), { fromMs: 10, toMs: 20 });
    const again = countWindow(carry(second.counted), { fromMs: 10, toMs: 20 });
    expect([first.before, second.before, again.before]).toEqual([0, 1, 1]);
    expect(again.counted).toEqual(second.counted);
  });
});
