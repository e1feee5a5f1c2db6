import { randomBytes } from 'node:crypto';
import { countsKey, formatCounts, type CountsDocument } from './counts-format';
import { CountsRecorder } from './counts-recorder';
import { LineSink } from './line-sink';
import type { GatewayOptions } from './options';
import { Outbox } from './outbox';
import { parseS3Location } from './s3-location';

const DEFAULT_FLUSH_MS = 1_000;

/** Everything that a gateway writes to S3, each kind to its own place, in the background until it is closed. */
export class Books {
  readonly recorder: CountsRecorder | undefined;
  readonly labels: LineSink | undefined;
  readonly events: LineSink | undefined;
  readonly exposures: LineSink | undefined;
  readonly pairs: LineSink | undefined;
  private readonly counts: { readonly bucket: string; readonly prefix: string; readonly outbox: Outbox } | undefined;
  private readonly sinks: readonly LineSink[];
  private readonly flushMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isFailing = false;
  private isDropping = false;
  private state: 'open' | 'closing' | 'sealed' = 'open';

  constructor(
    private readonly options: GatewayOptions,
    private readonly now: () => number
  ) {
    this.flushMs = options.flushMs ?? DEFAULT_FLUSH_MS;
    if (!Number.isInteger(this.flushMs) || this.flushMs < 1) {
      throw new Error(`flushMs must be a whole number of milliseconds above 0, found ${this.flushMs}.`);
    }
    const gateway = randomBytes(6).toString('hex');
    const { s3, endpoint, counts } = options;
    if (counts !== undefined) {
      this.recorder = new CountsRecorder({ gateway, endpoint }, this.flushMs, now());
      this.counts = { ...parseS3Location(counts), outbox: new Outbox(s3) };
    }
    const sink = (uri: string | undefined): LineSink | undefined =>
      uri === undefined ? undefined : new LineSink(gateway, { s3, uri });
    this.labels = sink(options.labels);
    this.events = sink(options.events);
    this.exposures = sink(options.exposures);
    this.pairs = sink(options.mirror?.pairs);
    this.sinks = [this.labels, this.events, this.exposures, this.pairs].filter((s) => s !== undefined);
    if (this.counts !== undefined || this.sinks.length > 0) this.scheduleFlush();
  }

  /** Adds a line that may be missing: where too many wait already, it is left out, and that is told once until S3 takes lines again. */
  addIfRoom(sink: LineSink | undefined, line: string): void {
    if (sink === undefined) return;
    if (sink.hasRoom) return sink.add(line, { folder: this.options.endpoint, atMs: this.now() });
    if (this.isDropping) return;
    this.isDropping = true;
    const message = `S3 has not taken lines of ${this.options.endpoint} for long: exposures or pairs are left out until it does.`;
    tell(new Error(message), this.options.onWriteError);
  }

  /** @throws if S3 does not take it all; what is missing is kept */
  async flush(): Promise<void> {
    this.post(this.recorder?.takeEnded(this.now()) ?? []);
    await this.drain();
  }

  /** Writes everything, after `settled`, and stops. May be called again if it threw. */
  async close(settled: () => Promise<unknown>): Promise<void> {
    if (this.state === 'open') this.state = 'closing';
    clearTimeout(this.timer);
    await settled();
    if (this.state === 'closing') {
      this.state = 'sealed';
      this.post(this.recorder?.takeAll(this.now()) ?? []);
    }
    await this.drain();
  }

  private post(documents: readonly CountsDocument[]): void {
    const { counts } = this;
    if (counts !== undefined) {
      for (const document of documents) {
        const key = countsKey(counts.prefix, document);
        counts.outbox.add({ bucket: counts.bucket, key, body: formatCounts(document) });
      }
    }
    for (const sink of this.sinks) sink.post();
  }

  private async drain(): Promise<void> {
    const results = await Promise.allSettled([this.counts?.outbox.drain(), ...this.sinks.map((sink) => sink.drain())]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    this.isDropping = false;
  }

  /** Just after each boundary of the clock. Does not keep the process alive: that is what `close` is for. */
  private scheduleFlush(): void {
    const untilBoundaryMs = this.flushMs - (this.now() % this.flushMs);
    this.timer = setTimeout(() => void this.flushInBackground(), untilBoundaryMs + 1).unref();
  }

  private async flushInBackground(): Promise<void> {
    try {
      await this.flush();
      this.isFailing = false;
    } catch (error) {
      if (this.isFailing) return;
      this.isFailing = true;
      tell(error, this.options.onWriteError);
    } finally {
      if (this.state === 'open') this.scheduleFlush();
    }
  }
}

/** Tells the application, or, where it does not listen, the process. */
export function tell(error: unknown, listener: ((error: Error) => void) | undefined): void {
  const failure = error instanceof Error ? error : new Error('The gateway failed in the background.', { cause: error });
  if (listener !== undefined) listener(failure);
  else process.emitWarning(failure.message, { type: failure.name, detail: failure.stack ?? '' });
}
