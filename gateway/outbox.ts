import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

export interface OutboxObject {
  readonly bucket: string;
  readonly key: string;
  readonly body: string;
}

/** A put that hangs must not hold back all that follow; S3 answers small objects in well under a second. */
const PUT_TIMEOUT_MS = 10_000;

/**
 * Objects that must reach S3 once. Key and body are fixed when an object is added, and it stays here until S3 has confirmed it, so
 * that a repeated put, also one whose first answer was lost, writes the same bytes to the same place.
 */
export class Outbox {
  private readonly waiting: OutboxObject[] = [];
  private waitingLength = 0;
  private running: Promise<void> | undefined;

  constructor(private readonly s3: S3Client) {}

  get size(): number {
    return this.waiting.length;
  }

  /** Characters that wait. */
  get length(): number {
    return this.waitingLength;
  }

  add(object: OutboxObject): void {
    this.waiting.push(object);
    this.waitingLength += object.body.length;
  }

  /** Puts everything that was added before the call, oldest first. @throws at the first failure; the rest is kept */
  async drain(): Promise<void> {
    const before = this.running;
    const mine = (before ?? Promise.resolve()).catch(() => undefined).then(() => this.putAll());
    this.running = mine;
    try {
      await mine;
    } finally {
      if (this.running === mine) this.running = undefined;
    }
  }

  /** One after the other: a reader that sees a window may take it that the ones before it are there too. */
  private async putAll(): Promise<void> {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      await this.put(next);
      this.waiting.shift();
      this.waitingLength -= next.body.length;
    }
  }

  private async put(object: OutboxObject): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: object.bucket,
      Key: object.key,
      Body: object.body,
      ContentType: 'application/jsonl',
    });
    try {
      await this.s3.send(command, { abortSignal: AbortSignal.timeout(PUT_TIMEOUT_MS) });
    } catch (cause) {
      const message = `s3://${object.bucket}/${object.key} could not be written; ${this.size} objects are kept for the next flush.`;
      throw new Error(message, { cause });
    }
  }
}
