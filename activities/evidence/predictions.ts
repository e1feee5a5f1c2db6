import { probeAttribute } from '../../gateway/probe';
import { hourFolder, joinKey, parseS3Location } from '../../gateway/s3-location';
import { readAll } from './objects';
import type { ObjectReader } from './objects';

/** One captured answer, as raw text; which field is the prediction is the rollout file's business. */
export interface CapturedAnswer {
  /** The caller's inference id, or SageMaker's own event id when it sent none. */
  readonly id: string;
  readonly atMs: number;
  readonly output: string;
}

const HOUR_MS = 3_600_000;

/**
 * Answers that data capture stored for one variant, by the time of inference, in `[fromMs, toMs)`.
 * Layout: `<to>/<endpoint>/<variant>/yyyy/mm/dd/hh/*.jsonl` by the hour of inference (UTC).
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
 */
export async function readCapturedAnswers(input: {
  readonly objects: ObjectReader;
  readonly captureTo: string;
  readonly endpoint: string;
  readonly variant: string;
  readonly fromMs: number;
  readonly toMs: number;
}): Promise<readonly CapturedAnswer[]> {
  const { bucket, prefix } = parseS3Location(input.captureTo);
  const folders: string[] = [];
  for (let hour = Math.floor(input.fromMs / HOUR_MS) * HOUR_MS; hour < input.toMs; hour += HOUR_MS) {
    folders.push(`${joinKey(prefix, input.endpoint, input.variant, hourFolder(hour))}/`);
  }
  const refs = (await Promise.all(folders.map((folder) => input.objects.list({ bucket, prefix: folder })))).flat();
  const answers = (await readAll(input.objects, refs, parseCapture)).flatMap(({ value }) => value);
  return answers.filter((answer) => answer.atMs >= input.fromMs && answer.atMs < input.toMs);
}

/** Lines of a capture file. A line without an answer (input-only capture) says nothing about quality, and a probe is no evidence: both are left out. */
export function parseCapture(text: string): readonly CapturedAnswer[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const record = JSON.parse(line) as CaptureRecord;
    const output = record.captureData?.endpointOutput;
    const { eventId, inferenceId, inferenceTime, customAttributes } = record.eventMetadata ?? {};
    if (customAttributes?.includes(probeAttribute)) return [];
    const id = inferenceId ?? eventId;
    const atMs = Date.parse(inferenceTime ?? '');
    if (output?.data === undefined || id === undefined || Number.isNaN(atMs)) return [];
    return [
      {
        id,
        atMs,
        output: output.encoding === 'BASE64' ? Buffer.from(output.data, 'base64').toString('utf8') : output.data,
      },
    ];
  });
}

interface CaptureRecord {
  readonly captureData?: { readonly endpointOutput?: { readonly data?: string; readonly encoding?: string } };
  readonly eventMetadata?: {
    readonly eventId?: string;
    readonly inferenceId?: string;
    readonly inferenceTime?: string;
    readonly customAttributes?: readonly string[];
  };
}
