import type { Html } from '../card/html';
import { plotSvg } from '../card/plot';
import type { Point } from '../card/plot';
import { short } from './histogram';
import type { PageCheck, PageWindow } from './types';

/** So many courses are drawn: of what is nearest to its threshold now, or beyond it. */
const MOST_PLOTS = 6;

/** How the values that matter most went over the windows before, each with its threshold. */
export function historyPlots(windows: readonly PageWindow[]): readonly Html[] {
  const [first, last] = [windows[0], windows.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  const drawn = last.checks
    .filter(({ value, threshold }) => value !== null && threshold !== null)
    .sort((a, b) => nearness(b) - nearness(a))
    .slice(0, MOST_PLOTS);
  return drawn.map(({ subject, check, threshold }) => {
    const points = windows.map(({ toMs, checks }): Point => {
      const then = checks.find((one) => one.subject === subject && one.check === check);
      return [toMs, then?.value ?? null];
    });
    const values = [...points.flatMap(([, value]) => value ?? []), threshold ?? 0];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = Math.max(high - low, 1e-9) / 10;
    return plotSvg({
      title: `${subject}: ${check}`,
      ...{ from: first.toMs, to: last.toMs, lowest: low - margin, highest: high + margin },
      lines: [{ label: 'value', style: 'set', points }],
      marks: [{ at: threshold ?? 0, label: `threshold ${short(threshold ?? 0)}` }],
      ticks: [low, (low + high) / 2, high].map((at) => ({ at, label: short(at) })),
    });
  });
}

/** Failed before undecided before passed, then by how far along to the threshold. */
function nearness({ verdict, value, threshold }: PageCheck): number {
  const rank = { fail: 3, error: 2, inconclusive: 1, pass: 0 }[verdict];
  const ratio = Math.abs(value ?? 0) / Math.max(1e-12, Math.abs(threshold ?? 1));
  return rank * 10 + Math.min(9, ratio);
}
