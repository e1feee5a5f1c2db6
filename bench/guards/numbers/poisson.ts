import type { Uniform } from './random';

/** A law of counts as a table: one uniform number, one look-up, a step or two. */
interface Table {
  readonly from: number;
  readonly cumulative: Float64Array;
  /** First cell to look at, by the uniform number's leading part. */
  readonly guide: Int32Array;
}

const GUIDES = 512;
const tables = new Map<number, Table>();

/** Poisson number of mean `mean`, by exact inversion; the tables are kept, since simulations use few means. */
export function poisson(uniform: Uniform, mean: number): number {
  if (mean <= 0) return 0;
  let table = tables.get(mean);
  if (table === undefined) {
    if (tables.size > 20_000) tables.clear();
    table = tableOf(mean);
    tables.set(mean, table);
  }
  const u = uniform();
  let cell = table.guide[Math.floor(u * GUIDES)] ?? 0;
  while (cell < table.cumulative.length - 1 && (table.cumulative[cell] ?? 1) <= u) cell += 1;
  return table.from + cell;
}

function tableOf(mean: number): Table {
  const peak = Math.floor(mean);
  const down: number[] = [];
  const up: number[] = [];
  for (let n = peak, w = 1; n > 0 && w > 1e-20; n--) down.push((w *= n / mean));
  for (let n = peak + 1, w = 1; w > 1e-20 || n < mean; n++) up.push((w *= mean / n));
  const weights = [...down.reverse(), 1, ...up];
  const sum = weights.reduce((a, b) => a + b, 0);
  const cumulative = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, i) => (cumulative[i] = total += weight / sum));
  const guide = new Int32Array(GUIDES);
  for (let i = 0, cell = 0; i < GUIDES; i++) {
    while (cell < weights.length - 1 && (cumulative[cell] ?? 1) <= i / GUIDES) cell += 1;
    guide[i] = cell;
  }
  return { from: peak - down.length, cumulative, guide };
}

/**
 * Poisson number for means that never come twice: inversion in runs of mean at most 8, whose sum it is, and a rejection
 * from a Lorentzian hat above 64 (Hörmann's transformed rejection PTRS, 1993).
 */
export function poissonOnce(uniform: Uniform, mean: number): number {
  if (mean > 64) return transformedRejection(uniform, mean);
  let total = 0;
  for (let left = mean; left > 0; left -= 8) {
    const part = Math.min(left, 8);
    let u = uniform();
    let weight = Math.exp(-part);
    for (let n = 0; u >= weight && n < 200; n++) {
      u -= weight;
      weight *= part / (n + 1);
      total += 1;
    }
  }
  return total;
}

function transformedRejection(uniform: Uniform, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverse = 1.1239 + 1.1328 / (b - 3.4);
  const right = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const n = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= right) return n;
    if (n < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log((v * inverse) / (a / (us * us) + b)) <= n * Math.log(mean) - mean - logFactorial(n)) return n;
  }
}

function logFactorial(n: number): number {
  if (n < 20) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return Math.log(product);
  }
  const i = 1 / n;
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + i * (1 / 12 - i * i * (1 / 360 - (i * i) / 1260));
}
