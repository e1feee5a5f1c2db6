import { gauss, seededUniform } from '../../guards/random';

/** Samples from a seed, the same for us and for a peer. */
export function sampleMaker(seed: number) {
  const uniform = seededUniform(seed);
  const normal = () => gauss(uniform);
  const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);
  return {
    normals: (n: number, mean = 0, deviation = 1) => times(n, () => mean + deviation * normal()),
    /** Whole numbers with many ties. */
    counts: (n: number, mean: number) => times(n, () => Math.floor(-Math.log(1 - uniform()) * mean)),
    skewed: (n: number, scale = 1) => times(n, () => scale * Math.exp(1.5 * normal())),
    categories: (n: number, weights: Readonly<Record<string, number>>) => {
      const entries = Object.entries(weights);
      const total = entries.reduce((sum, [, w]) => sum + w, 0);
      return times(n, () => {
        let left = uniform() * total;
        for (const [name, weight] of entries) {
          left -= weight;
          if (left < 0) return name;
        }
        return entries.at(-1)?.[0] ?? '';
      });
    },
    uniform,
  };
}
