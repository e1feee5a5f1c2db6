import type { OutputDriftGuard } from '../../spec/types';
import { captureClosedMs, readAnswers } from './answers';
import { fieldReader } from './field';
import type { Look } from './look';
import { byTick, everyTick } from './reading';
import type { GuardReading } from './reading';

/** What an answer without a readable prediction counts as, where labels are words. */
const UNREADABLE = '(unreadable)';
const LONGEST_LABEL = 64;

/** Captured predictions by label. Numbers are counted by their first two digits, so that a score has some hundred labels at most. */
export async function readDrift(look: Look, guard: OutputDriftGuard, sinceMs: number): Promise<GuardReading> {
  const { spec } = look;
  const closedMs = captureClosedMs(look);
  const predictionOf = fieldReader(spec.schema.prediction ?? '$');
  const labelOf = (output: string): string | null => {
    const text = predictionOf(output);
    const number = text === undefined || text.trim() === '' ? NaN : Number(text);
    // `+ 0` makes one label of 0 and −0.
    if (Number.isFinite(number)) return String(Number(number.toPrecision(2)) + 0);
    // Cumulative shares need an order, which words have not.
    if (guard.distance === 'kolmogorovSmirnov') return null;
    return text === undefined ? UNREADABLE : text.slice(0, LONGEST_LABEL);
  };
  const answers = await readAnswers(look, { fromMs: sinceMs, toMs: closedMs });
  const ticks = new Map([...answers].map(([variant, own]) => [variant, byTick(own, spec.tickMs, (one) => one.atMs)]));
  return everyTick({ closedMs, tickMs: spec.tickMs }, ({ key, endMs }, pair) => {
    const labels = (variant: string): Readonly<Record<string, number>> => {
      const counts = new Map<string, number>();
      for (const { output } of ticks.get(variant)?.get(endMs) ?? []) {
        const label = labelOf(output);
        if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
      }
      return Object.fromEntries(counts);
    };
    return { kind: 'labels', key, candidate: labels(pair.candidate), incumbent: labels(pair.incumbent) };
  });
}
