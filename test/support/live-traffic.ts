import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { S3Client } from '@aws-sdk/client-s3';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGateway } from '../../gateway';
import type { Gateway } from '../../gateway';
import type { WholeStack } from './whole-stack';

export interface Drop {
  readonly sentMs: number;
  readonly failedMs: number;
  readonly reason: string;
}

/** A call that a model answered. */
export interface Answered {
  readonly sentMs: number;
  readonly variant: string;
  readonly user: string;
}

const BEAT_MS = 20;

/** So many seconds' calls may be open. Whoever waits calls no more: a burst of all that was due would hold a slow machine up for good. */
const MOST_OPEN_SECONDS = 1;

/** Live callers of one endpoint: a steady rate, each call with a label soon after, until stopped. */
export class LiveTraffic {
  /** Calls that got no answer from a model. */
  readonly drops: Drop[] = [];
  /** Answers by variant. */
  readonly answers = new Map<string, number>();
  /** The same one by one. */
  readonly answered: Answered[] = [];
  private readonly gateway: Gateway;
  private readonly runtime: SageMakerRuntimeClient;
  private readonly s3: S3Client;
  private readonly mirror: SageMakerRuntimeClient | null;
  private readonly stopped = new AbortController();
  private readonly driving: Promise<void>;
  private draw = 0;
  private calls = 0;

  constructor(
    stack: WholeStack,
    private readonly options: {
      readonly endpoint: string;
      readonly perSecond: number;
      /** How many different users call, in turn; one without. */
      readonly users?: number;
      /** Whether this gateway sends copies where an assignment asks for them. */
      readonly mirrors?: boolean;
      /** What else a request says, by its number. */
      readonly about?: (call: number) => Readonly<Record<string, unknown>>;
    }
  ) {
    this.runtime = stack.runtime();
    this.s3 = new S3Client(stack.aws);
    this.mirror = options.mirrors === true ? stack.runtime() : null;
    this.gateway = createGateway({
      endpoint: options.endpoint,
      runtime: this.runtime,
      s3: this.s3,
      counts: stack.buckets.counts,
      labels: stack.buckets.labels,
      assignment: stack.buckets.assignments,
      refreshMs: 200,
      ...(this.mirror !== null && { mirror: { runtime: this.mirror, pairs: `${stack.buckets.counts}-pairs` } }),
      onWriteError: () => undefined,
      // Only rollouts by a gateway publish one.
      onAssignmentTrouble: () => undefined,
    });
    this.driving = this.drive();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.driving;
    await this.gateway.close();
    this.runtime.destroy();
    this.mirror?.destroy();
    this.s3.destroy();
  }

  private async drive(): Promise<void> {
    const startMs = performance.now();
    const { perSecond } = this.options;
    const open = new Set<Promise<void>>();
    for (let made = 0; !this.stopped.signal.aborted;) {
      const due = ((performance.now() - startMs) / 1_000) * perSecond;
      for (; made < due; made++) {
        if (open.size >= perSecond * MOST_OPEN_SECONDS) continue;
        const call = this.call().finally(() => open.delete(call));
        open.add(call);
      }
      await sleep(BEAT_MS);
    }
    await Promise.all(open);
  }

  private async call(): Promise<void> {
    // The golden ratio's multiples are spread evenly, so shares of errors and wrong answers are met after a few calls.
    this.draw = (this.draw + 0.618_033_988_75) % 1;
    const user = `user-${this.calls++ % (this.options.users ?? 1)}`;
    const sentMs = Date.now();
    const about = this.options.about?.(this.calls) ?? {};
    const body = JSON.stringify({ truth: 'good', draw: this.draw, ...about });
    try {
      const answer = await this.gateway.invoke({ body, contentType: 'application/json', userId: user });
      const variant = answer.variant ?? 'unknown';
      this.answers.set(variant, (this.answers.get(variant) ?? 0) + 1);
      this.answered.push({ sentMs, variant, user });
      this.gateway.feedback({ inferenceId: answer.inferenceId, label: 'good' });
    } catch (error) {
      this.drops.push({ sentMs, failedMs: Date.now(), reason: String(error) });
    }
  }
}
