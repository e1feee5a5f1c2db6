import { clock } from '../words';
import { html } from './html';
import type { Html } from './html';

/** A point in time and a value; null where nothing was known. */
export type Point = readonly [atMs: number, value: number | null];

export interface Line {
  readonly label: string;
  /** CSS class that colours it: `pass`, `fail`, `set`, `actual`, `estimate`. */
  readonly style: string;
  readonly points: readonly Point[];
  /** Values hold until the next point. */
  readonly stepped?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  readonly lowest: number;
  readonly highest: number;
  readonly log?: boolean;
  readonly lines: readonly Line[];
  /** An interval around the estimate: null bounds reach the edge. */
  readonly band?: readonly { readonly atMs: number; readonly low: number | null; readonly high: number | null }[];
  /** Horizontal lines with a meaning. */
  readonly marks: readonly { readonly at: number; readonly label: string }[];
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 56;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;

/** A plot as inline SVG, which every browser and mail program shows without a script. */
export function plotSvg(plot: Plot): Html {
  const x = (atMs: number): number =>
    LEFT + ((atMs - plot.from) / Math.max(1, plot.to - plot.from)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => {
    const [value01, low, high] = plot.log
      ? [Math.log(value), Math.log(plot.lowest), Math.log(plot.highest)]
      : [value, plot.lowest, plot.highest];
    const within = Math.min(1, Math.max(0, (value01 - low) / Math.max(1e-12, high - low)));
    return HEIGHT - BOTTOM - within * (HEIGHT - TOP - BOTTOM);
  };
  return html`<figure>
    <figcaption>${plot.title}${legend(plot.lines)}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${plot.title}">
      ${plot.ticks.map(({ at, label }) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(at))}" y2="${round(y(at))}" /><text class="tick" x="${LEFT - 6}" y="${round(y(at) + 4)}">${label}</text>`)}
      ${timeTicks(plot).map((atMs, i, all) => html`<text class="time ${i === 0 ? 'first' : i === all.length - 1 ? 'last' : ''}" x="${round(x(atMs))}" y="${HEIGHT - 6}">${clock(atMs, plot.to)}</text>`)}
      ${bandOf(plot, x, y)}
      ${plot.marks.map(({ at, label }, i) => html`<line class="mark" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(at))}" y2="${round(y(at))}" /><text class="marked" x="${WIDTH - RIGHT}" y="${round(y(at) + (i % 2 === 0 ? -4 : 12))}">${label}</text>`)}
      ${plot.lines.map((line) => html`<path class="line ${line.style}" d="${pathOf(line, x, y)}" />`)}
    </svg>
  </figure> `;
}

function legend(lines: readonly Line[]): Html {
  return html`<span class="legend"
    >${lines.map(({ label, style }) => html`<span class="${style}">${label}</span>`)}</span
  >`;
}

function pathOf(line: Line, x: (atMs: number) => number, y: (value: number) => number): string {
  let path = '';
  let pen = false;
  let lastY = 0;
  for (const [atMs, value] of line.points) {
    if (value === null) {
      pen = false;
      continue;
    }
    const [px, py] = [round(x(atMs)), round(y(value))];
    path += pen ? `${line.stepped ? `L${px} ${lastY}` : ''}L${px} ${py}` : `M${px} ${py}`;
    pen = true;
    lastY = py;
  }
  return path;
}

function bandOf(plot: Plot, x: (atMs: number) => number, y: (value: number) => number): Html | null {
  const { band } = plot;
  if (band === undefined || band.length < 2) return null;
  const upper = band.map(({ atMs, high }) => `${round(x(atMs))} ${round(y(high ?? plot.highest))}`);
  const lower = band.map(({ atMs, low }) => `${round(x(atMs))} ${round(y(low ?? plot.lowest))}`).reverse();
  return html`<path class="band" d="M${[...upper, ...lower].join('L')}Z" />`;
}

function timeTicks({ from, to }: Plot): readonly number[] {
  return [0, 0.25, 0.5, 0.75, 1].map((part) => from + part * (to - from));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
