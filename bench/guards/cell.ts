import type { Outcome } from './jobs';
import { clopperPearson } from './numbers/clopper-pearson';
import { oracleLimit } from './peers/oracle';
import type { Limit } from './peers/oracle';
import type { Pool } from './pool';
import type { Calibration, RuleSet } from './rules';
import type { Traffic } from './trace';

/** What one rule did over all runs of a cell. */
export interface Row {
  readonly rule: string;
  readonly runs: number;
  readonly stopped: number;
  /** 95 % Clopper–Pearson interval of the share of runs that stopped. */
  readonly interval: readonly [number, number];
  /** Mean candidate requests served until the stop, or in the whole window. */
  readonly exposed: number;
  /** Standard error of that mean. */
  readonly exposedError: number;
  readonly stops: readonly number[];
}

/** Plays all rules over the same runs. */
export async function playCell(
  pool: Pool,
  cell: { readonly traffic: Traffic; readonly rules: RuleSet; readonly seed: number; readonly runs: number }
): Promise<readonly Row[]> {
  const { traffic, rules, seed, runs } = cell;
  const parts = await pool.run('play', { traffic, rules }, { seed, count: runs });
  return joined(parts).map(({ rule, stops, exposed }) => {
    const stopped = stops.filter((stop) => stop < traffic.ticks).length;
    const mean = exposed.reduce((a, b) => a + b, 0) / runs;
    const variance = exposed.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, runs - 1);
    return {
      rule,
      runs,
      stopped,
      interval: clopperPearson(stopped, runs),
      exposed: mean,
      exposedError: Math.sqrt(variance / runs),
      stops,
    };
  });
}

function joined(parts: readonly (readonly Outcome[])[]): readonly Outcome[] {
  const [first] = parts;
  return (first ?? []).map(({ rule }, i) => ({
    rule,
    stops: parts.flatMap((part) => part[i]?.stops ?? []),
    exposed: parts.flatMap((part) => part[i]?.exposed ?? []),
  }));
}

/** The limit of a cell, on the very runs that the rules play. */
export async function limitOf(
  pool: Pool,
  cell: { readonly traffic: Traffic; readonly alpha: number; readonly seed: number; readonly runs: number }
): Promise<Limit> {
  const parts = await pool.run('oracle', { traffic: cell.traffic }, { seed: cell.seed, count: cell.runs });
  return oracleLimit(parts.flat(), cell.alpha);
}

/** Thresholds at which the running statistics of null traffic exceed them in at most `alpha` of the runs. */
export async function calibrate(
  pool: Pool,
  cell: { readonly traffic: Traffic; readonly alpha: number; readonly seed: number; readonly runs: number }
): Promise<Calibration> {
  const parts = await pool.run('calibrate', { traffic: cell.traffic }, { seed: cell.seed, count: cell.runs });
  const rules = (parts[0] ?? []).map(({ rule }) => rule);
  return Object.fromEntries(
    rules.map((rule, i) => {
      const values = parts.flatMap((part) => part[i]?.values ?? []).sort((a, b) => a - b);
      return [rule, values[Math.ceil((1 - cell.alpha) * (values.length - 1))] ?? Infinity];
    })
  );
}
