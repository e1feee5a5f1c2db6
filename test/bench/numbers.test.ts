import { describe, expect, test } from '@jest/globals';
import { binomialCdf, clopperPearson } from '../../bench/guards/numbers/clopper-pearson';
import { normalCdf, normalQuantile } from '../../bench/guards/numbers/normal';
import { poisson, poissonOnce } from '../../bench/guards/numbers/poisson';
import { gammaShock, runUniform } from '../../bench/guards/numbers/random';
import type { Uniform } from '../../bench/guards/numbers/random';

const moments = (draw: (uniform: Uniform) => number, runs = 40_000) => {
  const uniform = runUniform(5, 1);
  const values = Array.from({ length: runs }, () => draw(uniform));
  const mean = values.reduce((a, b) => a + b, 0) / runs;
  return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / runs };
};

describe('random numbers', () => {
  test.each([0.03, 0.7, 5.7, 28.5, 570, 57_000])('Poisson numbers of mean %d have that mean and variance', (mean) => {
    for (const draw of [poisson, poissonOnce]) {
      const seen = moments((uniform) => draw(uniform, mean));
      expect(Math.abs(seen.mean - mean)).toBeLessThan(5 * Math.sqrt(mean / 40_000));
      expect(Math.abs(seen.variance / mean - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / mean) / 40_000));
    }
  });

  test('gamma shocks have mean 1 and the asked variation', () => {
    for (const cv of [0.2, 1, 2]) {
      const seen = moments((uniform) => gammaShock(uniform, cv));
      expect(Math.abs(seen.mean - 1)).toBeLessThan((5 * cv) / 200);
      expect(Math.abs(Math.sqrt(seen.variance) / cv - 1)).toBeLessThan(0.1);
    }
  });

  test('a run has the same numbers again, and another run has others', () => {
    const first = (seed: number, run: number) => {
      const uniform = runUniform(seed, run);
      return [uniform(), uniform(), uniform()];
    };
    expect(first(3, 7)).toEqual(first(3, 7));
    expect(first(3, 8)).not.toEqual(first(3, 7));
    expect(first(4, 7)).not.toEqual(first(3, 7));
  });
});

describe('distributions', () => {
  test('the normal distribution function and its quantile', () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(Math.abs(normalCdf(1.959963984540054) - 0.975)).toBeLessThan(1e-15);
    expect(Math.abs(normalCdf(-6) / 9.865876450376981e-10 - 1)).toBeLessThan(1e-12);
    for (const p of [0.001, 0.3, 0.99, 0.9999]) expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(1e-14);
  });

  test('Clopper and Pearson, against their defining tail probabilities and known ends', () => {
    expect(clopperPearson(0, 100)[1]).toBeCloseTo(1 - 0.025 ** (1 / 100), 10);
    expect(clopperPearson(0, 100)[0]).toBe(0);
    const [low, high] = clopperPearson(12, 1000);
    expect(1 - binomialCdf(11, 1000, low)).toBeCloseTo(0.025, 9);
    expect(binomialCdf(12, 1000, high)).toBeCloseTo(0.025, 9);
  });
});
