import { distance } from 'fastest-levenshtein';

/**
 * The candidate that a slip of the keyboard or of the naming style (`on_inconclusive`, `OnInconclusive`) most likely meant; undefined
 * when none is near: more than a third of the letters differ.
 */
export function nearestOf(word: string, candidates: readonly string[]): string | undefined {
  const plain = simplify(word);
  const ranked = candidates
    .map((candidate) => ({ candidate, far: slips(plain, simplify(candidate)) }))
    .filter(({ candidate, far }) => far <= tolerance(plain, simplify(candidate)))
    .sort((a, b) => a.far - b.far);
  return ranked[0]?.candidate;
}

function simplify(word: string): string {
  return word.toLowerCase().replaceAll(/[-_. ]/g, '');
}

/** Edit distance; letters in the wrong order are one slip. */
function slips(a: string, b: string): number {
  const sorted = (word: string): string => [...word].sort().join('');
  return a !== b && sorted(a) === sorted(b) ? 1 : distance(a, b);
}

function tolerance(a: string, b: string): number {
  return Math.max(1, Math.floor(Math.max(a.length, b.length) / 3));
}
