import { closeCohorts, guardNames, startLedger } from '../../guards';
import type { Evidence } from '../../guards';
import type { RolloutSpec } from '../../spec/types';
import type { TraceRow } from '../../spec/trace';
import { Mistake } from '../mistakes';
import { evidenceOf } from '../replay/evidence';
import { groupBy } from '../replay/group-by';
import { booked, byArm, knownBefore } from '../replay/replay';
import type { World } from './world';

/** Kinds whose `n` counts requests, the surest first. */
const COUNTING = ['errors', 'split', 'captureLoss', 'latency'];

/**
 * A recording. Its first tick is the first that a candidate gets requests in; what was recorded does not change with the share that the file
 * sets, so the file's stages decide only what is made of it.
 */
export function traceWorld(spec: RolloutSpec, rows: readonly TraceRow[]): World {
  const names = guardNames(spec.guards);
  const candidates = spec.candidates.map(({ name }) => name);
  const unknown = rows.find(({ guard }) => !names.includes(guard));
  if (unknown !== undefined)
    throw new Mistake(
      `Line ${unknown.line} of the trace is for ${unknown.guard}; the file's guards are ${names.join(', ')}.`
    );
  const live = rows.filter(({ phase }) => phase === undefined || phase === 'rollout');
  const times = live.map(({ t }) => Date.parse(t));
  if (times.length === 0) throw new Mistake('The trace has no tick of a rollout.');
  const incumbents = new Set(
    rows.flatMap(({ variant }) => (variant === undefined || candidates.includes(variant) ? [] : [variant]))
  );
  if (incumbents.size > 1)
    throw new Mistake(
      `The trace has ${[...incumbents].join(' and ')} beside the file's candidates; one of them is the incumbent.`
    );
  const incumbent = [...incumbents][0] ?? 'incumbent';
  const armsOf = (candidate: string) => ({ candidate, incumbent });
  const byGuard = groupBy(live, ({ guard }) => guard);
  const counted = COUNTING.find((name) => byGuard.has(name)) ?? [...byGuard.keys()][0] ?? '';

  return {
    incumbent,
    startMs: Math.min(...times) - spec.tickMs,
    endsMs: Math.max(...times),
    requestsPerSecond: requestRate(byGuard.get(counted) ?? [], times, spec.tickMs),
    before: knownBefore({ file: spec, rows, arms: armsOf(candidates[0] ?? 'candidate') }),
    ticks({ name, guard, plan, arm, throughMs, nowMs }) {
      const arms = armsOf(arm);
      const own = (byGuard.get(name) ?? []).filter(({ t }) => Date.parse(t) <= nowMs);
      const ready = groupBy(
        own.filter(({ predictedAt, t }) => predictedAt === undefined && Date.parse(t) > throughMs),
        ({ t }) => Date.parse(t)
      );
      const ticks = [...ready].map(([endMs, at]): { endMs: number; evidence: Evidence } => ({
        endMs,
        evidence: evidenceOf(plan, byArm(at, arms)),
      }));
      const late = live.filter(({ predictedAt, t }) => predictedAt !== undefined && Date.parse(t) <= nowMs);
      if (late.length > 0 && (guard.kind === 'quality' || guard.kind === 'labelLoss')) {
        if (spec.groundTruth === undefined)
          throw new Mistake('The trace has labels with "predictedAt", but the file has no groundTruth.');
        const { maturityMs } = spec.groundTruth;
        const ledger = late
          .filter(({ variant }) => variant === arm || variant === incumbent)
          .reduce((books, row) => booked(books, row, arms), startLedger({ tickMs: spec.tickMs, maturityMs }));
        for (const { outcomes, coverage } of closeCohorts(ledger, nowMs).closed) {
          const endMs = Date.parse(outcomes.key);
          const evidence = guard.kind === 'quality' ? outcomes : coverage;
          if (endMs > throughMs && evidence !== null) ticks.push({ endMs, evidence });
        }
      }
      return ticks.sort((a, b) => a.endMs - b.endMs);
    },
    requests({ startMs, endMs }) {
      const sums: Record<string, number> = {};
      for (const { variant, n, predicted, t } of byGuard.get(counted) ?? []) {
        const atMs = Date.parse(t);
        if (variant === undefined || atMs <= startMs || atMs > endMs) continue;
        sums[variant] = (sums[variant] ?? 0) + (predicted ?? n ?? 0);
      }
      return sums;
    },
  };
}

function requestRate(rows: readonly TraceRow[], times: readonly number[], tickMs: number): number {
  const total = rows.reduce((sum, { n, predicted }) => sum + (predicted ?? n ?? 0), 0);
  return (1_000 * total) / (Math.max(...times) - Math.min(...times) + tickMs);
}
