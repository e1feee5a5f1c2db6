import { clopperPearson } from '../numbers/clopper-pearson';
import { interval, percent, table } from '../table';
import type { Traffic } from '../trace';
import type { FleetRun } from './fleet-play';
import { seeds, usual } from './section';
import type { Section } from './section';

const settings: readonly {
  readonly perSecond: number;
  readonly share: number;
  readonly cv: number;
  readonly everyTicks: number;
}[] = [
  { perSecond: 10, share: 0.05, cv: 0, everyTicks: 1 },
  { perSecond: 10, share: 0.05, cv: 0.5, everyTicks: 1 },
  { perSecond: 10, share: 0.05, cv: 0.2, everyTicks: 10 },
  { perSecond: 10, share: 0.05, cv: 0.5, everyTicks: 10 },
  { perSecond: 100, share: 0.05, cv: 0.2, everyTicks: 1 },
  { perSecond: 100, share: 0.05, cv: 0.5, everyTicks: 1 },
  { perSecond: 100, share: 0.05, cv: 0.2, everyTicks: 10 },
  { perSecond: 100, share: 0.05, cv: 0.15, everyTicks: 15 },
  { perSecond: 10, share: 0.5, cv: 0.15, everyTicks: 10 },
];

/** 1.5 times the odds of 1 %. */
const MARGIN_RATE = 0.0149254;

/** Arms whose own rates wobble (gamma shocks of each arm's rate), with φ from an A/A phase of three hours. */
export const fleet: Section = {
  name: 'fleet',
  about:
    'fleet noise: each arm’s rate has its own gamma shocks; equal arms, a candidate twice as bad, one at the margin',
  play: async ({ pool, runs }) => {
    const rows = [];
    for (const [i, { perSecond, share, cv, everyTicks }] of settings.entries()) {
      const traffic: Traffic = {
        ticks: usual.ticks,
        share,
        requestsPerTick: usual.requestsPerTick(perSecond),
        incumbentRate: usual.rate,
        candidateRate: usual.rate,
        ...(cv > 0 ? { shocks: { cv, everyTicks, arms: 'each' } } : {}),
      };
      const play = async (candidateRate: number, count: number, seed: number) =>
        (await pool.run('fleet', { traffic: { ...traffic, candidateRate }, aaTicks: 180 }, { seed, count })).flat();
      const nulls = await play(usual.rate, runs(4000), seeds.fleet + i);
      const worse = await play(2 * usual.rate, runs(1000), seeds.fleet + 100 + i);
      const margin = await play(MARGIN_RATE, runs(2000), seeds.fleet + 200 + i);
      const stopped = nulls.filter(({ stop }) => stop < usual.ticks).length;
      rows.push({
        name: `${perSecond} requests/s, ${percent(share, 0)}, cv ${cv} for ${everyTicks} min`,
        phi: mean(nulls, ({ phi }) => phi),
        exact: mean(nulls, ({ mode }) => (mode === 'exact' ? 1 : 0)),
        both: mean(nulls, ({ mode }) => (mode === 'both' ? 1 : 0)),
        exactFalse: mean(nulls, ({ exactStop }) => (exactStop < usual.ticks ? 1 : 0)),
        falseRollback: stopped / nulls.length,
        kept: stopped / nulls.length <= usual.alpha + 2 * Math.sqrt((usual.alpha * (1 - usual.alpha)) / nulls.length),
        interval: clopperPearson(stopped, nulls.length),
        promoted: mean(margin, ({ passed }) => (passed ? 1 : 0)),
        found: mean(worse, ({ stop }) => (stop < usual.ticks ? 1 : 0)),
        minutes: mean(worse, ({ stop }) => Math.min(stop + 1, usual.ticks)),
      });
    }
    const text = table(
      [
        'setting',
        'mean φ (A/A)',
        'exact / both / fleet noise',
        'kept',
        'exact guard: false',
        'as chosen: false',
        '95 % interval',
        'at the margin: passed',
        'doubling: found',
        'mean min',
      ],
      rows.map((row) => [
        row.name,
        row.phi.toFixed(2),
        [row.exact, row.both, 1 - row.exact - row.both].map((part) => percent(part, 0)).join(' / '),
        row.kept ? 'yes' : 'NO',
        percent(row.exactFalse, 1),
        percent(row.falseRollback),
        interval(row.interval),
        percent(row.promoted, 1),
        percent(row.found, 0),
        row.minutes.toFixed(0),
      ])
    );
    return { text, data: rows };
  },
};

const mean = (runs: readonly FleetRun[], value: (run: FleetRun) => number): number =>
  runs.reduce((sum, run) => sum + value(run), 0) / runs.length;
