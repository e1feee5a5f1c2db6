import { z } from 'zod';
import type { Reading } from './scalar';
import { choice, flag, positiveNumber, scalar, wholeNumber } from './scalar';
import { isRecord } from './is-record';

/** The discriminator, with what the editor says about it. */
export const kind = <const K extends string>(name: K, describe: string) =>
  z.literal(name).meta({ description: describe });

/** What every guard may say. */
export const base = () => ({
  required: flag({ describe: "Whether promotion needs this guard's pass." }).prefault(true),
  weight: positiveNumber({
    example: 1,
    describe: 'Its part of the false-rollback budget, against the others.',
  }).prefault(1),
});

/** The same for a guard that only watches over the evidence. */
export const optionalBase = () => ({
  ...base(),
  required: flag({ describe: 'Whether promotion needs its pass.' }).prefault(false),
});

/** How often a guard that looks at a number a tick may be displeased, and what happens then. */
export const allowance = () => ({
  allowedFailures: wholeNumber({ min: 0, example: 0, describe: 'Bad ticks that are still allowed.' }).prefault(0),
  window: wholeNumber({ min: 1, example: 5, describe: 'Ticks that are looked back over; by default all.' }).optional(),
  leastTicks: wholeNumber({ min: 1, example: 1, describe: 'Ticks with data before it passes.' }).prefault(1),
  then: choice({
    what: 'a consequence',
    values: ['rollBack', 'hold', 'alert'],
    describe: 'What a failure means.',
  }).prefault('rollBack'),
  ...base(),
});

/** Quantiles by name, sorted; written as a list such as `[p50, p99]`. */
export function quantileNames() {
  const read = (found: unknown): Reading<readonly number[]> => {
    const list: readonly unknown[] = Array.isArray(found) ? found : [];
    const quantiles = list.flatMap((one) => (typeof one === 'string' ? (quantileOf(one) ?? []) : []));
    const isGood = quantiles.length > 0 && quantiles.length === list.length;
    if (!isGood || new Set(quantiles).size < quantiles.length) return { ok: false };
    return { ok: true, value: [...quantiles].sort((a, b) => a - b) };
  };
  return scalar({
    what: 'a list of quantiles',
    allowed: 'different quantiles, as in [p50, p90, p99.9]',
    example: '[p50, p90, p99]',
    describe: "Quantiles of the incumbent, whose values are measured before the candidate's first request.",
    json: {
      type: 'array',
      items: { type: 'string', pattern: '^p\\d{1,2}(\\.\\d+)?$' },
      minItems: 1,
      uniqueItems: true,
    },
    read,
  });
}

/** The incumbent's quantiles in milliseconds, sorted; written as a map such as `{ p50: 80, p99: 400 }`. */
export function incumbentQuantiles() {
  const read = (found: unknown): Reading<readonly Quantile[]> => {
    if (!isRecord(found)) return { ok: false };
    const rows = Object.entries(found).map(([name, ms]) => ({ quantile: quantileOf(name), ms }));
    const good = rows.filter(
      (row): row is Quantile => row.quantile !== null && typeof row.ms === 'number' && row.ms > 0
    );
    if (good.length === 0 || good.length < rows.length) return { ok: false };
    const sorted = [...good].sort((a, b) => a.quantile - b.quantile);
    const rises = sorted.every(({ ms }, i) => Number.isFinite(ms) && ms >= (sorted[i - 1]?.ms ?? 0));
    return rises ? { ok: true, value: sorted } : { ok: false, because: 'a higher quantile is not slower' };
  };
  return scalar({
    what: 'a map of quantiles',
    allowed: 'quantiles with milliseconds that rise: { p50: 80, p90: 160, p99: 400 }',
    example: '{ p50: 80, p90: 160, p99: 400 }',
    describe: "The incumbent's own quantiles before the rollout, in milliseconds.",
    json: { type: 'object', additionalProperties: { type: 'number', exclusiveMinimum: 0 }, minProperties: 1 },
    read,
  });
}

interface Quantile {
  readonly quantile: number;
  readonly ms: number;
}

/** `p99.9` is 0.999; null for anything that is no quantile between 0 and 1. */
function quantileOf(name: string): number | null {
  const pct = /^p(\d{1,2}(?:\.\d+)?)$/.exec(name)?.[1];
  const quantile = pct === undefined ? NaN : Number((Number(pct) / 100).toPrecision(12));
  return quantile > 0 && quantile < 1 ? quantile : null;
}

/** Two or more numbers that rise. */
export function points() {
  const read = (found: unknown): Reading<readonly number[]> => {
    const list: readonly unknown[] = Array.isArray(found) ? found : [];
    const numbers = list.filter((one): one is number => typeof one === 'number' && Number.isFinite(one));
    const rises = numbers.every((one, i) => i === 0 || one > (numbers[i - 1] ?? one));
    return numbers.length >= 2 && numbers.length === list.length && rises
      ? { ok: true, value: numbers }
      : { ok: false };
  };
  return scalar({
    what: 'a list of points',
    allowed: 'two or more numbers that rise',
    example: '[0, 0.5, 1]',
    describe: 'Values that are counted.',
    json: { type: 'array', items: { type: 'number' }, minItems: 2 },
    read,
  });
}
