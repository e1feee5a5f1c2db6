import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../../gateway';
import type { Label, Review } from './data';
import { seededRandom } from './train';

export interface TrafficOptions {
  readonly gateway: Gateway;
  readonly reviews: readonly Review[];
  readonly perSecond: number;
  readonly seed: number;
  readonly stop: AbortSignal;
}

export interface TrafficSummary {
  readonly seconds: number;
  readonly sent: number;
  /** Answered by a model with a label. */
  readonly answered: number;
  /** Answered by a model with an error. */
  readonly modelErrors: number;
  /** Neither: refused by the service, or the connection was lost. Must be 0 whatever a rollout does. */
  readonly dropped: number;
  /** Due but not sent, because too many calls were open: the endpoint was too slow for the rate. */
  readonly skipped: number;
  /** Labels given; a few are missing, as in life. */
  readonly labelled: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly variants: Readonly<Record<string, VariantSummary>>;
  /** The first few reasons of dropped calls. */
  readonly reasons: readonly string[];
}

export interface VariantSummary {
  readonly requests: number;
  readonly errors: number;
  /** Right answers among the answered. */
  readonly accuracy: number;
}

/** Enough for 300 ms latency at 200 requests a second; beyond it the driver itself would become the bottleneck. */
const MAX_OPEN_CALLS = 64;
const BEAT_MS = 10;
const LABEL_DELAY_MS = { least: 300, most: 1_500 };
const MISSING_LABELS = 0.05;
const MAX_REASONS = 5;
/** The quantiles are of about the last so many calls: the driver may run for days. */
const LATENCIES_KEPT = 10_000;

/**
 * Sends reviews at a steady rate, whether or not earlier ones were answered (an open loop: a slow endpoint gets no relief), and gives
 * the true label of each after a random delay. Ends when `stop` aborts, after all open calls; labels that are still due are given at once.
 */
export async function driveTraffic(options: TrafficOptions): Promise<TrafficSummary> {
  const drive = new Drive(options);
  const startedAt = performance.now();
  while (!options.stop.aborted) {
    drive.sendUpTo(((performance.now() - startedAt) / 1_000) * options.perSecond);
    await sleep(BEAT_MS, undefined, { signal: options.stop }).catch(() => undefined);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  await drive.settle();
  return drive.summary(seconds);
}

class Drive {
  private readonly random: () => number;
  private readonly open = new Set<Promise<void>>();
  private readonly pendingLabels = new Map<NodeJS.Timeout, () => void>();
  private readonly latencies: (number | undefined)[] = [];
  private readonly variants = new Map<string, { requests: number; errors: number; right: number }>();
  private readonly reasons: string[] = [];
  private due = 0;
  private readonly totals = { sent: 0, answered: 0, modelErrors: 0, dropped: 0, skipped: 0, labelled: 0 };

  constructor(private readonly options: TrafficOptions) {
    this.random = seededRandom(options.seed);
  }

  sendUpTo(count: number): void {
    for (; this.due < count; this.due++) {
      if (this.open.size >= MAX_OPEN_CALLS) {
        this.totals.skipped++;
        continue;
      }
      const call = this.send().finally(() => this.open.delete(call));
      this.open.add(call);
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.open);
    for (const [timer, give] of this.pendingLabels) {
      clearTimeout(timer);
      give();
    }
  }

  summary(seconds: number): TrafficSummary {
    const sorted = this.latencies.filter((ms) => ms !== undefined).sort((a, b) => a - b);
    const quantile = (q: number): number => Number((sorted[Math.floor(q * (sorted.length - 1))] ?? 0).toFixed(1));
    const variants = [...this.variants].map(([name, { requests, errors, right }]) => {
      const accuracy = Number((right / Math.max(1, requests - errors)).toFixed(3));
      return [name, { requests, errors, accuracy }] as const;
    });
    return {
      seconds: Number(seconds.toFixed(1)),
      ...this.totals,
      latencyMs: { p50: quantile(0.5), p99: quantile(0.99) },
      variants: Object.fromEntries(variants),
      reasons: this.reasons,
    };
  }

  private async send(): Promise<void> {
    const review = this.options.reviews[Math.floor(this.random() * this.options.reviews.length)];
    if (review === undefined) return;
    // Drawn before the call, so that neither the delay nor the lack of a label depends on the answer.
    const labelDelayMs = LABEL_DELAY_MS.least + this.random() * (LABEL_DELAY_MS.most - LABEL_DELAY_MS.least);
    const hasLabel = this.random() >= MISSING_LABELS;
    this.totals.sent++;
    try {
      const body = JSON.stringify({ text: review.text });
      const result = await this.options.gateway.invoke({ body, contentType: 'application/json' });
      this.latencies[this.totals.sent % LATENCIES_KEPT] = result.latencyMs;
      const predicted = result.ok ? labelOf(result.body) : undefined;
      if (result.ok) this.totals.answered++;
      else this.totals.modelErrors++;
      this.countVariant(result.variant ?? 'unknown', result.ok, predicted === review.label);
      if (hasLabel) this.labelLater({ inferenceId: result.inferenceId, label: review.label, delayMs: labelDelayMs });
    } catch (error) {
      this.totals.dropped++;
      if (this.reasons.length < MAX_REASONS) this.reasons.push(String(error));
    }
  }

  private countVariant(name: string, isAnswered: boolean, isRight: boolean): void {
    const counts = this.variants.get(name) ?? { requests: 0, errors: 0, right: 0 };
    counts.requests++;
    if (!isAnswered) counts.errors++;
    if (isRight) counts.right++;
    this.variants.set(name, counts);
  }

  private labelLater(truth: { readonly inferenceId: string; readonly label: Label; readonly delayMs: number }): void {
    const give = (): void => {
      this.pendingLabels.delete(timer);
      this.options.gateway.feedback({ inferenceId: truth.inferenceId, label: truth.label });
      this.totals.labelled++;
    };
    const timer = setTimeout(give, truth.delayMs);
    this.pendingLabels.set(timer, give);
  }
}

/** `undefined` when the answer has another shape than the container's. */
function labelOf(body: Uint8Array): unknown {
  const answer: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
  if (typeof answer !== 'object' || answer === null || !('predictions' in answer)) return undefined;
  const first: unknown = Array.isArray(answer.predictions) ? answer.predictions[0] : undefined;
  return typeof first === 'object' && first !== null && 'label' in first ? first.label : undefined;
}
