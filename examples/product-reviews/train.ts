import type { Review } from './data';
import type { LinearCode, SparseVector } from './inference-code';

/** `model.json` of the linear versions: one idf and one weight for each term. */
export interface LinearModel {
  readonly vocabulary: readonly string[];
  readonly idf: readonly number[];
  readonly weights: readonly number[];
  readonly bias: number;
}

const MIN_REVIEWS_PER_TERM = 2;
const EPOCHS = 15;
const LEARNING_RATE = 1;
const L2 = 1e-5;
/** Four decimals keep the artifact small, and equal on every machine. */
const DECIMALS = 4;

/** Logistic regression on TF-IDF of words and pairs, by stochastic gradient descent. The same reviews give the same model. */
export function trainLinear(reviews: readonly Review[], code: LinearCode): LinearModel {
  const found = reviews.map((review) => code.terms(review.text));
  const { vocabulary, idf } = vocabularyOf(found);
  const index = new Map(vocabulary.map((term, i) => [term, i]));
  const vectors = found.map((terms) => code.vectorise(terms, index, idf));
  const targets = reviews.map((review) => (review.label === 'positive' ? 1 : 0));
  const { weights, bias } = descend({ vectors, targets, size: vocabulary.length, code });
  return { vocabulary, idf, weights: [...weights].map(round), bias: round(bias) };
}

function vocabularyOf(found: readonly (readonly string[])[]): { vocabulary: string[]; idf: number[] } {
  const reviewsWith = new Map<string, number>();
  for (const terms of found) for (const term of new Set(terms)) reviewsWith.set(term, (reviewsWith.get(term) ?? 0) + 1);
  const kept = [...reviewsWith]
    .filter(([, count]) => count >= MIN_REVIEWS_PER_TERM)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    vocabulary: kept.map(([term]) => term),
    idf: kept.map(([, count]) => round(Math.log((1 + found.length) / (1 + count)) + 1)),
  };
}

interface Problem {
  readonly vectors: readonly SparseVector[];
  readonly targets: readonly number[];
  readonly size: number;
  readonly code: LinearCode;
}

function descend({ vectors, targets, size, code }: Problem): { weights: Float64Array; bias: number } {
  const weights = new Float64Array(size);
  const order = vectors.map((_, i) => i);
  const random = seededRandom(1);
  let bias = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    shuffle(order, random);
    const rate = LEARNING_RATE / (1 + epoch / 10);
    for (const i of order) {
      const vector = vectors[i];
      const target = targets[i];
      if (vector === undefined || target === undefined) continue;
      const error = code.logistic(vector, weights, bias) - target;
      vector.index.forEach((at, k) => {
        const weight = weights[at] ?? 0;
        weights[at] = weight - rate * (error * (vector.value[k] ?? 0) + L2 * weight);
      });
      // The bias sees every review and a weight only a few: at full rate it would swing with the last ones.
      bias -= 0.1 * rate * error;
    }
  }
  return { weights, bias };
}

/** Fisher–Yates, in place. */
function shuffle(order: number[], random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
}

function round(x: number): number {
  return Number(x.toFixed(DECIMALS));
}

/** Linear congruential generator modulo 2³² (the constants of *Numerical Recipes*); uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
