import type { Knobs } from '../knobs/knobs';

type Sampling = Knobs['shadowSampling'];

/** A share of both weights' sum cannot be all of it; this comes near enough that nobody lives to see one request left out. */
const ALMOST_ALL = 1e12;

/** The part of the requests that a shadow gets a copy of. AWS does not say how weights become parts, so it can be chosen. */
export function shadowShare(
  sampling: Sampling,
  weights: { readonly production: number; readonly shadow: number }
): number {
  const { production, shadow } = weights;
  if (shadow <= 0) return 0;
  switch (sampling) {
    case 'ofProduction':
      return Math.min(1, shadow / production);
    case 'ofSum':
      return shadow / (production + shadow);
    case 'percent':
      return Math.min(1, shadow / 100);
  }
}

/** The weight with which a shadow beside a production variant gets this percentage of the requests. */
export function shadowWeight(sampling: Sampling, wish: { readonly production: number; readonly pct: number }): number {
  const { production, pct } = wish;
  switch (sampling) {
    case 'ofProduction':
      return (production * pct) / 100;
    case 'ofSum':
      return pct >= 100 ? production * ALMOST_ALL : (production * pct) / (100 - pct);
    case 'percent':
      return pct;
  }
}
