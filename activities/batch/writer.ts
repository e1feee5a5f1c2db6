import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ObjectPlace } from './addresses';
import { bytesOf } from './ranges';

/** S3's bounds: a part but the last has at least 5 MB, one copy at most 5 GB, an upload at most 10,000 parts. */
const LEAST_PART_BYTES = 5 * 1024 * 1024;
const MOST_COPY_BYTES = 5 * 1024 ** 3;
const PART_BYTES = 8 * 1024 * 1024;

/** Bytes of another object, `[from, to)`. */
export interface Stretch extends ObjectPlace {
  readonly from: number;
  readonly to: number;
  /** Whether that is all of it. */
  readonly isWhole: boolean;
}

/** Puts an object together from bytes and from stretches of other objects; what is large is copied within S3 and never comes here. */
export class ObjectWriter {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #upload: string | undefined;
  #writtenBytes = 0;
  readonly #parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];

  constructor(
    private readonly s3: S3Client,
    private readonly to: ObjectPlace
  ) {}

  /** Bytes so far. */
  get bytes(): number {
    return this.#writtenBytes + this.#heldBytes;
  }

  async write(bytes: Buffer): Promise<void> {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= PART_BYTES) await this.#flush();
  }

  async append(stretch: Stretch): Promise<void> {
    const { bucket, key, from, to } = stretch;
    const isLarge = to - from >= LEAST_PART_BYTES && to - from <= MOST_COPY_BYTES;
    if (!isLarge || (this.#heldBytes > 0 && this.#heldBytes < LEAST_PART_BYTES)) {
      for await (const chunk of bytesOf(this.s3, { bucket, key }, stretch)) await this.write(chunk);
      return;
    }
    await this.#flush();
    const part = await this.#nextPart();
    const copied = await this.s3.send(
      new UploadPartCopyCommand({
        ...part,
        CopySource: copySource({ bucket, key }),
        ...(!stretch.isWhole && { CopySourceRange: `bytes=${from}-${to - 1}` }),
      })
    );
    this.#parts.push({ PartNumber: part.PartNumber, ETag: copied.CopyPartResult?.ETag });
    this.#writtenBytes += to - from;
  }

  /** Makes the object; nothing is visible before. */
  async end(): Promise<void> {
    if (this.#upload === undefined) {
      await this.s3.send(
        new PutObjectCommand({ Bucket: this.to.bucket, Key: this.to.key, Body: Buffer.concat(this.#held) })
      );
      return;
    }
    await this.#flush();
    await this.s3.send(
      new CompleteMultipartUploadCommand({ ...this.#target(), MultipartUpload: { Parts: [...this.#parts] } })
    );
  }

  /** Gives up what was uploaded. */
  async abort(): Promise<void> {
    if (this.#upload !== undefined) await this.s3.send(new AbortMultipartUploadCommand(this.#target()));
  }

  async #flush(): Promise<void> {
    if (this.#heldBytes === 0) return;
    const Body = Buffer.concat(this.#held);
    [this.#held, this.#heldBytes] = [[], 0];
    const part = await this.#nextPart();
    const { ETag } = await this.s3.send(new UploadPartCommand({ ...part, Body }));
    this.#parts.push({ PartNumber: part.PartNumber, ETag });
    this.#writtenBytes += Body.length;
  }

  async #nextPart() {
    if (this.#upload === undefined) {
      const { bucket: Bucket, key: Key } = this.to;
      this.#upload = (await this.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId;
    }
    return { ...this.#target(), PartNumber: this.#parts.length + 1 };
  }

  #target() {
    return { Bucket: this.to.bucket, Key: this.to.key, UploadId: this.#upload };
  }
}

/** Writes an object from stretches, and copies within S3 where one whole object is all there is. */
export async function copyStretches(s3: S3Client, to: ObjectPlace, stretches: readonly Stretch[]): Promise<void> {
  const [only] = stretches;
  if (stretches.length === 1 && only?.isWhole === true && only.to <= MOST_COPY_BYTES) {
    await s3.send(new CopyObjectCommand({ Bucket: to.bucket, Key: to.key, CopySource: copySource(only) }));
    return;
  }
  await writeObject(s3, to, async (writer) => {
    for (const stretch of stretches) await writer.append(stretch);
  });
}

/** Writes an object piece by piece. It appears when `write` is through; where that fails, nothing of it is left, not even an upload that S3 charges for. */
export async function writeObject(
  s3: S3Client,
  to: ObjectPlace,
  write: (writer: ObjectWriter) => Promise<void>
): Promise<void> {
  const writer = new ObjectWriter(s3, to);
  try {
    await write(writer);
    await writer.end();
  } catch (error) {
    await writer.abort().catch(() => undefined);
    throw error;
  }
}

function copySource({ bucket, key }: ObjectPlace): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}
