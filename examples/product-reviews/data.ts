import amazon from 'sentiment/test/fixtures/amazon.json';
import imdb from 'sentiment/test/fixtures/imdb.json';
import yelp from 'sentiment/test/fixtures/yelp.json';

export type Label = 'positive' | 'negative';

export interface Review {
  readonly text: string;
  readonly label: Label;
}

export interface ReviewSplit {
  /** Product reviews that no model has seen: what accuracy is measured on, and what the traffic is made of. */
  readonly heldOut: readonly Review[];
  /** All other reviews, of products, restaurants and films. */
  readonly training: readonly Review[];
}

interface FixtureItem {
  readonly text: string;
  readonly class: number | null;
}

const HELD_OUT_OF_TEN = 4;

/**
 * Labelled sentences from Amazon (cell-phone products), Yelp and IMDb, without duplicates, in two parts that share no text.
 *
 * Source: "Sentiment Labelled Sentences" of the UCI repository: Kotzias, Denil, de Freitas, Smyth, *From Group to Individual
 * Labels using Deep Features*, KDD 2015. Read from the test fixtures of the npm package `sentiment` (MIT).
 */
export function loadReviews(): ReviewSplit {
  const products = distinct(labelled(amazon));
  const heldOut = products.filter(isHeldOut);
  const kept = new Set(heldOut.map((review) => normalise(review.text)));
  const others = distinct([...products, ...labelled(yelp), ...labelled(imdb)]);
  return { heldOut, training: others.filter((review) => !kept.has(normalise(review.text))) };
}

/** Each fixture ends with an item whose class is null; it is no review. */
function labelled(items: readonly FixtureItem[]): Review[] {
  return items.flatMap((item) =>
    item.class === null ? [] : [{ text: item.text.trim(), label: item.class === 1 ? 'positive' : 'negative' }]
  );
}

function distinct(reviews: readonly Review[]): Review[] {
  const seen = new Set<string>();
  return reviews.filter((review) => {
    const key = normalise(review.text);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Chosen by the text itself, so that the split survives any change of order or number. */
function isHeldOut(review: Review): boolean {
  return fnv1a(normalise(review.text)) % 10 < HELD_OUT_OF_TEN;
}

/** Texts that differ only in case, spaces or punctuation are one text. */
export function normalise(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
