import { clopperPearson } from '../numbers/clopper-pearson';
import { count, interval, percent, table } from '../table';
import type { LatencyCell, LatencyRun } from './latency-play';
import { seeds, usual } from './section';
import type { Section } from './section';

const changes: readonly { readonly name: string; readonly slow: number; readonly times: number }[] = [
  { name: 'none', slow: 0, times: 1 },
  { name: 'all 5 % slower', slow: 1, times: 1.05 },
  { name: 'all 10 % slower', slow: 1, times: 1.1 },
  { name: 'all 50 % slower', slow: 1, times: 1.5 },
  { name: '2 % of requests 4×', slow: 0.02, times: 4 },
  { name: '10 % of requests 3×', slow: 0.1, times: 3 },
];

/** Wobble of each arm's log scale a minute; the second gives φ of about 1.5 at 30 candidate requests a minute. */
const wobbles: readonly number[] = [0, 0.1];

/** Latency: a shift of all requests, and a slow tail; without and with fleet noise. */
export const latency: Section = {
  name: 'latency',
  about: 'latency, log-normal (σ 0.6), 10 requests/s, canary 5 %: found, mean candidate requests until the rollback',
  play: async ({ pool, runs }) => {
    const texts: string[] = [];
    const data: unknown[] = [];
    for (const wobble of wobbles) {
      const cell = { requestsPerTick: usual.requestsPerTick(10), slow: 0, times: 1, wobble, alarms: null };
      const null_ = (await pool.run('latency', cell, { seed: seeds.latency, count: runs(10_000) })).flat();
      const alarms = thresholds(null_);
      const columns: { name: string; rows: Readonly<Record<string, Summary>> }[] = [];
      let phi = NaN;
      for (const [i, { name, slow, times }] of changes.entries()) {
        const played: LatencyCell = { ...cell, slow, times, alarms };
        const all = (
          await pool.run('latency', played, { seed: seeds.latency + 1 + i, count: runs(i === 0 ? 4000 : 1000) })
        ).flat();
        columns.push({ name, rows: summary(all) });
        if (i === 0) phi = all.reduce((sum, run) => sum + run.phi, 0) / all.length;
      }
      const rules = Object.keys(columns[0]?.rows ?? {});
      texts.push(
        `each arm’s scale wobbles by ${percent(wobble, 0)} a minute: mean φ ${phi.toFixed(2)} in an A/A phase of three hours\n` +
          table(
            ['rule', 'false rollback', '95 % interval', ...columns.slice(1).map(({ name }) => name)],
            rules.map((rule) => [
              rule,
              percent(columns[0]?.rows[rule]?.found ?? NaN),
              interval(columns[0]?.rows[rule]?.interval ?? [NaN, NaN]),
              ...columns.slice(1).map(({ rows }) => {
                const row = rows[rule];
                return row === undefined
                  ? '–'
                  : `${percent(row.found, 1).padStart(7)} ${count(row.exposed).padStart(6)}`;
              }),
            ])
          )
      );
      data.push({ wobble, phi, columns });
    }
    return { text: texts.join('\n\n'), data };
  },
};

/** Alarms at exactly α on null traffic of the same kind. */
function thresholds(runs: readonly LatencyRun[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.keys(runs[0]?.maxima ?? {}).map((name) => {
      const values = runs.map(({ maxima }) => maxima[name] ?? 0).sort((a, b) => a - b);
      return [name, values[Math.ceil((1 - usual.alpha) * (values.length - 1))] ?? Infinity];
    })
  );
}

interface Summary {
  readonly found: number;
  readonly interval: readonly [number, number];
  readonly exposed: number;
}

function summary(runs: readonly LatencyRun[]): Readonly<Record<string, Summary>> {
  return Object.fromEntries(
    Object.keys(runs[0]?.stops ?? {}).map((rule) => {
      const found = runs.filter(({ stops }) => (stops[rule]?.stop ?? usual.ticks) < usual.ticks).length;
      const exposed = runs.reduce((sum, { stops }) => sum + (stops[rule]?.exposed ?? 0), 0) / runs.length;
      return [rule, { found: found / runs.length, interval: clopperPearson(found, runs.length), exposed }];
    })
  );
}
