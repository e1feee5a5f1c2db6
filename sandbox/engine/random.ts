/** A stream of uniform numbers in [0, 1). */
export type RandomStream = () => number;

/**
 * Derives an independent, reproducible stream from a seed and a purpose, so that one more endpoint does not change the numbers
 * that another one draws. Generator: sfc32 (Doty-Humphrey, PractRand); seeding by FNV-1a.
 */
export function randomStream(seed: number, purpose: string): RandomStream {
  let a = hash(`a/${seed}/${purpose}`);
  let b = hash(`b/${seed}/${purpose}`);
  let c = hash(`c/${seed}/${purpose}`);
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  // The first outputs of sfc32 still show the seed.
  for (let i = 0; i < 15; i += 1) next();
  return next;
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}
