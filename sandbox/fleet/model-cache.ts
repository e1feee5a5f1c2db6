import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Knobs } from '../knobs/knobs';
import type { ObjectStore } from '../ports';
import { fetchModel } from './artifact';
import type { MultiModelSettings } from './blueprint';
import type { ContainerReply } from './client';
import type { Container } from './container';
import { FleetFailure } from './failure';

const UNLOAD_TIMEOUT_MS = 60_000;
const INSUFFICIENT_STORAGE = 507;
const ALREADY_LOADED = 409;

/** Why a model cannot answer: no archive under its name, still loading, or refused by the container, which says why. */
export class ModelUnavailable extends Error {
  override readonly name = 'ModelUnavailable';
  constructor(
    readonly why: 'missing' | 'notReady' | 'refused',
    message: string,
    readonly reply?: ContainerReply
  ) {
    super(message);
  }
}

/** What one request meant for the models of its container; times in milliseconds. */
export interface ModelUse {
  readonly isHit: boolean;
  readonly waitMs: number;
  readonly downloadMs?: number;
  readonly loadMs?: number;
  readonly unloadMs: readonly number[];
  readonly loadedCount: number;
}

interface Model {
  /** The name that the container knows: opaque, as the contract says. */
  readonly id: string;
  readonly times: { downloadMs?: number; loadMs?: number; unloadMs: number[] };
  loading: Promise<void>;
  isReady: boolean;
  users: number;
}

/** The models that one multi-model container holds: loaded when first asked for, the least recently used unloaded for want of room. */
export class ModelCache {
  /** Least recently used first. */
  readonly #models = new Map<string, Model>();
  readonly #waiting: (() => void)[] = [];
  #generation = -1;

  constructor(
    private readonly of: {
      readonly container: Container;
      readonly settings: MultiModelSettings;
      readonly objects: ObjectStore;
      /** The folder of models, here and as the container sees it. */
      readonly dir: string;
      readonly dirInContainer: string;
      readonly knobs: Pick<
        Knobs,
        'modelReadyTimeoutMs' | 'modelLoadTimeoutMs' | 'fullModelMemory' | 'disabledModelCache'
      >;
    }
  ) {}

  get loadedCount(): number {
    this.#forgetFormerProcess();
    return [...this.#models.values()].filter(({ isReady }) => isReady).length;
  }

  holds(target: string): boolean {
    this.#forgetFormerProcess();
    return this.#models.has(target);
  }

  /** Sends a request to a model, which is loaded first where it is not. Rejects with ModelUnavailable and NoReply. */
  async invoke(
    target: string,
    call: {
      readonly body: Buffer;
      readonly headers: Readonly<Record<string, string>>;
      readonly timeoutMs: number;
    }
  ): Promise<{ readonly reply: ContainerReply; readonly use: ModelUse }> {
    this.#forgetFormerProcess();
    const startMs = performance.now();
    const known = this.#models.get(target);
    const model = known ?? this.#begin(target);
    const isHit = model.isReady;
    this.#models.delete(target);
    this.#models.set(target, model);
    model.users += 1;
    try {
      if (!isHit) await this.#untilReady(target, model);
      const waitMs = performance.now() - startMs;
      const headers = { ...call.headers, 'x-amzn-sagemaker-target-model': target };
      const reply = await this.of.container.send({
        ...{ ...call, headers },
        method: 'POST',
        path: `/models/${model.id}/invoke`,
      });
      // The request that began to load tells of it; those that waited beside it tell of their wait.
      const times = known ? { unloadMs: [] } : model.times;
      return { reply, use: { isHit, waitMs, ...times, loadedCount: this.loadedCount } };
    } finally {
      model.users -= 1;
      if (model.users === 0) for (const wake of this.#waiting.splice(0)) wake();
      if (model.users === 0 && model.isReady && !this.#isKept) await this.#unload(target, model);
    }
  }

  get #isKept(): boolean {
    return this.of.settings.isCached || this.of.knobs.disabledModelCache === 'keeps';
  }

  #begin(target: string): Model {
    const model: Model = {
      id: createHash('sha256').update(target).digest('hex').slice(0, 32),
      times: { unloadMs: [] },
      loading: Promise.resolve(),
      isReady: false,
      users: 0,
    };
    model.loading = this.#load(target, model).then(
      () => void (model.isReady = true),
      async (error: unknown) => {
        if (this.#models.get(target) === model) this.#models.delete(target);
        await rm(path.join(this.of.dir, model.id), { recursive: true, force: true });
        throw error;
      }
    );
    // Its callers hear of a failure; when all of them have gone, nobody has to.
    model.loading.catch(() => undefined);
    return model;
  }

  async #load(target: string, model: Model): Promise<void> {
    const { settings, objects, container } = this.of;
    const { bucket, prefix } = settings;
    const key = `${prefix}${target.replace(/^\/+/, '')}`;
    const startMs = performance.now();
    if (!(await objects.get({ bucket, key })))
      throw new ModelUnavailable(
        'missing',
        `Failed to download model data(bucket: ${bucket}, key: ${key}). Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the model.`
      );
    const dir = path.join(this.of.dir, model.id, 'model');
    await fetchModel(objects, { kind: 'archive', url: `s3://${bucket}/${key}`, bucket, key }, dir).catch(
      (error: unknown) => {
        throw error instanceof FleetFailure ? new ModelUnavailable('missing', error.message) : error;
      }
    );
    const loadStartMs = performance.now();
    model.times.downloadMs = loadStartMs - startMs;
    const url = path.posix.join(this.of.dirInContainer, model.id, 'model');
    const body = Buffer.from(JSON.stringify({ model_name: model.id, url }));
    for (;;) {
      const headers = { 'content-type': 'application/json' };
      const reply = await container.send({
        method: 'POST',
        path: '/models',
        headers,
        body,
        timeoutMs: this.of.knobs.modelLoadTimeoutMs,
      });
      if (reply.status === 200 || reply.status === ALREADY_LOADED) break;
      if (reply.status === INSUFFICIENT_STORAGE && (await this.#makeRoom(model))) continue;
      throw new ModelUnavailable('refused', `The container did not load ${target}.`, reply);
    }
    model.times.loadMs = performance.now() - loadStartMs;
  }

  /** Unloads the least recently used model that nobody uses; waits for one where all are in use. `false` when there is no other model. */
  async #makeRoom(forModel: Model): Promise<boolean> {
    for (;;) {
      const others = [...this.#models].filter(([, model]) => model !== forModel && model.isReady);
      if (others.length === 0) return false;
      const idle = others.find(([, model]) => model.users === 0);
      if (idle) {
        const startMs = performance.now();
        await this.#unload(...idle);
        forModel.times.unloadMs.push(performance.now() - startMs);
        return true;
      }
      if (this.of.knobs.fullModelMemory === 'fails') return false;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** A container that no longer answers is about to be replaced, and its models with it. */
  async #unload(target: string, model: Model): Promise<void> {
    if (this.#models.get(target) === model) this.#models.delete(target);
    await this.of.container
      .send({ method: 'DELETE', path: `/models/${model.id}`, headers: {}, timeoutMs: UNLOAD_TIMEOUT_MS })
      .catch(() => undefined);
    await rm(path.join(this.of.dir, model.id), { recursive: true, force: true });
  }

  async #untilReady(target: string, model: Model): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      const message = `Model ${target} is not ready for inference: it is still being loaded. Try your call again.`;
      timer = setTimeout(() => reject(new ModelUnavailable('notReady', message)), this.of.knobs.modelReadyTimeoutMs);
    });
    await Promise.race([model.loading, tooLong]).finally(() => clearTimeout(timer));
  }

  #forgetFormerProcess(): void {
    const { generation } = this.of.container;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#models.clear();
  }
}
