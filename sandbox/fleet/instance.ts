import { randomBytes } from 'node:crypto';
import { mkdir, symlink } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { VariantBlueprint } from './blueprint';
import type { ContainerReply } from './client';
import { isRefusal } from './client';
import { Container } from './container';
import { containerSpec } from './container-spec';
import type { FleetContext } from './context';
import { FleetFailure } from './failure';
import { servingSite, strikeInvocation } from './faults';
import type { ModelUse } from './model-cache';
import { ModelCache, ModelUnavailable } from './model-cache';

/** The longest a container may take to answer; drained instances wait as long for their last requests. */
export const INVOCATION_TIMEOUT_MS = 60_000;

/** The parts of this process's environment that a container may see: what programs need to run, never credentials. */
export const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;
/** What the command of Docker or Podman needs to find its daemon; its containers see none of it. */
export const FOR_ENGINES = [
  'HOME',
  'XDG_RUNTIME_DIR',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'CONTAINER_HOST',
] as const;

export interface InstanceSpec {
  readonly endpointName: string;
  readonly variant: VariantBlueprint;
  /** Folder of this instance. */
  readonly dir: string;
  /** Unpacked model of each container, by position. */
  readonly modelDirs: readonly string[];
}

export interface InstanceCall {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** For multi-model containers: which model. */
  readonly targetModel?: string;
  /** For direct variants: which container, by hostname. */
  readonly targetContainer?: string;
  /** How long each container may take; 60 s unless given. */
  readonly timeoutMs?: number;
}

export interface InstanceReply {
  readonly container: Container;
  readonly reply: ContainerReply;
  /** Of the multi-model container, where there is one. */
  readonly use?: ModelUse;
}

type Answer = Pick<InstanceReply, 'reply' | 'use'>;

/** An answer that is read while it comes. The body fails with NoReply. */
export interface InstanceStream {
  readonly hostname: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** When it was asked for, by `performance.now()`. */
  readonly sentMs: number;
}

/** One instance of a variant: its containers in pipeline order, and the requests it is serving. */
export class Instance {
  readonly id = `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
  readonly containers: readonly Container[];
  outstanding = 0;
  /** Requests so far. */
  uses = 0;
  isDraining = false;
  #idle: (() => void) | undefined;
  readonly #caches = new Map<Container, ModelCache>();

  constructor(
    readonly spec: InstanceSpec,
    private readonly context: FleetContext,
    onHealth: () => void
  ) {
    const { endpointName, variant } = spec;
    this.containers = variant.containers.map((blueprint, index) => {
      const base = this.#baseDir(index);
      const made = containerSpec(context, {
        ...{ endpointName, variant, blueprint, base },
        modelDir: spec.modelDirs[index] ?? base,
        instanceId: this.id,
        environment: inherited(PASSED_ON),
        engineEnvironment: inherited(FOR_ENGINES),
      });
      const container = new Container(made.spec, context.journal, onHealth);
      const { multiModel: settings } = blueprint;
      const { objects, knobs } = context;
      const dir = path.join(base, 'models');
      if (settings)
        this.#caches.set(
          container,
          new ModelCache({ container, settings, objects, dir, dirInContainer: made.modelsInContainer, knobs })
        );
      return container;
    });
  }

  get isServing(): boolean {
    return !this.isDraining && this.containers.every((container) => container.isHealthy);
  }

  holds(targetModel: string): boolean {
    return [...this.#caches.values()].some((cache) => cache.holds(targetModel));
  }

  /** Models in the memory of its multi-model containers; `undefined` when there are no such containers. */
  get loadedModelCount(): number | undefined {
    if (this.#caches.size === 0) return undefined;
    return [...this.#caches.values()].reduce((sum, cache) => sum + cache.loadedCount, 0);
  }

  async start(): Promise<void> {
    for (const [index, container] of this.containers.entries()) {
      const base = this.#baseDir(index);
      await mkdir(path.join(base, 'output'), { recursive: true });
      if (this.#caches.has(container)) await mkdir(path.join(base, 'models'), { recursive: true });
      else await symlink(this.spec.modelDirs[index] ?? base, path.join(base, 'model'));
      if (container.spec.command.length === 0) throw imageMissing(container.spec);
    }
    await Promise.all(this.containers.map((container) => container.start()));
  }

  /** A request is about to be sent here; `release` must follow. */
  acquire(): void {
    this.outstanding += 1;
    this.uses += 1;
  }

  release(): void {
    this.outstanding -= 1;
    if (this.outstanding === 0) this.#idle?.();
  }

  /** Takes no new requests and resolves when those under way are answered, or could no longer be. */
  async drain(): Promise<void> {
    this.isDraining = true;
    if (this.outstanding === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, INVOCATION_TIMEOUT_MS);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async stop(graceMs: number): Promise<void> {
    this.isDraining = true;
    await Promise.all(this.containers.map((container) => container.stop(graceMs)));
  }

  /**
   * Sends a body through the containers in order, or to the one that the call names. Stops at the first that does not answer with
   * success, and says which it was. Rejects with ContainerSilent and ModelUnavailable.
   */
  async invoke(call: InstanceCall): Promise<InstanceReply> {
    const passed = await this.#pass(this.#asked(call), call);
    if (!passed) throw new Error('a variant without the container that was asked for cannot serve');
    return passed;
  }

  /** As `invoke`, with the answer of the last container read while it comes; it must be over within `totalMs`. */
  async stream(call: InstanceCall & { readonly totalMs: number }): Promise<InstanceStream> {
    const containers = this.#asked(call);
    const last = containers.at(-1);
    if (!last) throw new Error('a variant without the container that was asked for cannot serve');
    const before = await this.#pass(containers.slice(0, -1), call);
    if (before && !isSuccess(before.reply)) return asStream(before.container, before.reply);
    const sentMs = performance.now();
    const { body, headers } = before ? handedOn(call, before.reply) : call;
    const { hostname } = last.spec;
    try {
      const instead = await this.struck(last);
      if (instead) return asStream(last, instead);
      const request = {
        method: 'POST',
        path: '/invocations',
        body,
        headers,
        timeoutMs: INVOCATION_TIMEOUT_MS,
      } as const;
      return { hostname, sentMs, ...(await last.open({ ...request, totalMs: call.totalMs })) };
    } catch (cause) {
      throw new ContainerSilent(hostname, { cause, isUnseen: before === undefined && isRefusal(cause) });
    }
  }

  #asked({ targetContainer }: InstanceCall): readonly Container[] {
    return targetContainer === undefined
      ? this.containers
      : this.containers.filter((container) => container.spec.hostname === targetContainer);
  }

  async #pass(containers: readonly Container[], call: InstanceCall): Promise<InstanceReply | undefined> {
    let { body, headers } = call;
    let last: InstanceReply | undefined;
    for (const container of containers) {
      let answer: Answer;
      try {
        answer = await this.#send(container, { ...call, body, headers });
      } catch (cause) {
        if (cause instanceof ModelUnavailable) throw cause;
        throw new ContainerSilent(container.spec.hostname, { cause, isUnseen: last === undefined && isRefusal(cause) });
      }
      const { reply } = answer;
      const used = answer.use ?? last?.use;
      last = used ? { container, reply, use: used } : { container, reply };
      if (!isSuccess(reply) || containers.length === 1) return last;
      ({ body, headers } = handedOn({ headers }, reply));
    }
    return last;
  }

  async #send(
    container: Container,
    { body, headers, targetModel, timeoutMs = INVOCATION_TIMEOUT_MS }: InstanceCall
  ): Promise<Answer> {
    const instead = this.context.faults.isEmpty ? undefined : await this.struck(container);
    if (instead) return { reply: instead };
    const call = { body, headers, timeoutMs };
    const cache = this.#caches.get(container);
    if (cache && targetModel !== undefined) return cache.invoke(targetModel, call);
    return { reply: await container.send({ method: 'POST', path: '/invocations', ...call }) };
  }

  /** What a rule puts in the place of the container's answer. */
  async struck(container: Container): Promise<ContainerReply | undefined> {
    const { context, spec } = this;
    if (context.faults.isEmpty) return undefined;
    return strikeInvocation(context, servingSite(spec.endpointName, spec.variant.name), container);
  }

  #baseDir(index: number): string {
    return path.join(this.spec.dir, this.id, String(index), 'opt', 'ml');
  }
}

/** A container of the chain gave no answer; the cause is a NoReply. */
export class ContainerSilent extends Error {
  override readonly name = 'ContainerSilent';
  /** No container of the instance has seen the request: another instance may be asked. */
  readonly isUnseen: boolean;

  constructor(
    readonly hostname: string,
    { cause, isUnseen }: { readonly cause: unknown; readonly isUnseen: boolean }
  ) {
    super(`the ${hostname} container gave no answer`, { cause });
    this.isUnseen = isUnseen;
  }
}

function isSuccess({ status }: ContainerReply): boolean {
  return status >= 200 && status <= 299;
}

/** What the next container of a pipeline is sent. */
function handedOn(call: Pick<InstanceCall, 'headers'>, reply: ContainerReply): Pick<InstanceCall, 'body' | 'headers'> {
  const type = reply.headers['content-type'] ?? 'application/octet-stream';
  return { body: reply.body, headers: { ...call.headers, 'content-type': type } };
}

function asStream({ spec }: Container, { status, headers, body }: ContainerReply): InstanceStream {
  return { hostname: spec.hostname, sentMs: performance.now(), status, headers, body: Readable.from([body]) };
}

/** These variables of this process's environment, as far as they are set. */
export function inherited(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    })
  );
}

function imageMissing({ image, missing }: { readonly image: string; readonly missing?: string }): FleetFailure {
  const why = missing ?? 'no pattern of the image map matches it; add one under "images" in sandbox.yaml';
  return new FleetFailure(`Requested image ${image} not found. (Sandbox: ${why}.)`);
}
