import { html } from '../card/html';
import type { Html } from '../card/html';
import { short } from './histogram';
import type { PageCheck } from './types';

const [WIDTH, HEIGHT, EDGE] = [170, 18, 6];

/** A value with its interval against the threshold, as inline SVG; null where there is no number. */
export function intervalBar({ verdict, value, interval, threshold }: PageCheck): Html | null {
  const ends = [value, threshold, ...(interval ?? [])].flatMap((one) =>
    one !== null && Number.isFinite(one) ? [one] : []
  );
  if (value === null || !Number.isFinite(value) || ends.length < 2) return null;
  // Zero belongs to the picture of a distance, not to that of a share near one.
  const all = Math.min(...ends) >= 0 && Math.min(...ends) < 0.5 * Math.max(...ends) ? [...ends, 0] : ends;
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const span = Math.max(high - low, 1e-12);
  const x = (at: number): number => Math.round((EDGE + ((at - low) / span) * (WIDTH - 2 * EDGE)) * 10) / 10;
  const [from, to] = (interval ?? [value, value]).map((end) => (Number.isFinite(end) ? x(end) : end > 0 ? WIDTH : 0));
  return html`<svg
    class="interval ${verdict}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="${short(value)}${threshold === null ? '' : ` against ${short(threshold)}`}"
  >
    <line class="grid" x1="0" x2="${WIDTH}" y1="9" y2="9" />
    ${interval === null ? null : html`<line class="sure" x1="${from ?? 0}" x2="${to ?? 0}" y1="9" y2="9" />`}
    ${threshold === null || !Number.isFinite(threshold) ? null : html`<line class="limit" x1="${x(threshold)}" x2="${x(threshold)}" y1="2" y2="16" />`}
    <circle cx="${x(value)}" cy="9" r="3.5" />
  </svg>`;
}
