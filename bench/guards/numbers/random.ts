/** Uniform numbers in [0, 1). */
export type Uniform = () => number;

/**
 * Uniform numbers of one run: sfc32, whose state of 128 bits keeps the streams of many runs apart. The same numbers come
 * whatever the machine and however runs are divided among workers.
 */
export function runUniform(seed: number, run: number): Uniform {
  let a = mix(seed);
  let b = mix(run ^ 0x9e3779b9);
  let c = mix(a ^ Math.imul(b, 0x85ebca6b));
  let counter = 1;
  const bits = (): number => {
    const out = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();
  return () => ((bits() >>> 5) * 2 ** 26 + (bits() >>> 6)) / 2 ** 53;
}

function mix(value: number): number {
  let x = (value + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** Standard normal number (Box and Muller). */
export function normal(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Gamma number of mean 1 and coefficient of variation `cv` (Marsaglia and Tsang 2000). */
export function gammaShock(uniform: Uniform, cv: number): number {
  const shape = 1 / (cv * cv);
  const boost = shape < 1 ? (1 - uniform()) ** (1 / shape) : 1;
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = normal(uniform);
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return (d * v * boost) / shape;
  }
}
