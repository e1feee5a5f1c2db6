import { calibrate, playCell } from '../cell';
import type { Row } from '../cell';
import { names } from '../rules';
import { interval, percent, table } from '../table';
import type { Traffic } from '../trace';
import { withoutStops } from './detection';
import { seeds, usual } from './section';
import type { Section } from './section';

const { ticks, share, rate, alpha } = usual;
const perTick = (value: (tick: number) => number): readonly number[] =>
  Array.from({ length: ticks }, (_, t) => value(t));

const base: Traffic = {
  ticks,
  share,
  requestsPerTick: usual.requestsPerTick(10),
  incumbentRate: rate,
  candidateRate: rate,
};
const both = (rates: number | readonly number[], more: Partial<Traffic> = {}): Traffic => ({
  ...base,
  incumbentRate: rates,
  candidateRate: rates,
  ...more,
});
const stage = (shares: readonly number[], minutes: number) =>
  perTick((t) => shares[Math.min(shares.length - 1, Math.floor(t / minutes))] ?? NaN);

/** Traffic in which the candidate is no worse than the incumbent: every rollback is false. */
export const stressCells: readonly { readonly name: string; readonly traffic: Traffic }[] = [
  { name: 'stationary, 10 requests/s', traffic: base },
  {
    name: 'base rate drifts, 0.4–1.6 %',
    traffic: both(perTick((t) => 0.01 * (1 + 0.6 * Math.sin((2 * Math.PI * t) / ticks)))),
  },
  { name: 'incident in both arms, 5 % for 30 min', traffic: both(perTick((t) => (t >= 60 && t < 90 ? 0.05 : 0.01))) },
  {
    name: 'shocks of the base rate every minute, cv 1',
    traffic: both(0.01, { shocks: { cv: 1, everyTicks: 1, arms: 'common' } }),
  },
  {
    name: 'ramp 5-10-25-50 % while errors rise 0.5–2 %',
    traffic: both(
      perTick((t) => 0.005 + (0.015 * t) / ticks),
      { share: stage([0.05, 0.1, 0.25, 0.5], 45) }
    ),
  },
  {
    name: 'share 5-40-10-50-5-25 % while errors fall and rise',
    traffic: both(
      perTick((t) => 0.012 + 0.01 * Math.cos(t / 14)),
      { share: stage([0.05, 0.4, 0.1, 0.5, 0.05, 0.25], 30) }
    ),
  },
  { name: 'candidate slightly better, 0.9 %', traffic: { ...base, candidateRate: 0.009 } },
  { name: 'rare errors, 0.1 %', traffic: both(0.001) },
  { name: 'frequent errors, 30 %', traffic: both(0.3) },
  { name: '1 request/s', traffic: { ...base, requestsPerTick: usual.requestsPerTick(1) } },
  { name: '100 requests/s', traffic: { ...base, requestsPerTick: usual.requestsPerTick(100) } },
  { name: '1,000 requests/s', traffic: { ...base, requestsPerTick: usual.requestsPerTick(1000) } },
];

/** False rollbacks on equal arms, by rule and cell. */
export const stress: Section = {
  name: 'stress',
  about: 'equal arms under stress: every rollback is false',
  play: async ({ pool, runs }) => {
    const calibration = await calibrate(pool, {
      traffic: base,
      alpha,
      seed: seeds.calibration + 10,
      runs: runs(20_000),
    });
    const cells: { name: string; rows: readonly Row[] }[] = [];
    for (const [i, { name, traffic }] of stressCells.entries()) {
      const rules = { alpha, calibration, informed: false };
      cells.push({ name, rows: await playCell(pool, { traffic, rules, seed: seeds.stress + i, runs: runs(10_000) }) });
    }
    const letter = (i: number) => String.fromCharCode(97 + i);
    const rules = (cells[0]?.rows ?? []).map(({ rule }) => rule);
    const share = (row: { readonly stopped: number; readonly runs: number } | undefined) =>
      row === undefined ? '–' : percent(row.stopped / row.runs, 1);
    const all = table(
      ['rule', ...cells.map((_, i) => letter(i))],
      rules.map((rule) => [rule, ...cells.map(({ rows }) => share(rows.find((row) => row.rule === rule)))])
    );
    const own = table(
      ['our guard', 'false rollback', '95 % interval', 'within α + 2 errors'],
      cells.map(({ name, rows }, i) => {
        const row = rows.find(({ rule }) => rule === names.ours);
        if (row === undefined) return [name];
        const false_ = row.stopped / row.runs;
        const kept = false_ <= alpha + 2 * Math.sqrt((alpha * (1 - alpha)) / row.runs);
        return [`(${letter(i)}) ${name}`, percent(false_), interval(row.interval), kept ? 'yes' : 'NO'];
      })
    );
    return {
      text: `${all}\n\n${own}`,
      data: cells.map(({ name, rows }) => ({ name, rows: rows.map(withoutStops) })),
    };
  },
};
