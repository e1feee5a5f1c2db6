import type { DriftFinding } from '../../batch';
import { measureDistance } from '../../guards/thresholds/distance';
import { FailureError } from '../../sagemaker/faults';
import type { BatchDrift } from '../../spec/types';
import type { BatchDeps } from './deps';
import { latestPlace, placeOf } from './addresses';
import { getJson } from './documents';
import type { BatchManifest, LatestBatch } from './publish';

/** How far the shares of the predicted labels are from the baseline's; null when there is nothing to compare with yet. */
export async function findDrift(
  deps: BatchDeps,
  of: {
    readonly drift: BatchDrift;
    readonly output: string;
    readonly nominalMs: number;
    readonly labels: Readonly<Record<string, number>>;
  }
): Promise<DriftFinding | null> {
  const { drift, labels } = of;
  const baseline = drift.baseline ?? (await latestBefore(deps, of));
  if (baseline === null) return null;
  const manifest = await getJson<BatchManifest>(deps.aws.s3, placeOf(baseline));
  if (manifest === null) {
    if (drift.baseline === undefined) return null;
    throw new FailureError('NotFound', `There is no manifest ${baseline} to compare the labels with.`);
  }
  const rows = [...new Set([...Object.keys(labels), ...Object.keys(manifest.labels)])].map(
    (label) => [label, labels[label] ?? 0, manifest.labels[label] ?? 0] as const
  );
  const hasBoth = rows.some(([, a]) => a > 0) && rows.some(([, , b]) => b > 0);
  if (!hasBoth) return null;
  const { distance, allowance } = measureDistance(drift.distance, rows);
  const { threshold } = drift;
  return { distance, allowance, threshold, isViolated: distance - allowance > threshold, baseline };
}

async function latestBefore(
  deps: BatchDeps,
  { output, nominalMs }: { readonly output: string; readonly nominalMs: number }
): Promise<string | null> {
  const latest = await getJson<LatestBatch>(deps.aws.s3, latestPlace(output));
  if (latest === null) return null;
  // A date that is scored again is compared with what came before it, not with itself.
  return latest.nominalMs < nominalMs ? latest.manifest : latest.before;
}
