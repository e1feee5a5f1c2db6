import { closeCohorts, guardNames, startLedger } from '../../guards';
import type { ArmCounts, ClosedCohort, Evidence } from '../../guards';
import type { BanditStage, RolloutSpec } from '../../spec/types';
import type { TraceRow } from '../../spec/trace';
import { Mistake } from '../mistakes';
import { evidenceOf, need } from '../replay/evidence';
import { groupBy } from '../replay/group-by';
import { booked, byArm, knownBefore } from '../replay/replay';
import { rewardGuard } from './world';
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
  const late = live.filter(({ predictedAt }) => predictedAt !== undefined);

  /** Cohorts of a candidate and the incumbent whose labels are ripe, of the labels that are given one by one. */
  const closedCohorts = (arm: string, nowMs: number): readonly ClosedCohort[] => {
    const known = late.filter(({ t }) => Date.parse(t) <= nowMs);
    if (known.length === 0) return [];
    if (spec.groundTruth === undefined)
      throw new Mistake('The trace has labels with "predictedAt", but the file has no groundTruth.');
    const { maturityMs } = spec.groundTruth;
    const ledger = known
      .filter(({ variant }) => variant === arm || variant === incumbent)
      .reduce((books, row) => booked(books, row, armsOf(arm)), startLedger({ tickMs: spec.tickMs, maturityMs }));
    return closeCohorts(ledger, nowMs).closed;
  };

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
      if (guard.kind === 'quality' || guard.kind === 'labelLoss') {
        for (const { outcomes, coverage } of closedCohorts(arm, nowMs)) {
          const endMs = Date.parse(outcomes.key);
          const evidence = guard.kind === 'quality' ? outcomes : coverage;
          if (endMs > throughMs && evidence !== null) ticks.push({ endMs, evidence });
        }
      }
      return ticks.sort((a, b) => a.endMs - b.endMs);
    },
    rewards({ reward, throughMs, nowMs }) {
      const name = names[rewardGuard(spec, reward)];
      if (name === undefined) throw new Mistake(unrewarded(reward));
      const byEnd = new Map<number, Record<string, ArmCounts>>();
      const add = (endMs: number, arms: Readonly<Record<string, ArmCounts>>): void => {
        if (endMs > throughMs && endMs <= nowMs) byEnd.set(endMs, { ...byEnd.get(endMs), ...arms });
      };
      const ready = (byGuard.get(name) ?? []).filter(({ predictedAt }) => predictedAt === undefined);
      for (const [endMs, at] of groupBy(ready, ({ t }) => Date.parse(t)))
        for (const variant of [incumbent, ...candidates]) {
          const { candidate: row } = byArm(at, armsOf(variant));
          if (row !== null) add(endMs, { [variant]: outcomesOf(row, reward) });
        }
      if (reward.kind === 'quality')
        for (const arm of candidates)
          for (const { outcomes } of closedCohorts(arm, nowMs))
            add(Date.parse(outcomes.key), { [arm]: outcomes.candidate, [incumbent]: outcomes.incumbent });
      return [...byEnd].map(([endMs, arms]) => ({ endMs, arms })).sort((a, b) => a.endMs - b.endMs);
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

/** A label counts wrong answers, an event those that reached it. */
function outcomesOf(row: TraceRow, { kind }: BanditStage['reward']): ArmCounts {
  const [n, k] = [need(row, 'n'), need(row, 'k')];
  return { n, bad: kind === 'quality' ? k : n - k };
}

function unrewarded(reward: BanditStage['reward']): string {
  const guard =
    reward.kind === 'quality'
      ? '`kind: quality`'
      : `\`kind: goal, event: ${reward.event}, unit: request, required: false\``;
  return `The bandit is rewarded by what no guard of the file counts, so the trace cannot tell it: add a guard of ${guard}, and its rows.`;
}
