import type { Measured } from './numbers';

/** Sums of labels and errors of predictions; values are counted one after another. */
export interface RegressionSums {
  readonly n: number;
  readonly absolute: number;
  /** Σ e², Σ e⁴. */
  readonly squares: number;
  readonly fourths: number;
  /** Σ d², Σ d⁴, Σ e²d² with d = label − `centre`, and Σ d. */
  readonly deviations: number;
  readonly deviationSquares: number;
  readonly deviationFourths: number;
  readonly products: number;
}

/** Adds up around `centre`: a value near the labels' mean, so that little is lost to rounding. */
export function regressionSums(centre: number) {
  let n = 0;
  let [absolute, squares, fourths] = [0, 0, 0];
  let [deviations, deviationSquares, deviationFourths, products] = [0, 0, 0, 0];
  return {
    add(label: number, prediction: number, count: number): void {
      const error = prediction - label;
      const square = error * error;
      const deviation = label - centre;
      const spread = deviation * deviation;
      n += count;
      absolute += count * Math.abs(error);
      squares += count * square;
      fourths += count * square * square;
      deviations += count * deviation;
      deviationSquares += count * spread;
      deviationFourths += count * spread * spread;
      products += count * square * spread;
    },
    sums: (): RegressionSums => ({
      n,
      absolute,
      squares,
      fourths,
      deviations,
      deviationSquares,
      deviationFourths,
      products,
    }),
  };
}

/** SageMaker's names, in its order. Errors: of means by their scatter, of the root and of r² by the delta method. */
export function regressionMetrics(sums: RegressionSums): Readonly<Record<string, Measured>> {
  const { n } = sums;
  if (n === 0) {
    const none = { value: NaN, error: NaN };
    return { mae: none, mse: none, rmse: none, r2: none };
  }
  const mse = sums.squares / n;
  const mae = sums.absolute / n;
  const error = (variance: number): number => (n > 1 ? Math.sqrt(Math.max(0, variance) / (n - 1)) : NaN);
  const ofMse = error(sums.fourths / n - mse * mse);
  const shift = sums.deviations / n;
  const spread = sums.deviationSquares / n - shift * shift;
  // The centre is the labels' mean to rounding, so higher moments around it are those around the mean.
  const ratio = spread > 0 ? mse / spread : NaN;
  const ofRatio =
    spread > 0
      ? error(
          sums.fourths / n -
            mse * mse +
            ratio * ratio * (sums.deviationFourths / n - spread * spread) -
            2 * ratio * (sums.products / n - mse * spread)
        ) / spread
      : NaN;
  return {
    mae: { value: mae, error: error(mse - mae * mae) },
    mse: { value: mse, error: ofMse },
    rmse: { value: Math.sqrt(mse), error: mse > 0 ? ofMse / (2 * Math.sqrt(mse)) : 0 },
    r2: { value: 1 - ratio, error: ofRatio },
  };
}
