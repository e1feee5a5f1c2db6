import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fetchModel } from './artifact';
import { realDelayMs } from '../engine/clock';
import type { Blueprint, ContainerBlueprint, VariantBlueprint } from './blueprint';
import type { FleetContext } from './context';
import { downloadTimeout, slowDownload } from './faults';
import { VariantFleet } from './variant-fleet';

/** The running form of one endpoint configuration: during an update an endpoint has two. */
export class Fleet {
  /** Those that requests are routed to. */
  readonly variants: ReadonlyMap<string, VariantFleet>;
  /** All variants in the order of the configuration, shadows last. */
  readonly list: readonly VariantFleet[];
  readonly #dir: string;
  #stopped: Promise<void> | undefined;

  constructor(
    readonly endpointName: string,
    readonly blueprint: Blueprint,
    private readonly context: FleetContext
  ) {
    this.#dir = path.join(context.dataDir, 'fleets', `${endpointName}-${randomUUID().slice(0, 8)}`);
    const owner = {
      endpointName,
      configName: blueprint.configName,
      dir: this.#dir,
      ...(blueprint.capture ? { capture: blueprint.capture } : {}),
      ...(blueprint.asynchronous ? { asynchronous: blueprint.asynchronous } : {}),
    };
    this.list = blueprint.variants.map((variant) => {
      const modelDirs = variant.containers.map((_, index) => this.#modelDir(variant.name, index));
      return new VariantFleet(owner, { blueprint: variant, modelDirs, context });
    });
    const shadows = this.list.filter(({ blueprint: { isShadow } }) => isShadow);
    const production = this.list.filter(({ blueprint: { isShadow } }) => !isShadow);
    for (const variant of production) variant.shadows = shadows;
    this.variants = new Map(production.map((variant) => [variant.name, variant]));
  }

  /** A variant of either kind. */
  variant(name: string): VariantFleet | undefined {
    return this.list.find((variant) => variant.name === name);
  }

  /** Fetches the models and starts `counts` instances of each variant. Rejects with FleetFailure; the caller stops the fleet then. */
  async start(counts: ReadonlyMap<string, number>): Promise<void> {
    await this.#fetchModels();
    await this.scaleTo(counts);
  }

  async scaleTo(counts: ReadonlyMap<string, number>): Promise<void> {
    await Promise.all(this.list.map((variant) => variant.scaleTo(counts.get(variant.name) ?? 0)));
  }

  setWeights(weights: ReadonlyMap<string, number>): void {
    for (const variant of this.list) variant.weight = weights.get(variant.name) ?? 0;
  }

  /** Takes no new requests and resolves when those under way are answered. */
  async drain(): Promise<void> {
    await Promise.all(this.list.map((variant) => variant.drain()));
  }

  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** Ends every process, hard after the grace, and removes the fleet's files. A stopped fleet does not start again. */
  stop(graceMs: number): Promise<void> {
    this.#stopped ??= Promise.all(this.list.map((variant) => variant.stop(graceMs))).then(() =>
      rm(this.#dir, { recursive: true, force: true })
    );
    return this.#stopped;
  }

  async #fetchModels(): Promise<void> {
    await Promise.all(
      this.blueprint.variants.map((variant) =>
        withinDownloadTimeout(this.context, variant, async () => {
          await slowDownload(this.context, this.endpointName, variant);
          await Promise.all(variant.containers.map((container, index) => this.#fetchModel(variant, container, index)));
        })
      )
    );
  }

  async #fetchModel(variant: VariantBlueprint, container: ContainerBlueprint, index: number): Promise<void> {
    const dir = this.#modelDir(variant.name, index);
    await mkdir(dir, { recursive: true });
    if (container.data) await fetchModel(this.context.objects, container.data, dir);
  }

  #modelDir(variant: string, index: number): string {
    return path.join(this.#dir, 'models', variant, String(index));
  }
}

/** A real download does not go faster because the clock does: as with the first ping, the limit has a floor in real time. */
async function withinDownloadTimeout(
  context: FleetContext,
  variant: VariantBlueprint,
  fetch: () => Promise<void>
): Promise<void> {
  const { downloadTimeoutSeconds: seconds } = variant;
  if (seconds === undefined) return fetch();
  const limitMs = realDelayMs({
    providerMs: seconds * 1000,
    speed: context.speed(),
    floorMs: context.minStartupWindowMs,
  });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(downloadTimeout(variant.name, seconds)), limitMs);
  });
  await Promise.race([fetch(), timeout]).finally(() => clearTimeout(timer));
}
