/**
 * Statistics as CloudWatch writes them ("CloudWatch statistics definitions" in its user guide): the five basic ones,
 * `p99.9`, `tm90`, `tc90`, `ts90`, `wm90`, `IQM`, and `TM(…:…)`, `TC`, `TS`, `WM` with percent or absolute bounds, `PR`
 * with absolute ones.
 */
export type Statistic =
  | { readonly kind: 'basic'; readonly name: BasicStatistic }
  | { readonly kind: 'percentile'; readonly percent: number }
  | { readonly kind: 'trimmed'; readonly of: 'mean' | 'count' | 'sum' | 'winsorized'; readonly bounds: Bounds }
  | { readonly kind: 'rank'; readonly bounds: Bounds };

export const BASIC_STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const;
export type BasicStatistic = (typeof BASIC_STATISTICS)[number];

/** `percent` bounds count data points; `value` bounds hold values above `low` and up to `high`, `high` included. */
export interface Bounds {
  readonly by: 'percent' | 'value';
  readonly low: number;
  readonly high: number;
}

const TRIMMED = { tm: 'mean', tc: 'count', ts: 'sum', wm: 'winsorized' } as const;
const NUMBER = String.raw`\d+(?:\.\d{1,10})?`;
const SHORT = new RegExp(`^(p|tm|tc|ts|wm)(${NUMBER})$`);
const RANGE = new RegExp(`^(TM|TC|TS|WM|PR)\\(\\s*(?:(-?${NUMBER})(%?))?\\s*:\\s*(?:(-?${NUMBER})(%?))?\\s*\\)$`);

/** Reads a statistic; `undefined` when CloudWatch has none of that name. */
export function parseStatistic(text: string): Statistic | undefined {
  const basic = BASIC_STATISTICS.find((name) => name === text);
  if (basic) return { kind: 'basic', name: basic };
  if (text === 'IQM') return { kind: 'trimmed', of: 'mean', bounds: { by: 'percent', low: 25, high: 75 } };
  return parseShort(text) ?? parseRange(text);
}

function parseShort(text: string): Statistic | undefined {
  const [, letters, digits] = SHORT.exec(text) ?? [];
  const percent = Number(digits);
  if (letters === undefined || percent > 100) return undefined;
  if (letters === 'p') return { kind: 'percentile', percent };
  return { kind: 'trimmed', of: trimmedOf(letters), bounds: { by: 'percent', low: 0, high: percent } };
}

function parseRange(text: string): Statistic | undefined {
  const [, letters, lowText, lowPercent, highText, highPercent] = RANGE.exec(text) ?? [];
  if (letters === undefined || (lowText === undefined && highText === undefined)) return undefined;
  const isPercent = lowPercent === '%' || highPercent === '%';
  const isMixed = lowText !== undefined && highText !== undefined && lowPercent !== highPercent;
  const low = lowText === undefined ? (isPercent ? 0 : -Infinity) : Number(lowText);
  const high = highText === undefined ? (isPercent ? 100 : Infinity) : Number(highText);
  const isOutside = isPercent && (low < 0 || high > 100);
  if (isMixed || low >= high || isOutside) return undefined;
  const bounds: Bounds = { by: isPercent ? 'percent' : 'value', low, high };
  if (letters === 'PR') return isPercent ? undefined : { kind: 'rank', bounds };
  return { kind: 'trimmed', of: trimmedOf(letters.toLowerCase()), bounds };
}

function trimmedOf(letters: string): (typeof TRIMMED)[keyof typeof TRIMMED] {
  if (letters === 'tc' || letters === 'ts' || letters === 'wm') return TRIMMED[letters];
  return TRIMMED.tm;
}
