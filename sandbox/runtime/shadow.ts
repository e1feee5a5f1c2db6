import type { RandomStream } from '../engine/random';
import { NoReply } from '../fleet/client';
import { ContainerSilent } from '../fleet/instance';
import type { VariantFleet } from '../fleet/variant-fleet';
import type { Knobs } from '../knobs/knobs';
import type { DataCapture } from './capture';
import type { InvocationMetrics } from './metrics';
import { forwarded } from './request';
import type { InvokeRequest } from './request';
import { shadowShare } from './shadow-share';

/** Sends copies of requests to shadow variants. Nothing of what becomes of a copy reaches the caller. */
export class Shadowing {
  readonly #random = new WeakMap<VariantFleet, RandomStream>();

  constructor(
    private readonly options: {
      readonly knobs: Pick<Knobs, 'shadowSampling' | 'shadowBacklog'>;
      readonly random: (purpose: string) => RandomStream;
      readonly capture: DataCapture;
      readonly metrics: InvocationMetrics;
      readonly onError: (error: unknown, where: string) => void;
    }
  ) {}

  /** Copies a request that `variant` is about to answer to its shadows, each with its own chance. */
  mirror(variant: VariantFleet, request: InvokeRequest, body: Buffer): void {
    for (const shadow of variant.shadows) {
      const share = shadowShare(this.options.knobs.shadowSampling, {
        production: variant.weight,
        shadow: shadow.weight,
      });
      if (share < 1 && this.#randomOf(shadow)() >= share) continue;
      this.#copy(shadow, request, body).catch((error: unknown) =>
        this.options.onError(error, `shadow variant ${shadow.name} of ${request.endpointName}`)
      );
    }
  }

  async #copy(shadow: VariantFleet, request: InvokeRequest, body: Buffer): Promise<void> {
    const instance = shadow.pick();
    // A shadow that falls behind misses some: the live answers never wait.
    if (!instance || instance.outstanding >= this.options.knobs.shadowBacklog) return;
    const { metrics, capture } = this.options;
    instance.acquire();
    const startMs = performance.now();
    const observe = (status: number) =>
      metrics.observe(shadow, { status, modelLatencyMs: performance.now() - startMs, overheadLatencyMs: 0 });
    try {
      const { reply } = await instance.invoke({ body, headers: forwarded(request) });
      observe(reply.status);
      if (reply.status < 200 || reply.status > 299) return;
      const outputContentType = reply.headers['content-type'] ?? 'application/octet-stream';
      capture.observe(shadow, { request, input: body, output: reply.body, outputContentType });
    } catch (error) {
      if (!(error instanceof ContainerSilent && error.cause instanceof NoReply)) throw error;
      observe(0);
    } finally {
      instance.release();
    }
  }

  #randomOf(shadow: VariantFleet): RandomStream {
    const known = this.#random.get(shadow);
    if (known) return known;
    const made = this.options.random(`shadow/${shadow.owner.endpointName}/${shadow.owner.configName}/${shadow.name}`);
    this.#random.set(shadow, made);
    return made;
  }
}
