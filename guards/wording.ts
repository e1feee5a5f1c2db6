/** `2020` → `2,020`; the same on every machine, whatever its locale. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Three significant digits without trailing zeros: `0.694`, `1.5`, `12.3`, `1,230`, `1.2e+6`. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4) return value.toExponential(1);
  if (Math.abs(value) >= 1000) return formatCount(Number(value.toPrecision(3)));
  return String(Number(value.toPrecision(3)));
}

/** e^logE in two or three digits; `10^57` where a plain number would be unreadable. */
export function formatLogE(logE: number): string {
  const decimals = logE / Math.LN10;
  if (decimals >= 6 || decimals <= -4) return `10^${Math.round(decimals)}`;
  return formatNumber(Number(Math.exp(logE).toPrecision(decimals < 1 ? 2 : 3)));
}

/** A rate as percent: `0.5 %`. */
export function formatRate(rate: number): string {
  return `${formatNumber(rate * 100)} %`;
}

/** `0.44–1.08`, `at least 0.44`, `at most 1.08`, or null when both sides are open. */
export function formatInterval([low, high]: readonly [number | null, number | null]): string | null {
  if (low !== null && high !== null) return `${formatNumber(low)}–${formatNumber(high)}`;
  if (low !== null) return `at least ${formatNumber(low)}`;
  if (high !== null) return `at most ${formatNumber(high)}`;
  return null;
}

/** How much more evidence decides: of the candidate's `trials`, as many more as said; null when it cannot be told. */
export function formatOutlook(moreTrials: number | null, seen: number, trials: string): string {
  if (seen === 0) return `how much more is needed cannot be told before the first of its ${trials}`;
  if (moreTrials === null) return `at this estimate more ${trials} would not decide it`;
  return `about ${formatCount(Number(moreTrials.toPrecision(2)))} more ${trials} of the candidate decide it if this goes on`;
}

/** What would turn a pass into a rollback. */
export const formatTurn = (worse: string, harm: { readonly logE: number; readonly needs: number }): string =>
  `${worse} has e = ${formatLogE(harm.logE)} and rolls back at ${formatLogE(harm.needs)}`;
