import { calibrate, playCell } from '../cell';
import { percent, table } from '../table';
import type { Traffic } from '../trace';
import { seeds, usual } from './section';
import type { Section } from './section';

const { ticks, share, rate, alpha } = usual;
const base: Traffic = {
  ticks,
  share,
  requestsPerTick: usual.requestsPerTick(10),
  incumbentRate: rate,
  candidateRate: rate,
};

/** Minute of the break and the rate after it. 97 is no multiple of any window or schedule. */
const breaks = [
  { minute: 30, rate: 0.05 },
  { minute: 90, rate: 0.05 },
  { minute: 97, rate: 0.05 },
  { minute: 90, rate: 0.5 },
  { minute: 60, rate: 0.02 },
] as const;

/** A candidate that is fine at first and breaks later. */
export const late: Section = {
  name: 'late',
  about: 'a candidate that breaks later: found, mean minutes from the break (the rest of the window when not found)',
  play: async ({ pool, runs }) => {
    const calibration = await calibrate(pool, {
      traffic: base,
      alpha,
      seed: seeds.calibration + 10,
      runs: runs(20_000),
    });
    const cells: { minute: number; rate: number; rows: readonly ReturnType<typeof afterBreak>[] }[] = [];
    for (const [i, { minute, rate: broken }] of breaks.entries()) {
      const traffic = { ...base, candidateRate: Array.from({ length: ticks }, (_, t) => (t < minute ? rate : broken)) };
      const rows = await playCell(pool, {
        traffic,
        rules: { alpha, calibration, informed: true },
        seed: seeds.late + i,
        runs: runs(3000),
      });
      cells.push({ minute, rate: broken, rows: rows.map(({ rule, stops }) => afterBreak(rule, stops, minute)) });
    }
    const rules = (cells[0]?.rows ?? []).map(({ rule }) => rule).filter((rule) => !rule.startsWith('documented'));
    const text = table(
      ['rule', ...cells.map((cell) => `${cell.minute} min, ${percent(cell.rate, 0)}`)],
      rules.map((rule) => [
        rule,
        ...cells.map(({ rows }) => {
          const row = rows.find((cell) => cell.rule === rule);
          return row === undefined ? '–' : `${percent(row.found, 0)} ${row.minutes.toFixed(1).padStart(6)}`;
        }),
      ])
    );
    return { text, data: cells };
  },
};

/** Runs that were rolled back before the break are left out. */
function afterBreak(rule: string, stops: readonly number[], minute: number) {
  const kept = stops.filter((stop) => stop >= minute);
  return {
    rule,
    found: kept.filter((stop) => stop < ticks).length / kept.length,
    minutes: kept.reduce((sum, stop) => sum + Math.min(stop, ticks - 1) - minute + 1, 0) / kept.length,
  };
}
