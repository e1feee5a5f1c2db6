import type { GuardPlan } from '../../guards/types';
import type { Html } from './html';
import type { Measurement } from './measurement';
import { plotSvg } from './plot';
import type { Point } from './plot';

const SHARE_TICKS = [0, 5, 10, 25, 50, 100];
const ODDS_TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10];

/** The candidate's share over time: as set, and as counted. */
export function sharePlot(measurements: readonly Measurement[]): Html | null {
  const span = spanOf(measurements);
  if (span === null) return null;
  const highest = Math.max(
    5,
    ...measurements.map(({ sharePct, actualSharePct }) => Math.max(sharePct, actualSharePct ?? 0))
  );
  return plotSvg({
    title: 'Share of the traffic',
    ...span,
    lowest: 0,
    highest,
    lines: [
      {
        label: 'as set',
        style: 'set',
        stepped: true,
        points: measurements.map(({ atMs, sharePct }): Point => [atMs, sharePct]),
      },
      {
        label: 'as counted',
        style: 'actual',
        points: measurements.map(({ atMs, actualSharePct }): Point => [atMs, actualSharePct]),
      },
    ],
    marks: [],
    ticks: SHARE_TICKS.filter((at) => at <= highest).map((at) => ({ at, label: `${at} %` })),
  });
}

/** A guard's evidence towards both decisions, as a fraction of the log e-value that each needs. */
export function evidencePlot(name: string, measurements: readonly Measurement[]): Html | null {
  const span = spanOf(measurements);
  if (span === null) return null;
  const towards = (which: 'harm' | 'promote'): readonly Point[] =>
    measurements.map(({ atMs, verdicts }) => {
      const progress = verdicts[name]?.numbers[which];
      return [atMs, progress === undefined ? null : progress.logE / Math.max(1e-9, progress.needs)];
    });
  return plotSvg({
    title: `${name}: evidence (1 decides)`,
    ...span,
    lowest: -0.5,
    highest: 1.15,
    lines: [
      { label: 'that it is worse', style: 'fail', points: towards('harm') },
      { label: 'that it is good enough', style: 'pass', points: towards('promote') },
    ],
    marks: [{ at: 1, label: 'decides' }],
    ticks: [-0.5, 0, 0.5, 1].map((at) => ({ at, label: String(at) })),
  });
}

/** A guard's odds ratio with its anytime-valid interval, against the margins. */
export function effectPlot(plan: GuardPlan, measurements: readonly Measurement[]): Html | null {
  const span = spanOf(measurements);
  if (span === null || !('promoteOddsRatio' in plan)) return null;
  const numbers = measurements.map(({ atMs, verdicts }) => ({ atMs, numbers: verdicts[plan.name]?.numbers }));
  return plotSvg({
    title: `${plan.name}: odds of a bad event, candidate over incumbent`,
    ...span,
    lowest: 0.1,
    highest: 10,
    log: true,
    lines: [
      {
        label: 'estimate',
        style: 'estimate',
        points: numbers.map(({ atMs, numbers: n }): Point => [atMs, n?.oddsRatio ?? null]),
      },
    ],
    band: numbers.flatMap(({ atMs, numbers: n }) =>
      n === undefined ? [] : [{ atMs, low: n.interval[0], high: n.interval[1] }]
    ),
    marks: [
      { at: plan.promoteOddsRatio, label: `margin ${Number(plan.promoteOddsRatio.toPrecision(3))}` },
      { at: plan.rollbackOddsRatio, label: 'rolls back beyond' },
    ],
    ticks: ODDS_TICKS.map((at) => ({ at, label: String(at) })),
  });
}

function spanOf(measurements: readonly Measurement[]): { readonly from: number; readonly to: number } | null {
  const [first, last] = [measurements[0], measurements.at(-1)];
  return first === undefined || last === undefined || first === last ? null : { from: first.atMs, to: last.atMs };
}
