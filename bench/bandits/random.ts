/** Uniform numbers in [0, 1). */
export type Uniform = () => number;

/**
 * Uniform numbers of one stream of one run: sfc32, whose 128 bits of state keep streams apart. The same numbers on every
 * machine.
 */
export function streamUniform(seed: number, run: number, stream: number): Uniform {
  let a = scramble(seed);
  let b = scramble(run + 0x51ed27);
  let c = scramble(stream + 0x9e37);
  let counter = 1;
  const bits = (): number => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 16; i++) bits();
  return () => ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53;
}

function scramble(value: number): number {
  let x = (value + 0x6d2b79f5) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** Standard normal number (Box and Muller). */
export function normalOf(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Beta number for shapes of at least 1, as a ratio of gamma numbers (Marsaglia & Tsang 2000). */
export function betaOf(uniform: Uniform, alpha: number, beta: number): number {
  const x = gammaOf(uniform, alpha);
  return x / (x + gammaOf(uniform, beta));
}

function gammaOf(uniform: Uniform, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = normalOf(uniform);
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return d * v;
  }
}
