import { clopperPearson } from '../numbers/clopper-pearson';
import { count, interval, percent, table } from '../table';
import type { DelayedCell, Labels } from './delayed-play';
import { seeds, usual } from './section';
import type { Section } from './section';

const labelled = (delay: number, share = 0.3): Labels => ({ share, delay });

/** Label delays by arm, and the age at which a minute's predictions are judged. */
const cases: readonly {
  readonly name: string;
  readonly candidate: Labels;
  readonly incumbent: Labels;
  readonly minutes: number;
  readonly kind?: 'pendingIsWrong';
}[] = [
  { name: 'labels at once', candidate: labelled(0), incumbent: labelled(0), minutes: 0 },
  { name: '10 min late, closed at 15', candidate: labelled(10), incumbent: labelled(10), minutes: 15 },
  { name: '30 min late, closed at 30', candidate: labelled(30), incumbent: labelled(30), minutes: 30 },
  { name: '60 min late, closed at 45', candidate: labelled(60), incumbent: labelled(60), minutes: 45 },
  {
    name: 'candidate 60 min, incumbent 10 min, closed at 30',
    candidate: labelled(60),
    incumbent: labelled(10),
    minutes: 30,
  },
  {
    name: 'candidate 10 min, incumbent 60 min, closed at 30',
    candidate: labelled(10),
    incumbent: labelled(60),
    minutes: 30,
  },
  {
    name: 'half of the candidate’s labels missing, closed at 15',
    candidate: labelled(10, 0.15),
    incumbent: labelled(10),
    minutes: 15,
  },
  {
    name: 'trap: unlabelled counted as wrong, candidate 60 min late',
    candidate: labelled(60),
    incumbent: labelled(10),
    minutes: 30,
    kind: 'pendingIsWrong',
  },
];

/** Late labels: 10 % of predictions wrong, or 15 % of the candidate's. */
export const delayed: Section = {
  name: 'delayed',
  about: 'late labels: 10 % wrong → 15 % wrong, 10 requests/s, canary 5 %, 30 % of predictions ever get a label',
  play: async ({ pool, runs }) => {
    const rows = [];
    for (const [i, { name, candidate, incumbent, minutes, kind }] of cases.entries()) {
      const cell = (rate: number): DelayedCell => ({
        ticks: usual.ticks,
        requestsPerTick: usual.requestsPerTick(10),
        share: usual.share,
        candidate: { rate, labels: candidate },
        incumbent: { rate: 0.1, labels: incumbent },
        closing: { kind: kind ?? 'maturity', minutes },
      });
      const nulls = (await pool.run('delayed', cell(0.1), { seed: seeds.delayed + i, count: runs(10_000) })).flat();
      const worse = (
        await pool.run('delayed', cell(0.15), { seed: seeds.delayed + 100 + i, count: runs(3000) })
      ).flat();
      const stopped = nulls.filter(({ stop }) => stop < usual.ticks).length;
      rows.push({
        name,
        falseRollback: stopped / nulls.length,
        interval: clopperPearson(stopped, nulls.length),
        found: worse.filter(({ stop }) => stop < usual.ticks).length / worse.length,
        exposed: worse.reduce((sum, run) => sum + run.exposed, 0) / worse.length,
      });
    }
    const text = table(
      ['labels', 'false rollback', '95 % interval', 'found', 'exposed'],
      rows.map((row) => [
        row.name,
        percent(row.falseRollback),
        interval(row.interval),
        percent(row.found, 1),
        count(row.exposed),
      ])
    );
    return { text, data: rows };
  },
};
