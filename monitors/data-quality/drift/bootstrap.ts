import { seededUniform } from '../../../guards/random';
import type { CountPair } from '../distances/categorical';

export interface BootstrapPlan {
  readonly seed: number;
  readonly resamples: number;
  readonly level: number;
}

/**
 * Basic bootstrap intervals of distances between two samples that are given by counts of cells. Each resample draws every count from a
 * Poisson law with that mean (a normal one above 50), which is drawing rows with replacement but for the total. The interval mirrors
 * the resamples around the value, since a distance of resamples is too large on average; below 0 it is cut.
 */
export function bootstrapDistances(
  cells: readonly CountPair[],
  plan: BootstrapPlan,
  statistics: (cells: readonly CountPair[]) => readonly number[]
): readonly (readonly [number, number])[] {
  const draw = poisson(seededUniform(plan.seed));
  const values = statistics(cells);
  const drawn = values.map((): number[] => []);
  for (let i = 0; i < plan.resamples; i++) {
    const resample = cells.map(([a, b]): CountPair => [draw(a), draw(b)]);
    const [n, m] = resample.reduce(([x, y], [a, b]) => [x + a, y + b], [0, 0]);
    if (n > 0 && m > 0) statistics(resample).forEach((value, s) => drawn[s]?.push(value));
  }
  return values.map((value, s) => {
    const sorted = (drawn[s] ?? []).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? value;
    const tail = (1 - plan.level) / 2;
    return [Math.max(0, 2 * value - at(1 - tail)), Math.max(0, 2 * value - at(tail))];
  });
}

const MANY = 50;

function poisson(uniform: () => number): (mean: number) => number {
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const z = spare;
      spare = undefined;
      return z;
    }
    const [r, angle] = [Math.sqrt(-2 * Math.log(1 - uniform())), 2 * Math.PI * uniform()];
    spare = r * Math.sin(angle);
    return r * Math.cos(angle);
  };
  return (mean) => {
    if (mean <= 0) return 0;
    if (mean > MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    let [count, product] = [-1, 1];
    const limit = Math.exp(-mean);
    do {
      count++;
      product *= uniform();
    } while (product > limit);
    return count;
  };
}
