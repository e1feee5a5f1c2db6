import { hourFolder, joinKey, parseS3Location } from '../../gateway/s3-location';
import type { ObjectReader } from './objects';

/** A request as a client sent it. */
export interface CapturedRequest {
  readonly body: Uint8Array;
  readonly contentType: string;
}

const HOUR_MS = 3_600_000;

/** Some of the requests that data capture stored for a variant, newest hours first. */
export async function readCapturedRequests(input: {
  readonly objects: ObjectReader;
  readonly captureTo: string;
  readonly endpoint: string;
  readonly variant: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly atMost: number;
}): Promise<readonly CapturedRequest[]> {
  const { objects, endpoint, variant, atMost } = input;
  const { bucket, prefix } = parseS3Location(input.captureTo);
  const found: CapturedRequest[] = [];
  for (let hour = Math.floor(input.toMs / HOUR_MS) * HOUR_MS; hour >= input.fromMs - HOUR_MS; hour -= HOUR_MS) {
    const refs = await objects.list({ bucket, prefix: `${joinKey(prefix, endpoint, variant, hourFolder(hour))}/` });
    for (const ref of refs.toReversed()) {
      found.push(...(await objects.read(ref, parseRequests)));
      if (found.length >= atMost) return found.slice(0, atMost);
    }
  }
  return found;
}

export function parseRequests(text: string): readonly CapturedRequest[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const { data, encoding, observedContentType } =
      (JSON.parse(line) as CaptureRecord).captureData?.endpointInput ?? {};
    if (data === undefined || observedContentType === undefined) return [];
    return [{ body: Buffer.from(data, encoding === 'BASE64' ? 'base64' : 'utf8'), contentType: observedContentType }];
  });
}

interface CaptureRecord {
  readonly captureData?: {
    readonly endpointInput?: {
      readonly data?: string;
      readonly encoding?: string;
      readonly observedContentType?: string;
    };
  };
}
