import { calibrate, limitOf, playCell } from '../cell';
import type { Row } from '../cell';
import type { Limit } from '../peers/oracle';
import { names } from '../rules';
import { count, interval, percent, table, times } from '../table';
import type { Traffic } from '../trace';
import { seeds, usual } from './section';
import type { Bench, Section } from './section';

const effects: readonly number[] = [0.015, 0.02, 0.05, 0.1, 0.5];

/** One traffic level: rules on equal arms, and on every regression with its limit. */
interface Level {
  readonly perSecond: number;
  readonly nulls: readonly Row[];
  readonly effects: readonly { readonly rate: number; readonly limit: Limit; readonly rows: readonly Row[] }[];
}

/** Detection at one traffic level. */
export const detection = (perSecond: number): Section => ({
  name: `d${perSecond}`,
  about: `detection at ${perSecond} requests/s`,
  play: async (bench) => {
    const level = await playLevel(bench, perSecond);
    return { text: textOf(level), data: dataOf(level) };
  },
});

async function playLevel({ pool, runs }: Bench, perSecond: number): Promise<Level> {
  const { ticks, share, rate, alpha } = usual;
  const base: Traffic = {
    ticks,
    share,
    requestsPerTick: usual.requestsPerTick(perSecond),
    incumbentRate: rate,
    candidateRate: rate,
  };
  const calibration = await calibrate(pool, {
    traffic: base,
    alpha,
    seed: seeds.calibration + perSecond,
    runs: runs(20_000),
  });
  const rules = { alpha, calibration, informed: false };
  const nulls = await playCell(pool, { traffic: base, rules, seed: seeds.null + perSecond, runs: runs(10_000) });
  const cells = [];
  for (const candidateRate of effects) {
    const traffic = { ...base, candidateRate };
    const cell = { traffic, seed: seeds.effect + perSecond + Math.round(candidateRate * 1e5), runs: runs(4000) };
    const limit = await limitOf(pool, { ...cell, alpha });
    const rows = await playCell(pool, { ...cell, rules: { ...rules, informed: true } });
    cells.push({ rate: candidateRate, limit, rows });
  }
  return { perSecond, nulls, effects: cells };
}

/** Least exposure of a calibrated threshold rule or calibrated Kayenta. */
const bestPeer = (rows: readonly Row[]): Row | undefined =>
  rows.filter(({ rule }) => rule.startsWith('calibrated')).sort((a, b) => a.exposed - b.exposed)[0];

function textOf(level: Level): string {
  const rules = (level.effects[0]?.rows ?? []).map(({ rule }) => rule);
  const head = [
    'rule',
    'false rollback',
    '95 % interval',
    ...level.effects.map(({ rate }) => `${percent(rate, 1)}: found, exposed, × limit, × peer`),
  ];
  const rows = rules.map((rule) => {
    const null_ = level.nulls.find((row) => row.rule === rule);
    return [
      rule,
      null_ === undefined ? '–' : percent(null_.stopped / null_.runs),
      null_ === undefined ? '–' : interval(null_.interval),
      ...level.effects.map(({ limit, rows: cells }) => {
        const row = cells.find((cell) => cell.rule === rule);
        const peer = bestPeer(cells);
        if (row === undefined || peer === undefined) return '–';
        return [
          percent(row.stopped / row.runs, 0).padStart(5),
          count(row.exposed).padStart(6),
          times(row.exposed / limit.exposed).padStart(6),
          times(row.exposed / peer.exposed).padStart(6),
        ].join(' ');
      }),
    ];
  });
  const limits = [
    names.oracle,
    percent(usual.alpha),
    'exact',
    ...level.effects.map(({ limit, rows: cells }) =>
      [
        percent(limit.detected, 0).padStart(5),
        count(limit.exposed).padStart(6),
        times(1).padStart(6),
        times(limit.exposed / (bestPeer(cells)?.exposed ?? NaN)).padStart(6),
      ].join(' ')
    ),
  ];
  return table(head, [...rows, limits]);
}

function dataOf(level: Level) {
  return {
    perSecond: level.perSecond,
    nulls: level.nulls.map(withoutStops),
    effects: level.effects.map(({ rate, limit, rows }) => ({
      rate,
      limit,
      rows: rows.map(withoutStops),
      bestPeer: bestPeer(rows)?.rule ?? null,
    })),
  };
}

/** A row without its runs. */
export const withoutStops = ({ stops: _, ...row }: Row): Omit<Row, 'stops'> => row;
