import { hourFolder, joinKey, parseS3Location } from '../../gateway/s3-location';
import { csvFields } from './field';
import { readAll } from './objects';
import type { ObjectReader } from './objects';

export interface Label {
  readonly label: string;
  /** When the label reached S3. */
  readonly arrivedMs: number;
}

const HOUR_MS = 3_600_000;

/**
 * Ground truth that arrived in `[fromMs, toMs]`, by inference id; of several labels of one id the first counts. Layout and record as
 * SageMaker's merge job reads them: `<from>/yyyy/mm/dd/hh/*` by the hour of collection.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
 */
export async function readLabels(input: {
  readonly objects: ObjectReader;
  readonly from: string;
  readonly fromMs: number;
  readonly toMs: number;
}): Promise<ReadonlyMap<string, Label>> {
  const { bucket, prefix } = parseS3Location(input.from);
  const folders: string[] = [];
  for (let hour = Math.floor(input.fromMs / HOUR_MS) * HOUR_MS; hour <= input.toMs; hour += HOUR_MS)
    folders.push(`${joinKey(prefix, hourFolder(hour))}/`);
  const refs = (await Promise.all(folders.map((folder) => input.objects.list({ bucket, prefix: folder })))).flat();
  const labels = new Map<string, Label>();
  for (const { ref, value } of await readAll(input.objects, refs, parseLabels)) {
    for (const { id, label } of value) if (!labels.has(id)) labels.set(id, { label, arrivedMs: ref.arrivedMs });
  }
  return labels;
}

export function parseLabels(text: string): readonly { readonly id: string; readonly label: string }[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const record = JSON.parse(line) as GroundTruthRecord;
    const id = record.eventMetadata?.eventId;
    const { data, encoding } = record.groundTruthData ?? {};
    const label = encoding === 'CSV' && data !== undefined ? csvFields(data)[0] : data;
    return id === undefined || label === undefined ? [] : [{ id, label }];
  });
}

interface GroundTruthRecord {
  readonly groundTruthData?: { readonly data?: string; readonly encoding?: string };
  readonly eventMetadata?: { readonly eventId?: string };
}
