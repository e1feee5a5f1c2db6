import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { realDelayMs } from '../../engine/clock';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SageMakerContext } from '../../sagemaker/context';
import { parseS3Url } from '../../sagemaker/s3-url';
import { JobFailure } from '../failure';
import type { ProcessingJobRecord } from '../records';
import { localDir } from './inputs';

/** How often a continuous output is looked at, in provider time; in real time not more often than the floor. */
const LOOK_PROVIDER_MS = 10_000;
const MIN_LOOK_MS = 100;

interface Output {
  readonly dir: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly isContinuous: boolean;
}

/** Uploads what the container of one host writes. */
export class HostOutputs {
  readonly #outputs: readonly Output[];
  /** Files that are stored, with what they were like. */
  readonly #stored = new Map<string, string>();

  constructor(
    private readonly context: SageMakerContext,
    job: ProcessingJobRecord,
    base: string
  ) {
    this.#outputs = (job.input.ProcessingOutputConfig?.Outputs ?? []).flatMap(({ S3Output: s3, AppManaged }) => {
      const at = s3 && parseS3Url(s3.S3Uri);
      if (!s3?.LocalPath || !at || AppManaged) return [];
      const prefix = at.key === '' || at.key.endsWith('/') ? at.key : `${at.key}/`;
      const isContinuous = s3.S3UploadMode === 'Continuous';
      return [{ dir: localDir(base, s3.LocalPath), bucket: at.bucket, prefix, isContinuous }];
    });
  }

  get folders(): readonly string[] {
    return this.#outputs.map(({ dir }) => dir);
  }

  /** Stores new and changed files of continuous outputs until the container has ended, and what is left then. */
  async follow(life: AbortSignal): Promise<void> {
    const outputs = this.#outputs.filter(({ isContinuous }) => isContinuous);
    if (outputs.length === 0) return;
    while (!life.aborted) {
      const { speed } = this.context.clock;
      const delayMs = realDelayMs({ providerMs: LOOK_PROVIDER_MS, speed, floorMs: MIN_LOOK_MS });
      await sleep(delayMs, undefined, { signal: life }).catch(() => undefined);
      await this.#upload(outputs);
    }
  }

  /** Stores the outputs that are stored at the end. */
  uploadAtEnd(): Promise<void> {
    return this.#upload(this.#outputs.filter(({ isContinuous }) => !isContinuous));
  }

  async #upload(outputs: readonly Output[]): Promise<void> {
    for (const { dir, bucket, prefix } of outputs) {
      for (const file of await filesBelow(dir)) {
        const stat = await lstat(file).catch(() => undefined);
        const mark = stat && `${stat.size}/${stat.mtimeMs}`;
        if (mark === undefined || this.#stored.get(file) === mark) continue;
        const key = `${prefix}${path.relative(dir, file).split(path.sep).join('/')}`;
        await this.context.objects.put({ bucket, key, body: createReadStream(file) }).catch((cause: unknown) => {
          const why = cause instanceof Error ? cause.message : String(cause);
          throw new JobFailure(`ClientError: Failed to upload output data to s3://${bucket}/${key}. (Sandbox: ${why})`);
        });
        this.#stored.set(file, mark);
      }
    }
  }
}

/** Regular files in the order of their paths; links are not followed. */
async function filesBelow(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
