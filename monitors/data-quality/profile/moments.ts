/** SageMaker's numerical statistics, except for the distribution. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly sum: number;
  /** Of the population: √(Σ(x − mean)²/n), as Deequ has it. */
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
}

/** Adds numbers in ascending order, by Welford's recursion with weights and a compensated sum (Neumaier). */
export function momentsOf() {
  let [count, mean, squares, sum, lost] = [0, 0, 0, 0, 0];
  let [min, max] = [NaN, NaN];
  return {
    add(x: number, weight: number): void {
      if (count === 0) min = x;
      max = x;
      count += weight;
      const off = x - mean;
      mean += (off * weight) / count;
      squares += weight * off * (x - mean);
      const term = x * weight;
      const next = sum + term;
      lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
      sum = next;
    },
    done(): Moments {
      const total = sum + lost;
      return { count, mean: total / count, sum: total, deviation: Math.sqrt(squares / count), min, max };
    },
  };
}
