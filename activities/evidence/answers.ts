import type { RolloutSpec } from '../../spec/types';
import type { Look } from './look';
import { readCapturedAnswers } from './predictions';
import type { CapturedAnswer } from './predictions';

/** When the file does not say how long a captured record may take to S3. */
const DEFAULT_LAG_MS = 300_000;

/** Captured records of ticks that end here or earlier are in S3, or lost. */
export function captureClosedMs({ spec, nowMs }: Look): number {
  return nowMs - (spec.capture.lagMs ?? DEFAULT_LAG_MS);
}

/** SageMaker gives a model 60 s to answer (https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html). */
const LONGEST_ANSWER_MS = 60_000;

/**
 * A copy may be answered this much before or after the request itself, and a pair is judged that much later: the longest answer, but no more than a
 * few ticks, because short ticks are for models that answer fast. A copy that is later still makes no pair.
 */
export function apartMs({ tickMs }: Pick<RolloutSpec, 'tickMs'>): number {
  return Math.min(LONGEST_ANSWER_MS, 5 * tickMs);
}

/** Whether gateways send the copies: they mark them, since they are no live requests, but as one half of a pair they count. */
export function isMirrored({ stages }: RolloutSpec): boolean {
  return stages.some((stage) => stage.kind === 'shadow' && stage.engine === 'gateway');
}

/** What data capture stored for each variant in `[fromMs, toMs)`. */
export async function readAnswers(
  look: Look,
  range: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly withInput?: boolean;
    readonly withProbes?: boolean;
  }
): Promise<ReadonlyMap<string, readonly CapturedAnswer[]>> {
  const { spec, objects } = look;
  const at = { objects, captureTo: spec.capture.to, endpoint: spec.endpoint, ...range };
  const entries = [...new Set(look.variants)].map(
    async (variant) => [variant, await readCapturedAnswers({ ...at, variant })] as const
  );
  return new Map(await Promise.all(entries));
}
