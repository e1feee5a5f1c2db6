import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { MirrorSettings } from './assignment-format';
import { isSampled } from './assignment';
import { callEndpoint, statusOfServiceError, type Answer, type ModelRequest } from './invocation';
import { formatPair, pairedBody, type MirrorPair, type PairedAnswer } from './mirror-format';
import { probeAttribute } from './probe';
import type { MirrorCounts } from './routing-counts';

/** A call that was answered, and what copies are wanted of it. */
export interface MirroredCall {
  readonly request: ModelRequest;
  readonly inferenceId: string;
  readonly userId?: string | undefined;
  readonly group?: string | undefined;
  readonly live: Answer & { readonly latencyMs: number };
  /** When the live answer was returned. */
  readonly atMs: number;
  readonly wanted: { readonly salt: string; readonly epoch: number; readonly settings: MirrorSettings };
}

export interface MirrorOptions {
  readonly endpoint: string;
  /** A client of its own: its copies must not take connections from live calls. */
  readonly runtime: SageMakerRuntimeClient;
  /** Takes a pair, as a line. */
  readonly write: (line: string) => void;
  readonly count: (what: keyof MirrorCounts) => void;
}

/** Copies under way at a time, and waiting for their turn; what comes on top is dropped, so a slow shadow costs no memory. */
const CONCURRENT = 8;
const WAITING = 128;
/** A shadow that is slower than this is no candidate; SageMaker itself gives up after 60 s. */
const COPY_TIMEOUT_MS = 30_000;

/** Sends copies of answered calls to another model and pairs the two answers. Nothing here can reach the live call: it is over. */
export class Mirror {
  private readonly waiting: MirroredCall[] = [];
  private readonly running = new Set<Promise<void>>();
  private isClosed = false;

  constructor(private readonly options: MirrorOptions) {}

  offer(call: MirroredCall): void {
    const { samplePct } = call.wanted.settings;
    if (!isSampled(call.wanted.salt, { inferenceId: call.inferenceId, samplePct })) return;
    if (this.isClosed || this.waiting.length >= WAITING) return this.options.count('dropped');
    this.waiting.push(call);
    // After the caller of the live call has its answer.
    setImmediate(() => this.startNext());
  }

  /** Drops what waits, and ends when what is under way has ended. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const _ of this.waiting.splice(0)) this.options.count('dropped');
    await Promise.all(this.running);
  }

  private startNext(): void {
    if (this.running.size >= CONCURRENT) return;
    const call = this.waiting.shift();
    if (call === undefined) return;
    const copy = this.copy(call).finally(() => {
      this.running.delete(copy);
      this.startNext();
    });
    this.running.add(copy);
  }

  private async copy(call: MirroredCall): Promise<void> {
    const { endpoint, variant } = call.wanted.settings;
    const startedAt = performance.now();
    const { answer, isAnswered } = await this.ask(call);
    const shadow = pairedAnswer({ ...answer, latencyMs: performance.now() - startedAt });
    this.options.count(isAnswered ? 'answered' : 'failed');
    const pair: MirrorPair = {
      version: 1,
      endpoint: this.options.endpoint,
      inferenceId: call.inferenceId,
      ...(call.userId !== undefined && { userId: call.userId }),
      ...(call.group !== undefined && { group: call.group }),
      epoch: call.wanted.epoch,
      at: new Date(call.atMs).toISOString(),
      live: pairedAnswer(call.live),
      shadow: { ...shadow, variant: shadow.variant ?? variant, endpoint },
    };
    this.options.write(formatPair(pair));
  }

  private async ask(call: MirroredCall): Promise<{ readonly answer: Answer; readonly isAnswered: boolean }> {
    const { endpoint, variant } = call.wanted.settings;
    try {
      const answer = await callEndpoint(this.options.runtime, {
        ...call.request,
        endpoint,
        inferenceId: call.inferenceId,
        targetVariant: variant ?? undefined,
        customAttributes: probeAttribute,
        abortSignal: AbortSignal.timeout(COPY_TIMEOUT_MS),
      });
      return { answer, isAnswered: true };
    } catch (error) {
      const body = Buffer.from(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      const status = statusOfServiceError(error);
      return { answer: { ok: false, status, body, contentType: null, variant }, isAnswered: false };
    }
  }
}

function pairedAnswer(answer: Answer & { readonly latencyMs: number }): PairedAnswer {
  const { variant, status, latencyMs, contentType, body } = answer;
  return { variant, status, latencyMs: Number(latencyMs.toFixed(3)), contentType, ...pairedBody(body) };
}
