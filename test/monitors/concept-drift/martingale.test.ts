import { describe, expect, test } from '@jest/globals';
import { seededUniform } from '../../../guards/random';
import {
  deltaOf,
  martingaleDefaults,
  startMartingale,
  stepMartingale,
} from '../../../monitors/concept-drift/martingale';
import { buildReference, gameOf } from '../../../monitors/concept-drift/reference';
import type { Reference } from '../../../monitors/concept-drift/reference';

type Draw = () => number;

function referenceOf(values: readonly number[]): Reference {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const built = buildReference(values.length);
  for (const [value, count] of [...counts].sort(([a], [b]) => a - b)) built.add(value, count);
  return built.finish();
}

/** Position of the first alarm in a stream that changes at `at`; null without one. */
function firstAlarm(p: {
  readonly baseline: number;
  readonly length: number;
  readonly draw: Draw;
  readonly at?: number;
  readonly then?: Draw;
  readonly alpha: number;
}): number | null {
  const settings = { ...martingaleDefaults, alpha: p.alpha };
  const game = gameOf(referenceOf(Array.from({ length: p.baseline }, p.draw)), deltaOf(settings));
  if (game === null) return null;
  const { at = Infinity, then = p.draw } = p;
  const values = Array.from({ length: p.length }, (_, i) => (i < at ? p.draw() : then()));
  return stepMartingale(startMartingale(), values, { game, settings }).changes[0] ?? null;
}

const uniform = seededUniform(20260504);
const normal: Draw = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
const error =
  (rate: number): Draw =>
  () =>
    Number(uniform() < rate);

describe('false alarms', () => {
  // With a frozen baseline of 500 an uncorrected martingale alarms more than four times as often as it promises.
  test.each([
    ['normal scores, 500 in the baseline', 500, normal],
    ['normal scores, 2,000 in the baseline', 2_000, normal],
    ['whole numbers with ties', 1_000, () => Math.floor(uniform() * 4)],
    ['errors at 10 %', 1_000, error(0.1)],
    ['errors at 1 %', 2_000, error(0.01)],
  ] as const)('%s: at most one stream in twenty alarms at alpha 5 %', (_name, baseline, draw) => {
    const streams = 200;
    const alarms = Array.from({ length: streams }, () => firstAlarm({ baseline, length: 2_000, draw, alpha: 0.05 }));
    expect(alarms.filter((at) => at !== null).length).toBeLessThanOrEqual(0.05 * streams);
  });
});

describe('detection', () => {
  test.each([
    ['scores half a deviation up, from the start', normal, () => normal() + 0.5, 0, 150],
    ['scores half a deviation down, after 5,000 values', normal, () => normal() - 0.5, 5_000, 250],
    ['errors from 10 % to 30 %, after 2,000', error(0.1), error(0.3), 2_000, 250],
    ['errors from 10 % to 1 %, after 2,000', error(0.1), error(0.01), 2_000, 900],
  ] as const)('%s', (_name, draw, then, at, within) => {
    const delays = Array.from({ length: 15 }, () => {
      const found = firstAlarm({ baseline: 5_000, length: at + 4_000, draw, at, then, alpha: 0.01 });
      return found === null ? Infinity : found - at;
    }).sort((a, b) => a - b);
    expect(delays[0]).toBeGreaterThanOrEqual(0);
    expect(delays[7]).toBeLessThan(within);
  });
});

describe('what is carried', () => {
  const settings = martingaleDefaults;
  const game = gameOf(referenceOf(Array.from({ length: 3_000 }, normal)), deltaOf(settings));
  if (game === null) throw new Error('too small');
  const values = Array.from({ length: 3_000 }, (_, i) => normal() + (i > 1_500 ? 0.7 : 0));

  test('a stream cut into windows, with JSON between them, is the stream in one piece', () => {
    const whole = stepMartingale(startMartingale(), values, { game, settings });
    let state = startMartingale();
    const changes: number[] = [];
    for (let from = 0; from < values.length; from += 137) {
      const step = stepMartingale(state, values.slice(from, from + 137), { game, settings });
      changes.push(...step.changes.map((at) => at + from));
      state = JSON.parse(JSON.stringify(step.state)) as typeof state;
    }
    expect(changes).toEqual(whole.changes);
    expect(state).toEqual(whole.state);
    expect(changes.length).toBeGreaterThan(1);
  });

  test('a baseline that is too small for the level is not played with', () => {
    expect(gameOf(referenceOf([1, 2, 3, 4, 5]), 0.001)).toBeNull();
  });
});
