import type { S3Client } from '@aws-sdk/client-s3';
import { Outbox } from './outbox';
import { hourFolder, joinKey, parseS3Location, timeInHour } from './s3-location';

interface OpenObject {
  readonly firstMs: number;
  text: string;
}

/** What may wait for S3, in characters; at 1,000 calls a second some four minutes. An outage of S3 must not take the application's memory. */
const LONGEST_WAITING = 64 * 1024 * 1024;

/**
 * Lines on their way to S3: one object for each folder and hour since the last `post`, `<prefix>/<folder>/yyyy/mm/dd/hh/<mm-ss-SSS>_<gateway>_<number>.jsonl`
 * by its first line. Each line is in one object, and each object is put until S3 has confirmed it.
 */
export class LineSink {
  private readonly open = new Map<string, OpenObject>();
  private readonly bucket: string;
  private readonly prefix: string;
  // An outbox of its own: a bucket that is missing for one kind of line must not hold back another.
  private readonly outbox: Outbox;
  private sequence = 0;
  private openLength = 0;

  constructor(
    private readonly gateway: string,
    at: { readonly s3: S3Client; readonly uri: string }
  ) {
    ({ bucket: this.bucket, prefix: this.prefix } = parseS3Location(at.uri));
    this.outbox = new Outbox(at.s3);
  }

  /** Whether another line may be added; what was added is kept in any case. */
  get hasRoom(): boolean {
    return this.openLength + this.outbox.length < LONGEST_WAITING;
  }

  add(line: string, at: { readonly folder: string; readonly atMs: number }): void {
    this.openLength += line.length;
    const hour = joinKey(at.folder, hourFolder(at.atMs));
    const object = this.open.get(hour);
    if (object === undefined) this.open.set(hour, { firstMs: at.atMs, text: line });
    else object.text += line;
  }

  /** Closes the open objects; `drain` puts them. */
  post(): void {
    for (const [hour, { firstMs, text }] of this.open) {
      const number = String(this.sequence++).padStart(6, '0');
      const key = joinKey(this.prefix, hour, `${timeInHour(firstMs)}_${this.gateway}_${number}.jsonl`);
      this.outbox.add({ bucket: this.bucket, key, body: text });
    }
    this.open.clear();
    this.openLength = 0;
  }

  /** @throws if S3 does not take them; they are kept */
  drain(): Promise<void> {
    return this.outbox.drain();
  }
}
