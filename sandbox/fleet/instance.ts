import { randomBytes } from 'node:crypto';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { realDelayMs } from '../engine/clock';
import type { ContainerBlueprint, VariantBlueprint } from './blueprint';
import type { ContainerReply } from './client';
import { Container } from './container';
import type { FleetContext } from './context';
import { FleetFailure } from './failure';
import { containerFaults, servingSite, strikeInvocation } from './faults';
import { commandFor } from './images';

/** SageMaker pings a container in service every few seconds; sped up with the clock, but never to a busy loop. */
const PING_INTERVAL_PROVIDER_MS = 5_000;
const MIN_PING_INTERVAL_MS = 1_000;
/** The longest a container may take to answer; drained instances wait as long for their last requests. */
export const INVOCATION_TIMEOUT_MS = 60_000;

/** The parts of this process's environment that a container may see: what programs need to run, never credentials. */
const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

export interface InstanceSpec {
  readonly endpointName: string;
  readonly variant: VariantBlueprint;
  /** Folder of this instance. */
  readonly dir: string;
  /** Unpacked model of each container, by position. */
  readonly modelDirs: readonly string[];
}

/** One instance of a variant: its containers in pipeline order, and the requests it is serving. */
export class Instance {
  readonly id = `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
  readonly containers: readonly Container[];
  outstanding = 0;
  isDraining = false;
  #idle: (() => void) | undefined;

  constructor(
    readonly spec: InstanceSpec,
    private readonly context: FleetContext,
    onHealth: () => void
  ) {
    this.containers = spec.variant.containers.map((container, index) => this.#container(container, index, onHealth));
  }

  get isServing(): boolean {
    return !this.isDraining && this.containers.every((container) => container.isHealthy);
  }

  async start(): Promise<void> {
    for (const [index, container] of this.containers.entries()) {
      const base = path.join(this.spec.dir, this.id, String(index), 'opt', 'ml');
      await mkdir(path.join(base, 'output'), { recursive: true });
      await symlink(this.spec.modelDirs[index] ?? base, path.join(base, 'model'));
      if (container.spec.command.length === 0) throw imageMissing(container.spec.image);
    }
    await Promise.all(this.containers.map((container) => container.start()));
  }

  /** A request is about to be sent here; `release` must follow. */
  acquire(): void {
    this.outstanding += 1;
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

  /** Sends a body through the containers in order. Stops at the first that does not answer with success, and says which it was. */
  async invoke(call: {
    readonly body: Buffer;
    readonly headers: Readonly<Record<string, string>>;
  }): Promise<{ readonly container: Container; readonly reply: ContainerReply }> {
    let { body, headers } = call;
    let last: { readonly container: Container; readonly reply: ContainerReply } | undefined;
    for (const container of this.containers) {
      const reply = await this.#send(container, { body, headers }).catch((cause: unknown) => {
        throw new ContainerSilent(container.spec.hostname, cause);
      });
      last = { container, reply };
      if (reply.status < 200 || reply.status > 299) return last;
      body = reply.body;
      headers = { ...headers, 'content-type': reply.headers['content-type'] ?? 'application/octet-stream' };
    }
    if (!last) throw new Error('a variant without containers cannot serve');
    return last;
  }

  async #send(
    container: Container,
    call: { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> }
  ): Promise<ContainerReply> {
    const { context, spec } = this;
    if (!context.faults.isEmpty) {
      const instead = await strikeInvocation(context, servingSite(spec.endpointName, spec.variant.name), container);
      if (instead) return instead;
    }
    return container.send({ method: 'POST', path: '/invocations', ...call, timeoutMs: INVOCATION_TIMEOUT_MS });
  }

  #container(blueprint: ContainerBlueprint, index: number, onHealth: () => void): Container {
    const { spec, context } = this;
    const speed = context.speed();
    const base = path.join(spec.dir, this.id, String(index), 'opt', 'ml');
    const modelDir = path.join(base, 'model');
    const image = commandFor(context.images, blueprint.image);
    const suffix = spec.variant.containers.length > 1 ? `-${blueprint.hostname}` : '';
    return new Container(
      {
        hostname: blueprint.hostname,
        variant: spec.variant.name,
        image: blueprint.image,
        command: image ? [...image.command.map((part) => part.replaceAll('${SM_MODEL_DIR}', modelDir)), 'serve'] : [],
        cwd: image?.cwd ?? base,
        env: {
          ...inherited(),
          HOME: base,
          AWS_REGION: context.region,
          ...image?.env,
          ...blueprint.environment,
          SAGEMAKER_BASE_DIR: base,
          SM_MODEL_DIR: modelDir,
          SAGEMAKER_CONTAINER_HOSTNAME: blueprint.hostname,
        },
        logFile: path.join(context.dataDir, 'logs', spec.endpointName, spec.variant.name, `${this.id}${suffix}.log`),
        label: `${spec.endpointName}/${spec.variant.name}/${this.id}/${blueprint.hostname}`,
        startupWindowMs: realDelayMs({
          providerMs: spec.variant.startupTimeoutSeconds * 1000,
          speed,
          floorMs: context.minStartupWindowMs,
        }),
        pingIntervalMs: realDelayMs({ providerMs: PING_INTERVAL_PROVIDER_MS, speed, floorMs: MIN_PING_INTERVAL_MS }),
        faults: containerFaults(context, {
          endpointName: spec.endpointName,
          variant: spec.variant,
          hostname: blueprint.hostname,
        }),
      },
      context.journal,
      onHealth
    );
  }
}

/** A container of the chain gave no answer; the cause is a NoReply. */
export class ContainerSilent extends Error {
  override readonly name = 'ContainerSilent';
  constructor(
    readonly hostname: string,
    cause: unknown
  ) {
    super(`the ${hostname} container gave no answer`, { cause });
  }
}

function inherited(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  );
}

function imageMissing(image: string): FleetFailure {
  return new FleetFailure(
    `Requested image ${image} not found. (Sandbox: no pattern of the image map matches it; add one under "images" in sandbox.yaml.)`
  );
}
