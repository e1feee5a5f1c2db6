/**
 * Uniform numbers in [0, 1) from a seed, the same on every machine: for forecasts, which must not change between two
 * looks at the same plan. (Mulberry32, two draws for 53 bits.)
 */
export function seededUniform(seed: number): () => number {
  let state = seed >>> 0;
  const bits = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return () => ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53;
}

/** A standard normal number (Box and Muller). */
export function gauss(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
