import type { Container } from '../../fleet/container';
import type { TransformJobRecord } from '../records';

/** How a job sends its records. */
export interface BatchSettings {
  readonly maxConcurrent: number;
  /** `undefined`: objects are streamed as they are. */
  readonly maxPayloadBytes: number | undefined;
  readonly strategy: 'MultiRecord' | 'SingleRecord';
}

const BYTES_PER_MB = 1024 * 1024;
const DEFAULT_PAYLOAD_MB = 6;
/** Documented bound of concurrency times payload. */
export const MAX_TOTAL_MB = 100;
const ASK_TIMEOUT_MS = 10_000;

/** What the request says; else what the container says on `/execution-parameters`; else the defaults. */
export function settingsOf(
  { input }: Pick<TransformJobRecord, 'input'>,
  told: Readonly<Record<string, unknown>>
): BatchSettings {
  const asked = input.MaxConcurrentTransforms ?? 0;
  const toldConcurrent = wholeNumber(told['MaxConcurrentTransforms']);
  const payloadMb = input.MaxPayloadInMB ?? wholeNumber(told['MaxPayloadInMB']) ?? DEFAULT_PAYLOAD_MB;
  const toldStrategy = { MULTI_RECORD: 'MultiRecord', SINGLE_RECORD: 'SingleRecord' } as const;
  const strategy = told['BatchStrategy'];
  return {
    // 0 stands for "not set".
    maxConcurrent: asked > 0 ? asked : Math.max(1, toldConcurrent ?? 1),
    maxPayloadBytes: payloadMb === 0 ? undefined : payloadMb * BYTES_PER_MB,
    strategy:
      input.BatchStrategy ??
      (strategy === 'MULTI_RECORD' || strategy === 'SINGLE_RECORD' ? toldStrategy[strategy] : 'MultiRecord'),
  };
}

/** Asks the container for its wishes. One that has none answers with anything but 200 and a JSON object. */
export async function askExecutionParameters(container: Container): Promise<Readonly<Record<string, unknown>>> {
  try {
    const call = { method: 'GET', path: '/execution-parameters', headers: {}, timeoutMs: ASK_TIMEOUT_MS } as const;
    const reply = await container.send(call);
    const value: unknown = reply.status === 200 ? JSON.parse(reply.body.toString('utf8')) : undefined;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** What the container is told in its environment: only what the caller has said. */
export function batchEnvironment({ input }: Pick<TransformJobRecord, 'input'>): Readonly<Record<string, string>> {
  return {
    SAGEMAKER_BATCH: 'true',
    ...(input.MaxPayloadInMB === undefined ? {} : { SAGEMAKER_MAX_PAYLOAD_IN_MB: String(input.MaxPayloadInMB) }),
    ...(input.BatchStrategy === undefined
      ? {}
      : { SAGEMAKER_BATCH_STRATEGY: input.BatchStrategy === 'SingleRecord' ? 'SINGLE_RECORD' : 'MULTI_RECORD' }),
    ...(input.MaxConcurrentTransforms === undefined || input.MaxConcurrentTransforms === 0
      ? {}
      : { SAGEMAKER_MAX_CONCURRENT_TRANSFORMS: String(input.MaxConcurrentTransforms) }),
  };
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}
