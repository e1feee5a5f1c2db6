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
  /** The request's text; only where it was asked for. */
  readonly input?: string;
  readonly isProbe?: boolean;
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
  readonly withInput?: boolean;
  /** Probes are no evidence, and are left out otherwise. */
  readonly withProbes?: boolean;
}): Promise<readonly CapturedAnswer[]> {
  const { bucket, prefix } = parseS3Location(input.captureTo);
  const folders: string[] = [];
  for (let hour = Math.floor(input.fromMs / HOUR_MS) * HOUR_MS; hour < input.toMs; hour += HOUR_MS) {
    folders.push(`${joinKey(prefix, input.endpoint, input.variant, hourFolder(hour))}/`);
  }
  const refs = (await Promise.all(folders.map((folder) => input.objects.list({ bucket, prefix: folder })))).flat();
  const parse = input.withInput === true ? parseCaptureWithInput : parseCapture;
  const answers = (await readAll(input.objects, refs, parse)).flatMap(({ value }) => value);
  const seen = new Set<string>();
  // Capture may deliver a record twice; the first counts.
  return answers.filter(({ id, atMs, isProbe }) => {
    if (isProbe === true && input.withProbes !== true) return false;
    if (atMs < input.fromMs || atMs >= input.toMs || seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

/** Lines of a capture file. A line without an answer (input-only capture) says nothing and is left out. */
export function parseCapture(text: string): readonly CapturedAnswer[] {
  return parseRecords(text, false);
}

/** The same with the requests. A function of its own, because parsed objects are kept by the parser's name. */
export function parseCaptureWithInput(text: string): readonly CapturedAnswer[] {
  return parseRecords(text, true);
}

function parseRecords(text: string, withInput: boolean): readonly CapturedAnswer[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const record = JSON.parse(line) as CaptureRecord;
    const { endpointInput: request, endpointOutput: output } = record.captureData ?? {};
    const { eventId, inferenceId, inferenceTime, customAttributes } = record.eventMetadata ?? {};
    const id = inferenceId ?? eventId;
    const atMs = Date.parse(inferenceTime ?? '');
    if (output?.data === undefined || id === undefined || Number.isNaN(atMs)) return [];
    return [
      {
        id,
        atMs,
        output: textOf(output.data, output.encoding),
        ...(customAttributes?.includes(probeAttribute) === true && { isProbe: true }),
        ...(withInput && request?.data !== undefined && { input: textOf(request.data, request.encoding) }),
      },
    ];
  });
}

function textOf(data: string, encoding: string | undefined): string {
  return encoding === 'BASE64' ? Buffer.from(data, 'base64').toString('utf8') : data;
}

interface CaptureRecord {
  readonly captureData?: { readonly endpointInput?: Recorded; readonly endpointOutput?: Recorded };
  readonly eventMetadata?: {
    readonly eventId?: string;
    readonly inferenceId?: string;
    readonly inferenceTime?: string;
    readonly customAttributes?: readonly string[];
  };
}

interface Recorded {
  readonly data?: string;
  readonly encoding?: string;
}
