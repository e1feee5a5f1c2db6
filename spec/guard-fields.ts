import type { Reading } from './scalar';
import { scalar } from './scalar';
import { isRecord } from './shape';

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
