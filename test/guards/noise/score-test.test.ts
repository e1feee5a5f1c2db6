import { describe, expect, test } from '@jest/globals';
import { addToTest, startScoreTest, studentLogE, testInterval, testLogE } from '../../../guards/noise/score-test';
import type { ScorePrior, ScoreTest } from '../../../guards/noise/score-test';
import { logStudentCdf } from '../../../guards/noise/student';
import { seededUniform } from '../../../guards/random';

test.each([
  [0, 5, -0.6931471805599453],
  [1, 1, -0.2876820724517809],
  [-1, 3, -1.6321892244941225],
  [2.5, 12, -0.014056024473815775],
  [-2.5, 12, -4.271723967024947],
  [0.01, 192, -0.6852104302570564],
  [-6, 20, -12.528525622550335],
  [-40, 360, -308.7890649002976],
  [1.7, 20160, -0.0455971015677901],
  [-3, 20160, -6.606505179593774],
  [30, 4, -3.676434806908824e-6],
])(
  "Student's log distribution function at %d with %d degrees agrees with 40 digits to 1e-12",
  (t, freedom, expected) => {
    expect(Math.abs(logStudentCdf(t, freedom) / expected - 1)).toBeLessThan(1e-12);
  }
);

/** Blocks of one tick, so that ticks and blocks are the same. */
const prior = (squares: number, count: number): ScorePrior => ({
  ticks: { squares, count },
  blocks: { squares, count },
  blockTicks: 1,
  tau: 1,
  horizonTicks: 180,
});

const run = (start: ScorePrior, scores: readonly (readonly [number, number])[]): ScoreTest =>
  scores.reduce(
    (test, [score, information], tick) => addToTest(test, { score, information }, tick),
    startScoreTest(start)
  );

describe('the test by scatter', () => {
  test('is the mixture that it claims to be, by integrating over effect and overdispersion', () => {
    const scores = [
      [2.1, 3],
      [-0.4, 1.2],
      [3.3, 2.5],
      [0.9, 4],
    ] as const;
    const test = run(prior(7, 5), scores);
    const { squares, count } = test.ticks;
    const { score, information } = test.sum;
    // φ = e^u; the effect is η√φ with η half-normal of variance tau2.
    const likelihood = (u: number, eta: number) =>
      Math.exp(
        (-count / 2) * u - (squares * Math.exp(-u) - 2 * eta * Math.exp(-u / 2) * score + eta * eta * information) / 2
      );
    let [null_, mixed] = [0, 0];
    const [du, deta] = [0.05, 0.01];
    for (let u = -6; u <= 12; u += du) {
      null_ += likelihood(u, 0);
      for (let k = 0; k < 700; k++) {
        const eta = (k + 0.5) * deta;
        mixed += deta * 2 * Math.exp((-eta * eta) / (2 * test.tau2)) * likelihood(u, eta);
      }
    }
    const expected = Math.log(mixed / Math.sqrt(2 * Math.PI * test.tau2) / null_);
    expect(Math.abs(studentLogE(test.sum, test.ticks, test.tau2) - expected)).toBeLessThan(1e-4);
  });

  test.each([1, 3, 40])('fails equal arms no more often than the level at all looks, whatever φ is: %d', (phi) => {
    const uniform = seededUniform(500 + phi);
    const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const runs = 800;
    let failed = 0;
    for (let i = 0; i < runs; i++) {
      const aa = Array.from({ length: 6 }, () => phi * normal() ** 2).reduce((a, b) => a + b);
      // tau is fixed beforehand, not from these squares, so that nothing but the test is on trial.
      let test: ScoreTest = { ...startScoreTest(prior(aa, 6)), tau2: 1 / phi };
      for (let tick = 0; tick < 24; tick++) {
        const information = phi * (0.5 + 3 * uniform());
        test = addToTest(test, { score: Math.sqrt(phi * information) * normal(), information }, tick);
        if (testLogE(test) < Math.log(20)) continue;
        failed += 1;
        break;
      }
    }
    expect(failed / runs).toBeLessThanOrEqual(0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / runs));
    expect(failed / runs).toBeGreaterThan(0.01);
  });

  test('listens to blocks where noise lasts: the same scores say less the more their sums scatter', () => {
    const scores = Array.from({ length: 120 }, (_, t): readonly [number, number] => [t % 20 < 10 ? 1.5 : -0.5, 2]);
    const start = { ...prior(20, 20), blocks: { squares: 20, count: 20 } };
    const [short, long] = [1, 10].map((blockTicks) => testLogE(run({ ...start, blockTicks }, scores)));
    expect(long).toBeLessThan((short ?? NaN) - 3);
  });

  test('finds an outage that comes late as fast as one at the start', () => {
    const until = (good: number) => {
      const calm = Array.from({ length: good }, (_, t): readonly [number, number] => [t % 2 === 0 ? 0.7 : -0.7, 0.5]);
      const start = { ...prior(12, 12), ticks: { squares: 180, count: 180 }, blockTicks: 15 };
      for (let bad = 1; bad < 30; bad++) {
        const outage = Array.from({ length: bad }, (): readonly [number, number] => [28, 1.5]);
        if (testLogE(run(start, [...calm, ...outage])) >= Math.log(100)) return bad;
      }
      return Infinity;
    };
    expect(until(0)).toBeLessThanOrEqual(2);
    expect(until(100)).toBeLessThanOrEqual(until(0) + 2);
    expect(until(600)).toBeLessThanOrEqual(until(0) + 2);
  });

  test('has an interval that is what the two-sided test does not reject', () => {
    const scores = Array.from({ length: 12 }, (_, t): readonly [number, number] => [1.4 + Math.sin(t), 2]);
    const test = run(prior(12, 10), scores);
    const [low, high] = testInterval(test, 0.05);
    for (const effect of [low, high]) {
      const moved = run(
        prior(12, 10),
        scores.map(([score, information]) => [score - (effect ?? NaN) * information, information])
      );
      const { score, information } = moved.sum;
      const d = 1 + test.tau2 * information;
      const { squares, count } = moved.ticks;
      const two = -0.5 * Math.log(d) - (count / 2) * Math.log(1 - (test.tau2 * score * score) / d / squares);
      expect(two).toBeCloseTo(Math.log(20), 9);
    }
  });
});
