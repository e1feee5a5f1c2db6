/** A share or rate as the rollout file spells it: a decimal number with a percent sign (`5%`, `0.5%`). */
export const SHARE_PATTERN = '^\\d+(\\.\\d+)?%$';

const SHAPE = new RegExp(SHARE_PATTERN);

/** Percent (0–100), or null when the text is not a share. */
export function parseShare(text: string): number | null {
  if (!SHAPE.test(text)) return null;
  const pct = Number(text.slice(0, -1));
  return pct <= 100 ? pct : null;
}

/** `5%`, `0.5%`, `33.3333%`: percent with at most six significant digits. */
export function formatShare(pct: number): string {
  const rounded = Number(pct.toPrecision(6));
  const text = String(rounded);
  return `${text.includes('e') ? rounded.toFixed(12).replace(/\.?0+$/, '') : text}%`;
}

/** A fraction (0–1) as a share: `0.005` is `0.5%`. */
export function formatFraction(fraction: number): string {
  return formatShare(fraction * 100);
}

/** Percent to fraction, without the noise of binary division: 0.29 % is 0.0029. */
export function toFraction(pct: number): number {
  return Number((pct / 100).toPrecision(15));
}
