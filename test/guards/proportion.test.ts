import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { logFactorial } from '../../guards/log-weights';
import { proportionInterval } from '../../guards/proportion';

test('factorials agree with their sums of logs', () => {
  let sum = 0;
  for (let n = 1; n <= 200; n++) {
    sum += Math.log(n);
    expect(Math.abs(logFactorial(n) - sum)).toBeLessThan(1e-11 * Math.max(1, sum));
  }
});

test('the interval of a proportion holds what was seen, and shrinks as more of the same is seen', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
      const k = Math.round(part * n);
      const [low, high] = proportionInterval({ n, k, alpha: 0.05 }) ?? [1, 0];
      expect(low).toBeLessThanOrEqual(k / n);
      expect(high).toBeGreaterThanOrEqual(k / n);
      const [lower, higher] = proportionInterval({ n: 4 * n, k: 4 * k, alpha: 0.05 }) ?? [0, 1];
      expect(higher - lower).toBeLessThan(high - low);
    })
  );
});

/**
 * Exact: the chance that the interval ever leaves out the true rate within the first looks, by following all counts that have not yet been
 * ruled out, one trial after the other.
 */
test.each([0.01, 0.1, 0.5])(
  'whoever looks after every trial is misled with at most the stated chance (rate %d)',
  (rate) => {
    const alpha = 0.05;
    let alive = new Map([[0, 1]]);
    let misled = 0;
    for (let n = 1; n <= 300; n++) {
      const next = new Map<number, number>();
      for (const [k, mass] of alive) {
        for (const [hit, chance] of [
          [1, rate],
          [0, 1 - rate],
        ] as const)
          next.set(k + hit, (next.get(k + hit) ?? 0) + mass * chance);
      }
      alive = new Map();
      for (const [k, mass] of next) {
        const [low, high] = proportionInterval({ n, k, alpha }) ?? [0, 1];
        if (rate >= low && rate <= high) alive.set(k, mass);
        else misled += mass;
      }
    }
    expect(misled).toBeLessThanOrEqual(alpha);
    expect(misled).toBeGreaterThan(0);
  }
);

test('nothing seen is no interval', () => {
  expect(proportionInterval({ n: 0, k: 0, alpha: 0.05 })).toBeNull();
});
