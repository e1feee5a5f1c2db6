import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { randomBytes, randomUUID } from 'node:crypto';
import { countsKey, formatCounts, type CountsDocument } from './counts-format';
import { CountsRecorder } from './counts-recorder';
import { GroundTruthBuffer, type Feedback } from './ground-truth';
import { callEndpoint, isProbe, statusOfServiceError, type Answer, type InvokeRequest } from './invocation';
import { Outbox } from './outbox';
import { parseS3Location } from './s3-location';

export interface GatewayOptions {
  readonly endpoint: string;
  readonly runtime: SageMakerRuntimeClient;
  readonly s3: S3Client;
  /** `s3://bucket/prefix` for counts; absent: nothing is counted. */
  readonly counts?: string;
  /** `s3://bucket/prefix` for labels, the same as `groundTruth.from` in the rollout file; absent: `feedback` throws. */
  readonly labels?: string;
  /** Length of a counts window and pause between writes. Choose it so that a tick is a whole number of windows. Default 1 s. */
  readonly flushMs?: number;
  /** Wall clock in milliseconds since 1970. */
  readonly now?: () => number;
  /** Told when background writes begin to fail, once until one succeeds; what was to be written is kept and tried again. Default: a process warning. */
  readonly onWriteError?: (error: Error) => void;
}

export interface InvokeResult extends Answer {
  readonly inferenceId: string;
  readonly latencyMs: number;
}

export interface Gateway {
  /**
   * Calls the endpoint. A model's error is a result with the model's own status, not an exception.
   * @throws what the service answered when no model was asked; such calls are counted as unattributed
   */
  invoke(request: InvokeRequest): Promise<InvokeResult>;
  /** Takes the true answer of an earlier call; written with the next flush. @throws without a place for labels, or after `close` */
  feedback(feedback: Feedback): void;
  /** Writes the counts of all windows that are over, and all labels. @throws if S3 does not take them; they are kept */
  flush(): Promise<void>;
  /** Waits for running calls, writes everything and stops. May be called again if it threw. @throws like `flush` */
  close(): Promise<void>;
}

const DEFAULT_FLUSH_MS = 1_000;

/** What an application calls instead of `InvokeEndpoint`. Several gateways may serve one endpoint; they need not know each other. */
export function createGateway(options: GatewayOptions): Gateway {
  return new EndpointGateway(options);
}

class EndpointGateway implements Gateway {
  private readonly counts: { recorder: CountsRecorder; bucket: string; prefix: string; outbox: Outbox } | undefined;
  // An outbox of its own: a bucket that is missing for one must not hold back the other.
  private readonly labels: { buffer: GroundTruthBuffer; bucket: string; outbox: Outbox } | undefined;
  private readonly running = new Set<Promise<unknown>>();
  private readonly flushMs: number;
  private readonly now: () => number;
  private timer: NodeJS.Timeout | undefined;
  private isFailing = false;
  private state: 'open' | 'closing' | 'sealed' = 'open';

  constructor(private readonly options: GatewayOptions) {
    this.flushMs = options.flushMs ?? DEFAULT_FLUSH_MS;
    if (!Number.isInteger(this.flushMs) || this.flushMs < 1) {
      throw new Error(`flushMs must be a whole number of milliseconds above 0, found ${this.flushMs}.`);
    }
    this.now = options.now ?? Date.now;
    const gateway = randomBytes(6).toString('hex');
    if (options.counts !== undefined) {
      const recorder = new CountsRecorder({ gateway, endpoint: options.endpoint }, this.flushMs, this.now());
      this.counts = { recorder, ...parseS3Location(options.counts), outbox: new Outbox(options.s3) };
    }
    if (options.labels !== undefined) {
      const { bucket, prefix } = parseS3Location(options.labels);
      this.labels = { buffer: new GroundTruthBuffer(prefix, gateway), bucket, outbox: new Outbox(options.s3) };
    }
    if (this.counts !== undefined || this.labels !== undefined) this.scheduleFlush();
  }

  async invoke(request: InvokeRequest): Promise<InvokeResult> {
    this.assertOpen();
    const call = this.countedCall(request);
    this.running.add(call);
    try {
      return await call;
    } finally {
      this.running.delete(call);
    }
  }

  feedback(feedback: Feedback): void {
    this.assertOpen();
    if (this.labels === undefined)
      throw new Error('This gateway has no place for labels: create it with labels: "s3://…".');
    this.labels.buffer.add(feedback, this.now());
  }

  async flush(): Promise<void> {
    this.post(this.counts?.recorder.takeEnded(this.now()) ?? []);
    await this.drain();
  }

  async close(): Promise<void> {
    if (this.state === 'open') this.state = 'closing';
    clearTimeout(this.timer);
    await Promise.allSettled(this.running);
    if (this.state === 'closing') {
      this.state = 'sealed';
      this.post(this.counts?.recorder.takeAll(this.now()) ?? []);
    }
    await this.drain();
  }

  private async countedCall(request: InvokeRequest): Promise<InvokeResult> {
    const inferenceId = request.inferenceId ?? randomUUID();
    const startedAt = performance.now();
    const count = (variant: string | null, status: number): number => {
      const latencyMs = performance.now() - startedAt;
      if (!isProbe(request)) this.counts?.recorder.record({ variant, status, latencyMs, atMs: this.now() });
      return latencyMs;
    };
    try {
      const answer = await callEndpoint(this.options.runtime, {
        ...request,
        inferenceId,
        endpoint: this.options.endpoint,
      });
      return { ...answer, inferenceId, latencyMs: count(answer.variant, answer.status) };
    } catch (error) {
      count(null, statusOfServiceError(error));
      throw error;
    }
  }

  private post(documents: readonly CountsDocument[]): void {
    const { counts, labels } = this;
    if (counts !== undefined) {
      for (const document of documents) {
        counts.outbox.add({
          bucket: counts.bucket,
          key: countsKey(counts.prefix, document),
          body: formatCounts(document),
        });
      }
    }
    if (labels !== undefined) {
      for (const object of labels.buffer.take()) labels.outbox.add({ bucket: labels.bucket, ...object });
    }
  }

  private async drain(): Promise<void> {
    const results = await Promise.allSettled([this.counts?.outbox.drain(), this.labels?.outbox.drain()]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
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
      const failure = error instanceof Error ? error : new Error('The flush failed.', { cause: error });
      if (this.options.onWriteError === undefined)
        process.emitWarning(failure.message, { type: failure.name, detail: failure.stack ?? '' });
      else this.options.onWriteError(failure);
    } finally {
      if (this.state === 'open') this.scheduleFlush();
    }
  }

  private assertOpen(): void {
    if (this.state !== 'open') throw new Error('The gateway is closed.');
  }
}
