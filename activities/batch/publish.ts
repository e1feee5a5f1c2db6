import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { BatchContext, BatchState, BadRecord, Compared, DriftFinding } from '../../batch';
import { comparedOf, labelsOf, quarantinedOf, recordsOf } from '../../batch';
import { FailureError } from '../../sagemaker/faults';
import type { BatchDeps } from './deps';
import { latestPlace, partName, runPlaces, uriOf } from './addresses';
import type { ObjectPlace } from './addresses';
import type { ManifestEntry } from './assemble';
import { findDrift } from './drift';
import { getJson, listBelow, putJson } from './documents';
import { documentPlace } from './pieces';
import { writeObject } from './writer';

/** What a published batch is: whoever reads results begins here. Written last, in one piece. */
export interface BatchManifest {
  readonly schema: 1;
  readonly id: string;
  readonly endpoint: string;
  readonly batch: string;
  readonly nominalTime: string;
  readonly publishedAt: string;
  readonly model: { readonly name: string; readonly version: string; readonly from: string };
  readonly input: string;
  readonly records: number;
  readonly quarantined: number;
  /** Object with all that was put aside, a JSON document a line; null when nothing was. */
  readonly quarantine: string | null;
  readonly bad: readonly BadRecord[];
  readonly labels: Readonly<Record<string, number>>;
  readonly compared: Compared | null;
  readonly drift: DriftFinding | null;
  readonly objects: readonly ManifestEntry[];
}

/** Which batch was published last, by nominal time. */
export interface LatestBatch {
  readonly manifest: string;
  readonly nominalMs: number;
  /** The one before it; null: there was none. */
  readonly before: string | null;
}

/** Verifies the whole, and makes it visible: quarantine first, manifest last, then the pointer to the latest. */
export async function publishBatch(
  deps: BatchDeps,
  context: BatchContext & { readonly state: BatchState; readonly nowMs: number }
): Promise<{ readonly manifest: string; readonly drift: DriftFinding | null }> {
  const { state, batch, opened } = context;
  const { s3 } = deps.aws;
  const places = runPlaces(context);
  const labels = labelsOf(state);
  const objects: ManifestEntry[] = [];
  for (const { part } of state.parts) {
    objects.push(
      ...((await getJson<readonly ManifestEntry[]>(s3, documentPlace(context, 'index', partName(part)))) ?? [])
    );
    deps.heartbeat();
  }
  expectComplete(context, objects);
  const drift =
    batch.verify.drift === undefined
      ? null
      : await findDrift(deps, { drift: batch.verify.drift, output: batch.output, nominalMs: opened.nominalMs, labels });
  if (drift !== null && drift.isViolated && batch.verify.drift?.then === 'fail') throw drifted(drift);
  const hasQuarantine = await gatherQuarantine(deps, context);
  const manifest: BatchManifest = {
    schema: 1,
    id: context.id,
    endpoint: context.endpoint,
    batch: batch.name,
    nominalTime: new Date(opened.nominalMs).toISOString(),
    publishedAt: new Date(context.nowMs).toISOString(),
    model: { name: opened.model.name, version: opened.model.version, from: opened.model.from },
    input: opened.input,
    records: recordsOf(state),
    quarantined: quarantinedOf(state),
    quarantine: hasQuarantine ? uriOf(places.quarantine) : null,
    bad: state.bad,
    labels,
    compared: comparedOf(state),
    drift,
    objects,
  };
  await putJson(s3, places.manifest, manifest);
  await moveLatest(deps, context, uriOf(places.manifest));
  return { manifest: uriOf(places.manifest), drift };
}

/** Records in = records out + put aside; a batch that does not add up is not published. */
function expectComplete(
  { state, batch }: BatchContext & { readonly state: BatchState },
  objects: readonly ManifestEntry[]
): void {
  const listed = state.parts.reduce((sum, part) => sum + part.objects, 0);
  if (objects.length !== listed)
    throw new FailureError('NotVerified', `${listed} objects were listed, and ${objects.length} have a result.`);
  if (batch.split !== 'Line' || !batch.verify.counts) return;
  const [records, quarantined] = [recordsOf(state), quarantinedOf(state)];
  const written = objects.reduce((sum, one) => sum + (one.records ?? 0), 0);
  if (written + quarantined !== records)
    throw new FailureError(
      'NotVerified',
      `${records} records were read, ${written} have a result and ${quarantined} were put aside, which does not add up.`
    );
}

function drifted({ distance, allowance, threshold, baseline }: DriftFinding): FailureError {
  const [d, a] = [distance, allowance].map((value) => value.toFixed(3));
  return new FailureError(
    'NotVerified',
    `The predicted labels are ${d} from those of ${baseline} (chance explains ${a}), above the threshold of ${threshold}. Nothing was published.`
  );
}

async function gatherQuarantine(deps: BatchDeps, context: BatchContext): Promise<boolean> {
  const { s3 } = deps.aws;
  const { bucket, work, quarantine } = runPlaces(context);
  const parts: ObjectPlace[] = [];
  for await (const { key } of listBelow(s3, { bucket, prefix: `${work}quarantine/` })) parts.push({ bucket, key });
  if (parts.length === 0) return false;
  await writeObject(s3, quarantine, async (writer) => {
    for (const { bucket: Bucket, key: Key } of parts) {
      const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
      await writer.write(Buffer.from((await object.Body?.transformToByteArray()) ?? []));
      deps.heartbeat();
    }
  });
  return true;
}

async function moveLatest(deps: BatchDeps, { batch, opened }: BatchContext, manifest: string): Promise<void> {
  const place = latestPlace(batch.output);
  const latest = await getJson<LatestBatch>(deps.aws.s3, place);
  // A backfilled date does not become the latest.
  if (latest !== null && latest.nominalMs > opened.nominalMs) return;
  const isSame = latest?.manifest === manifest;
  const next: LatestBatch = {
    manifest,
    nominalMs: opened.nominalMs,
    before: isSame ? latest.before : (latest?.manifest ?? null),
  };
  await putJson(deps.aws.s3, place, next);
}
