/**
 * How far beyond its level a likelihood-ratio test lands when it crosses. A test that stops at the level wastes that, so a
 * test of level 1/α rejects with a probability well below α: 0.2 to 0.4 α where ticks are large. `EProcessDesign.anticipation`
 * spends the expected waste beforehand.
 */

/**
 * E[e^(−overshoot)] of the likelihood ratio for an alternative: Siegmund's ν(σ) with his approximation (Sequential Analysis,
 * 1985; Siegmund and Yakir 2007). σ² has two parts: the drift of a tick with null variance `variance`, as for Poisson counts,
 * and the jump that a single event makes. Only a guide: every value in (0, 1] keeps the test valid.
 */
export function expectedOvershoot(variance: number, multiple: number): number {
  const jump = Math.log(multiple);
  const drift = Math.max(0, variance * (multiple * jump - multiple + 1));
  return siegmund(Math.sqrt(2 * drift + (EVENT * jump) ** 2));
}

/** Part of an event's jump that counts like a deviation; measured on tuning traffic, where it matters little. */
const EVENT = 0.6;

function siegmund(sigma: number): number {
  if (sigma < 1e-3) return 1;
  const half = sigma / 2;
  const density = Math.exp((-half * half) / 2) / Math.sqrt(2 * Math.PI);
  const above = distribution(half) - 0.5;
  return ((2 / sigma) * above) / (half * (above + 0.5) + density);
}

/** Φ(x) for x ≥ 0 to 1e-7 (Abramowitz and Stegun 26.2.17): a guide needs no more. */
function distribution(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * tail;
}
