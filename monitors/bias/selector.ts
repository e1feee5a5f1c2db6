/** Which cells of a column count: categories, or numbers above a threshold. */
export type Selector =
  | { readonly kind: 'values'; readonly values: readonly string[] }
  | { readonly kind: 'above'; readonly threshold: number; readonly largest: number };

/** Distinct cells of a column, with how often each occurs. */
export type CellCounts = ReadonlyMap<string, number>;

/** From this share of distinct values on, whole numbers are taken for a continuous column. */
const MANY_DISTINCT = 0.05;
const WHOLE = /^[+-]?\d+$/;

/**
 * Clarify's convention: one value given for a column of fractions, or of whole numbers of which 5 % or more are distinct, is a threshold that the
 * number must exceed; everything else are categories. A whole number that nothing exceeds but some cells equal is a category here: in a window of
 * twenty rows Clarify takes the 2 of {1, 2} for a threshold, and finds nobody.
 */
export function selectorFor(cells: CellCounts, values: readonly string[]): Selector {
  const [value] = values;
  const threshold = value === undefined ? NaN : Number(value);
  const categories: Selector = { kind: 'values', values };
  if (values.length !== 1 || Number.isNaN(threshold)) return categories;
  const numbers = [...cells.keys()].map((cell) => (cell.trim() === '' ? NaN : Number(cell)));
  if (numbers.length === 0 || numbers.some(Number.isNaN)) return categories;
  const isWhole = [...cells.keys()].every((cell) => WHOLE.test(cell.trim()));
  const total = [...cells.values()].reduce((sum, n) => sum + n, 0);
  if (isWhole && numbers.length / total < MANY_DISTINCT) return categories;
  const largest = numbers.reduce((most, one) => Math.max(most, one), -Infinity);
  if (isWhole && largest <= threshold && numbers.includes(threshold)) return categories;
  return { kind: 'above', threshold, largest };
}

/** The selector that a baseline was made with, by its words; the live column's largest value may be another. */
export function selectorNamed(name: string, values: readonly string[]): Selector {
  const [, low, high] = /^\((.+), (.+)\]$/.exec(name) ?? [];
  return low === undefined || high === undefined || values.length !== 1
    ? { kind: 'values', values }
    : { kind: 'above', threshold: Number(low), largest: Number(high) };
}

/** As `value_or_threshold` says it: `2`, `a,b`, `(40, 90]`. */
export function selectorName(selector: Selector): string {
  return selector.kind === 'values' ? selector.values.join(',') : `(${selector.threshold}, ${selector.largest}]`;
}

/** Whether a cell counts. Numbers are equal however they are written: `1` and `1.0`. */
export function matcherOf(selector: Selector): (cell: string) => boolean {
  if (selector.kind === 'above') return (cell) => Number(cell) > selector.threshold;
  const words = new Set(selector.values);
  const numbers = new Set(selector.values.filter((one) => one.trim() !== '').map(Number));
  numbers.delete(NaN);
  return (cell) => words.has(cell) || (numbers.size > 0 && cell.trim() !== '' && numbers.has(Number(cell)));
}
