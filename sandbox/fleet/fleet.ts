import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fetchModel } from './artifact';
import type { Blueprint } from './blueprint';
import type { FleetContext } from './context';
import { VariantFleet } from './variant-fleet';

/** The running form of one endpoint configuration: during an update an endpoint has two. */
export class Fleet {
  readonly variants: ReadonlyMap<string, VariantFleet>;
  /** The variants in the order of the configuration. */
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
    };
    this.list = blueprint.variants.map((variant) => {
      const modelDirs = variant.containers.map((_, index) => this.#modelDir(variant.name, index));
      return new VariantFleet(owner, { blueprint: variant, modelDirs, context });
    });
    this.variants = new Map(this.list.map((variant) => [variant.name, variant]));
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
    const fetches = this.blueprint.variants.flatMap((variant) =>
      variant.containers.map(async (container, index) => {
        const dir = this.#modelDir(variant.name, index);
        await mkdir(dir, { recursive: true });
        if (container.data) await fetchModel(this.context.objects, container.data, dir);
      })
    );
    await Promise.all(fetches);
  }

  #modelDir(variant: string, index: number): string {
    return path.join(this.#dir, 'models', variant, String(index));
  }
}
