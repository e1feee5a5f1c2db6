import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '../engine/journal';
import type { ContainerReply, ContainerRequest, ContainerStream } from './client';
import { ContainerClient, isRefusal, NoReply } from './client';
import { FleetFailure, logHint, pingFailure } from './failure';
import { reservePort } from './free-ports';
import type { ContainerProcess } from './process';
import { startProcess } from './process';

export interface ContainerSpec {
  readonly hostname: string;
  readonly variant: string;
  readonly image: string;
  /** Empty when nothing can run the image; `missing` says why. */
  readonly command: readonly string[];
  readonly missing?: string;
  /** Docker or Podman, with the command line for one start. */
  readonly engine?: {
    readonly program: string;
    readonly command: (start: { readonly port: number; readonly name: string }) => readonly string[];
  };
  readonly cwd: string;
  /** The port variables are added at each start. */
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Journal name: `<endpoint>/<variant>/<instance>/<hostname>`. */
  readonly label: string;
  /** Real time from the first start to the first healthy ping. A process does not boot faster because the clock does. */
  readonly startupWindowMs: number;
  /** Real time between two pings of a healthy container. */
  readonly pingIntervalMs: number;
  readonly faults: ContainerFaults;
}

/** What rules do to a container's process; asked at each start and each ping. */
export interface ContainerFaults {
  /** Resolves when the process may be seen as up; rejects with FleetFailure when that takes longer than it may. */
  startDelay(life: AbortSignal): Promise<void> | undefined;
  crashesAtStart(): boolean;
  failsPing(): boolean;
}

/** SageMaker gives a container two seconds to answer a ping. */
const PING_TIMEOUT_MS = 2_000;
/** Failed pings in a row until a healthy container counts as lost and is replaced. */
const LOST_AFTER_PINGS = 3;
/** A container that ended this often before its first healthy ping will not get better: the window is not waited out. */
const STARTUP_EXITS = 5;
const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 10_000;
/** After this long in health the next crash starts with the shortest backoff again. */
const FORGIVEN_AFTER_MS = 60_000;
/** SageMaker sends SIGKILL 30 s after SIGTERM. */
export const STOP_GRACE_MS = 30_000;

/** One container: a process that is started, pinged, and started again when it ends or stops answering. */
export class Container {
  #process: ContainerProcess | undefined;
  #client: ContainerClient | undefined;
  #port: number | undefined;
  #isHealthy = false;
  #generation = 0;
  #stopping: Promise<void> | undefined;
  #doubt: Promise<boolean> | undefined;
  readonly #stop = new AbortController();
  readonly #onHealth: (isHealthy: boolean) => void;

  constructor(
    readonly spec: ContainerSpec,
    private readonly journal: Journal,
    onHealth: (isHealthy: boolean) => void
  ) {
    this.#onHealth = onHealth;
  }

  /** Counts the processes so far: what one had in memory is gone with it. */
  get generation(): number {
    return this.#generation;
  }

  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  /** Aborts when the container is to end for good. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** Process id while one runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The loopback port of the process that runs, for requests that are not sent as a whole. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Resolves at the first healthy ping; rejects with FleetFailure when there is none within the window. Supervision goes on either way until `stop`. */
  start(): Promise<void> {
    const stopped = new FleetFailure('The fleet was stopped while its containers were starting.');
    return new Promise((resolve, reject) => {
      if (this.#stop.signal.aborted) return reject(stopped);
      const window = setTimeout(
        () => reject(pingFailure(this.spec.hostname, this.spec.variant, logHint(this.spec))),
        this.spec.startupWindowMs
      );
      const settle = (failure?: FleetFailure) => {
        clearTimeout(window);
        if (failure) reject(failure);
        else resolve();
      };
      this.#stop.signal.addEventListener('abort', () => settle(stopped));
      this.#supervise(settle).catch(reject);
    });
  }

  /** Ends the process as a crash would; it is started again. It takes no requests from now on: its exit is heard of later. */
  crash(): void {
    this.#process?.kill();
    this.#setHealth(false);
  }

  /**
   * Sends a request to the container. Rejects with NoReply. A container that refuses a connection is pinged at once: where it answers,
   * the request, which it has not seen, is sent once more; where it does not, it takes no more requests until it does. Its process is
   * gone then, and this is often heard of before its exit.
   */
  send(call: ContainerRequest): Promise<ContainerReply> {
    return this.#ask((client) => client.send(call));
  }

  /** The same for an answer that is read while it comes. */
  open(call: ContainerRequest & { readonly totalMs: number }): Promise<ContainerStream> {
    return this.#ask((client) => client.open(call));
  }

  async #ask<T>(ask: (client: ContainerClient) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (!client) throw new NoReply('refused');
    for (let isSecond = false; ; isSecond = true) {
      try {
        return await ask(client);
      } catch (error) {
        if (!isRefusal(error) || client !== this.#client) throw error;
        if (!isSecond && (await this.#stillServes())) continue;
        if (client === this.#client) this.#setHealth(false);
        throw error;
      }
    }
  }

  /** One ping for all requests that were refused at the same time. */
  async #stillServes(): Promise<boolean> {
    this.#doubt ??= this.#ping().finally(() => (this.#doubt = undefined));
    return this.#doubt;
  }

  /** Ends the process for good, with SageMaker's grace unless told otherwise. */
  stop(graceMs: number): Promise<void> {
    this.#stopping ??= (async () => {
      this.#stop.abort();
      this.#setHealth(false);
      await this.#process?.terminate(graceMs);
      this.#client?.close();
    })();
    return this.#stopping;
  }

  async #supervise(started: (failure?: FleetFailure) => void): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    let exitsBeforeHealth = 0;
    while (!this.#stop.signal.aborted) {
      const sinceMs = performance.now();
      const [outcome, wasHealthy] = await this.#runOnce(started);
      if (this.#stop.signal.aborted) return;
      this.journal.record({
        kind: 'container',
        resource: this.spec.label,
        from: wasHealthy ? 'healthy' : 'starting',
        to: 'restarting',
        reason: outcome,
      });
      exitsBeforeHealth = wasHealthy ? 0 : exitsBeforeHealth + 1;
      if (exitsBeforeHealth >= STARTUP_EXITS)
        started(pingFailure(this.spec.hostname, this.spec.variant, logHint(this.spec)));
      if (performance.now() - sinceMs > FORGIVEN_AFTER_MS) backoffMs = FIRST_BACKOFF_MS;
      await sleep(backoffMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS);
    }
  }

  /** One life of the process: from its start to its end or until it is lost. Returns why, and whether it was ever healthy. */
  async #runOnce(started: (failure?: FleetFailure) => void): Promise<readonly [string, boolean]> {
    const reserved = [await reservePort(), await reservePort()] as const;
    const release = () => reserved.forEach((one) => one.release());
    if (this.#stop.signal.aborted) {
      release();
      return ['stopped', false];
    }
    const [port, safePort] = reserved.map((one) => one.port) as [number, number];
    const env = {
      ...this.spec.env,
      SAGEMAKER_BIND_TO_PORT: String(port),
      SAGEMAKER_SAFE_PORT_RANGE: `${safePort}-${safePort}`,
    };
    const { engine, cwd, logFile } = this.spec;
    const name = `sagemaker-sandbox-${randomUUID()}`;
    const running = startProcess({
      command: engine ? engine.command({ port, name }) : this.spec.command,
      ...{ cwd, env, logFile },
      ...(engine ? { removal: { program: engine.program, name } } : {}),
    });
    void running.exited.then(release);
    this.#process = running;
    this.#port = port;
    this.#generation += 1;
    this.#client?.close();
    this.#client = new ContainerClient(port);
    const life = new AbortController();
    const exited = running.exited.then((code) => {
      life.abort();
      return `exited with code ${code}`;
    });
    let wasHealthy = false;
    if (this.spec.faults.crashesAtStart()) running.kill();
    const delay = this.spec.faults.startDelay(life.signal);
    delay?.catch((error: unknown) => (error instanceof FleetFailure ? started(error) : undefined));
    const lost = this.#pingUntilLost(life.signal, {
      delay,
      onHealthy: () => {
        wasHealthy = true;
        started();
      },
    });
    const outcome = await Promise.race([exited, lost]);
    this.#setHealth(false);
    life.abort();
    if (!this.#stop.signal.aborted) await running.terminate(STOP_GRACE_MS);
    return [outcome, wasHealthy];
  }

  /** Resolves when a healthy container has missed its pings; stays pending when the process ends first. */
  async #pingUntilLost(
    life: AbortSignal,
    { delay, onHealthy }: { readonly delay: Promise<void> | undefined; readonly onHealthy: () => void }
  ): Promise<string> {
    await delay?.catch(() => new Promise(() => undefined));
    let missed = 0;
    let hasBeenUp = false;
    let startDelayMs = 20;
    while (!life.aborted && !this.#stop.signal.aborted) {
      await sleep(hasBeenUp ? this.spec.pingIntervalMs : startDelayMs, undefined, { signal: life }).catch(
        () => undefined
      );
      if (life.aborted || this.#stop.signal.aborted) break;
      const isUp = await this.#ping();
      if (life.aborted) break;
      if (isUp) {
        missed = 0;
        if (!hasBeenUp) onHealthy();
        hasBeenUp = true;
        this.#setHealth(true);
      } else if (hasBeenUp) {
        missed += 1;
        if (missed >= LOST_AFTER_PINGS) return `missed ${missed} pings in a row`;
      } else startDelayMs = Math.min(startDelayMs * 1.5, 500);
    }
    return new Promise(() => undefined);
  }

  async #ping(): Promise<boolean> {
    if (this.spec.faults.failsPing()) return false;
    try {
      const reply = await this.#client?.send({ method: 'GET', path: '/ping', headers: {}, timeoutMs: PING_TIMEOUT_MS });
      return reply?.status === 200;
    } catch {
      return false;
    }
  }

  #setHealth(isHealthy: boolean): void {
    if (this.#isHealthy === isHealthy) return;
    this.#isHealthy = isHealthy;
    this.journal.record({ kind: 'container', resource: this.spec.label, to: isHealthy ? 'healthy' : 'not serving' });
    this.#onHealth(isHealthy);
  }
}
