import { html } from '../card/html';
import type { Html } from '../card/html';
import { percent } from '../words';
import type { Distribution, PageFeature } from './types';

const [WIDTH, HEIGHT, LEFT] = [220, 56, 2];
const MOST_NAMES = 6;

/** A feature before (filled) and now (line), as inline SVG; null where neither is known, or the two are not of one kind. */
export function histogram({ name, baseline, current }: PageFeature): Html | null {
  const known = baseline ?? current;
  if (known === null || (baseline !== null && current !== null && baseline.kind !== current.kind)) return null;
  return known.kind === 'numbers'
    ? numbers(name, numbersOf(baseline), numbersOf(current))
    : names(name, namesOf(baseline), namesOf(current));
}

type Bars<Kind extends Distribution['kind']> = Extract<Distribution, { kind: Kind }>['bars'];

const numbersOf = (of: Distribution | null): Bars<'numbers'> => (of?.kind === 'numbers' ? of.bars : []);
const namesOf = (of: Distribution | null): Bars<'names'> => (of?.kind === 'names' ? of.bars : []);

/** Both by their density, so that bars of different width compare. */
function numbers(name: string, before: Bars<'numbers'>, now: Bars<'numbers'>): Html {
  const all = [...before, ...now];
  const low = Math.min(...all.map(({ from }) => from));
  const high = Math.max(...all.map(({ to }) => to));
  const span = Math.max(high - low, 1e-300);
  const least = span / 100;
  const density = ({ from, to, share }: Bars<'numbers'>[number]): number => share / Math.max(to - from, least);
  const most = Math.max(...all.map(density), 1e-300);
  const x = (value: number): number => round(LEFT + ((value - low) / span) * (WIDTH - 2 * LEFT));
  const y = (value: number): number => round(HEIGHT - 14 - (value / most) * (HEIGHT - 18));
  const outline = (bars: Bars<'numbers'>): string =>
    bars
      .map((bar, i) => {
        const [from, to, top] = [x(bar.from), x(Math.max(bar.to, bar.from + least)), y(density(bar))];
        return `${i === 0 ? `M${from} ${HEIGHT - 14}` : ''}L${from} ${top}L${to} ${top}${i === bars.length - 1 ? `L${to} ${HEIGHT - 14}` : ''}`;
      })
      .join('');
  return html`<svg
    class="spread"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="${name}: baseline and now, ${short(low)} to ${short(high)}"
  >
    <path class="before" d="${outline(before)}" />
    <path class="now" d="${outline(now)}" />
    <text x="${LEFT}" y="${HEIGHT - 2}">${short(low)}</text>
    <text class="end" x="${WIDTH - LEFT}" y="${HEIGHT - 2}">${short(high)}</text>
  </svg>`;
}

/** The names that are most frequent on either side, each with two bars. */
function names(name: string, before: Bars<'names'>, now: Bars<'names'>): Html {
  const shareOf = (bars: Bars<'names'>, of: string): number => bars.find((bar) => bar.name === of)?.share ?? 0;
  const all = [...new Set([...before, ...now].map((bar) => bar.name))]
    .map((each) => ({ each, was: shareOf(before, each), is: shareOf(now, each) }))
    .sort((a, b) => Math.max(b.was, b.is) - Math.max(a.was, a.is));
  const shown = all.slice(0, MOST_NAMES);
  const most = Math.max(...shown.map(({ was, is }) => Math.max(was, is)), 1e-9);
  const height = shown.length * 16 + (all.length > shown.length ? 14 : 2);
  const wide = (share: number): number => round((share / most) * 96);
  return html`<svg
    class="spread"
    viewBox="0 0 ${WIDTH} ${height}"
    style="height:${height}px"
    role="img"
    aria-label="${name}: baseline and now, by value"
  >
    ${shown.map(
      ({ each, was, is }, i) =>
        html`<text class="end" x="70" y="${i * 16 + 11}">${clip(each)}</text>
          <rect class="before" x="74" y="${i * 16 + 2}" width="${wide(was)}" height="5" /><rect
            class="now"
            x="74"
            y="${i * 16 + 8}"
            width="${wide(is)}"
            height="5"
          />
          <text x="${78 + Math.max(wide(was), wide(is))}" y="${i * 16 + 11}">${percent(100 * is)}</text>`
    )}
    ${all.length > shown.length ? html`<text x="74" y="${height - 3}">and ${all.length - shown.length} more</text>` : null}
  </svg>`;
}

export const short = (value: number): string => String(Number(value.toPrecision(4)));
const round = (value: number): number => Math.round(value * 10) / 10;
const clip = (text: string): string => (text.length > 11 ? `${text.slice(0, 10)}…` : text);
