import type { ArmCounts } from '../../guards/types';
import { FailureError } from '../../sagemaker/faults';
import type { RolloutSpec } from '../../spec/types';
import { fieldReader } from './field';
import { readLabels } from './labels';
import type { ObjectReader } from './objects';
import { readCapturedAnswers } from './predictions';
import type { Tick } from './ticks';

/** Labelled predictions, cohort by cohort. */
export interface QualityReading {
  /** Cohorts of ticks that end here or earlier are mature. */
  readonly closedMs: number;
  /** Labelled predictions of one tick and variant; bad ones are wrong. A prediction whose label has not come in time is not among them. */
  counts(tick: Tick, variant: string): ArmCounts;
}

/**
 * Joins captured predictions to labels by inference id. Each cohort is closed once, at the fixed maturity after its tick, for both arms
 * alike: a label that arrives later does not count, so that a delay that differs between the arms cannot bias the comparison.
 */
export async function readQuality(
  objects: ObjectReader,
  input: {
    readonly spec: RolloutSpec;
    readonly variants: readonly string[];
    readonly fromMs: number;
    readonly nowMs: number;
  }
): Promise<QualityReading> {
  const { spec, fromMs, nowMs } = input;
  const { prediction } = spec.schema;
  if (spec.groundTruth === undefined || prediction === undefined)
    throw new FailureError('InvalidRequest', 'A quality guard needs groundTruth and schema.prediction.');
  const { from, maturityMs } = spec.groundTruth;
  const closedMs = nowMs - maturityMs;
  if (closedMs <= fromMs) return { closedMs, counts: () => ({ n: 0, bad: 0 }) };

  const labels = await readLabels({ objects, from, fromMs, toMs: nowMs });
  const predictionOf = fieldReader(prediction);
  const cohorts = new Map<string, ReadonlyMap<number, ArmCounts>>();
  for (const variant of input.variants) {
    const answers = await readCapturedAnswers({
      objects,
      captureTo: spec.capture.to,
      endpoint: spec.endpoint,
      variant,
      fromMs,
      toMs: closedMs,
    });
    const byEnd = new Map<number, ArmCounts>();
    const seen = new Set<string>();
    for (const { id, atMs, output } of answers) {
      const label = labels.get(id);
      const endMs = (Math.floor(atMs / spec.tickMs) + 1) * spec.tickMs;
      if (label === undefined || label.arrivedMs > endMs + maturityMs || seen.has(id)) continue;
      seen.add(id);
      const sum = byEnd.get(endMs) ?? { n: 0, bad: 0 };
      // An answer without a readable prediction is a wrong answer, not a missing one.
      byEnd.set(endMs, { n: sum.n + 1, bad: sum.bad + (predictionOf(output) === label.label ? 0 : 1) });
    }
    cohorts.set(variant, byEnd);
  }
  return { closedMs, counts: (tick, variant) => cohorts.get(variant)?.get(tick.endMs) ?? { n: 0, bad: 0 } };
}
