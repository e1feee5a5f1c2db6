import type { KnownLabels, KnownValues } from '../guards/foretell';
import type { ArmCounts, Evidence } from '../guards/types';
import type { GuardSpec, ScoreShiftGuard } from '../spec/types';
import { captureClosedMs, readAnswers } from './evidence/answers';
import { fieldReader } from './evidence/field';
import type { Look } from './evidence/look';
import { numberOf } from './evidence/points';
import { readCohorts } from './evidence/quality';
import { readGuard } from './evidence/read-guard';
import { byTick } from './evidence/reading';
import type { GuardReading, Pair, TickRead } from './evidence/reading';

/** Wrong answers of the incumbent, its answers, or its values, and how many of them come a second. */
export interface Further {
  readonly known:
    | { readonly kind: 'rate'; readonly rate: number }
    | { readonly kind: 'labels'; readonly labels: KnownLabels }
    | KnownValues;
  readonly perSecond: number;
}

/** What is known of the incumbent beside rates; null where nothing is. */
export async function furtherOf(
  look: Look,
  guard: GuardSpec,
  { pair, fromMs }: { readonly pair: Pair; readonly fromMs: number }
): Promise<Further | null> {
  const { tickMs } = look.spec;
  const late = { openMs: fromMs, seenMs: look.nowMs };
  if (guard.kind === 'shadow') {
    const reading = await readCohorts(look, { kind: 'quality', sinceMs: fromMs, late });
    const ticks = allTicks(reading, fromMs, pair).flatMap(({ evidence }) => incumbentCounts(evidence));
    const { n, bad } = sumOf(ticks);
    return n === 0 ? null : { known: { kind: 'rate', rate: bad / n }, perSecond: perSecond(ticks, tickMs) };
  }
  if (guard.kind === 'shadowScore') return scoresOf(look, guard, { variant: pair.incumbent, fromMs });
  if (guard.kind === 'outputDrift') {
    const reading = await readGuard(look, { guard, plan: null, pair, sinceMs: fromMs, late });
    const ticks = allTicks(reading, fromMs, pair).map(({ evidence }) => answersOf(evidence));
    const labels: Record<string, number> = {};
    for (const tick of ticks)
      for (const [label, count] of Object.entries(tick)) labels[label] = (labels[label] ?? 0) + count;
    const counts = ticks.map((tick) => ({ n: Object.values(tick).reduce((sum, count) => sum + count, 0), bad: 0 }));
    if (Object.keys(labels).length === 0) return null;
    return { known: { kind: 'labels', labels }, perSecond: perSecond(counts, tickMs) };
  }
  if (guard.kind !== 'mean') return null;
  const reading = await readGuard(look, { guard, plan: null, pair, sinceMs: fromMs, late });
  const ticks = allTicks(reading, fromMs, pair).map(({ evidence }) => evidence);
  const known = valuesOf(ticks);
  const counts = ticks.map((evidence) => ({ n: countOf(evidence), bad: 0 }));
  return known === null ? null : { known, perSecond: perSecond(counts, tickMs) };
}

function valuesOf(ticks: readonly Evidence[]): KnownValues | null {
  const histograms = ticks.flatMap((one) => (one.kind === 'histogram' ? [one.incumbent] : []));
  const [first] = histograms;
  if (first !== undefined) {
    const counts = first.map((_, i) => histograms.reduce((sum, own) => sum + (own[i] ?? 0), 0));
    return counts.some((count) => count > 0) ? { kind: 'counts', counts } : null;
  }
  const moments = ticks.flatMap((one) => (one.kind === 'moments' ? [one.incumbent] : []));
  const [n, sum, squares] = (['n', 'sum', 'squares'] as const).map((key) =>
    moments.reduce((total, own) => total + own[key], 0)
  );
  if (n === undefined || sum === undefined || squares === undefined || n < 2) return null;
  const mean = sum / n;
  return { kind: 'moments', mean, deviation: Math.sqrt(Math.max(0, squares / n - mean * mean)) };
}

function countOf(evidence: Evidence): number {
  if (evidence.kind === 'moments') return evidence.incumbent.n;
  return evidence.kind === 'histogram' ? evidence.incumbent.reduce((sum, count) => sum + count, 0) : 0;
}

/** The incumbent's own scores: a pair's difference is foretold from how much they scatter. */
async function scoresOf(
  look: Look,
  guard: ScoreShiftGuard,
  { variant, fromMs }: { readonly variant: string; readonly fromMs: number }
): Promise<Further | null> {
  if (guard.value === null) return null;
  const { tickMs } = look.spec;
  const scoreOf = fieldReader(guard.value);
  const closedMs = captureClosedMs(look);
  const answers = closedMs > fromMs ? ((await readAnswers(look, { fromMs, toMs: closedMs })).get(variant) ?? []) : [];
  const scores = answers.flatMap(({ atMs, output }) => {
    const score = numberOf(scoreOf(output));
    return score === null ? [] : [{ atMs, score }];
  });
  if (scores.length < 2) return null;
  const mean = scores.reduce((sum, { score }) => sum + score, 0) / scores.length;
  const squares = scores.reduce((sum, { score }) => sum + (score - mean) ** 2, 0) / scores.length;
  const byEnd = byTick(scores, tickMs, ({ atMs }) => atMs);
  const ticks = Array.from({ length: Math.max(0, Math.floor((closedMs - fromMs) / tickMs)) }, (_, i) => ({
    n: byEnd.get(fromMs + (i + 1) * tickMs)?.length ?? 0,
    bad: 0,
  }));
  return {
    known: { kind: 'moments', mean, deviation: Math.sqrt(squares) },
    perSecond: perSecond(ticks, tickMs),
  };
}

function answersOf(evidence: Evidence): KnownLabels {
  return evidence.kind === 'labels' ? evidence.incumbent : {};
}

/** A reading hands out a day of ticks at once; a lookback may be longer. */
export function allTicks(reading: GuardReading, fromMs: number, pair: Pair): readonly TickRead[] {
  const all: TickRead[] = [];
  for (let throughMs = fromMs; ;) {
    const more = reading.ticks(throughMs, pair);
    const last = more.at(-1);
    if (last === undefined) return all;
    all.push(...more);
    throughMs = last.endMs;
  }
}

export function incumbentCounts(evidence: Evidence): readonly ArmCounts[] {
  return evidence.kind === undefined || evidence.kind === 'counts' ? [evidence.incumbent] : [];
}

export function sumOf(counts: readonly ArmCounts[]): ArmCounts {
  return counts.reduce((total, { n, bad }) => ({ n: total.n + n, bad: total.bad + bad }), { n: 0, bad: 0 });
}

/** Traffic may have begun within the lookback: the rate counts from the first tick that saw any. */
export function perSecond(ticks: readonly ArmCounts[], tickMs: number): number {
  const first = ticks.findIndex(({ n }) => n > 0);
  if (first === -1) return 0;
  const active = ticks.slice(first);
  return sumOf(active).n / ((active.length * tickMs) / 1000);
}
