import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ImageMap } from '../sandbox/fleet/images';
import type { SandboxOptions } from '../sandbox/options';
import type { Environment } from '../worker/config';
import type { WorkerReady } from '../worker/main';
import { startDevServer } from '../worker/server';
import type { DevServer } from '../worker/server';
import { startChild } from './child';
import type { Child } from './child';
import { shellWord } from '../report/words';
import type { SandboxReady } from './sandbox-process';

export interface StackOptions {
  /** Holds logs, pid files, the `env` file, and the state of Temporal and of the sandbox, which outlives the processes. */
  readonly dir: string;
  /** What the sandbox runs for an image. */
  readonly images: ImageMap;
  /** 7233, 8233 and any free one unless given; 0 takes any free one. */
  readonly ports?: { readonly temporal?: number; readonly ui?: number | 'off'; readonly sandbox?: number };
  /** How many times as fast as at AWS the sandbox's delays pass. */
  readonly speed?: number;
  /** Environment of the processes, below what points them at each other. */
  readonly env: Environment;
  /** Hears each step, for progress. */
  readonly onStep?: (text: string) => void;
}

/** Temporal, sandbox and worker, up and pointed at each other. */
export interface Stack {
  /** Points the `sluice` command, and any AWS tool, at this stack. */
  readonly env: Readonly<Record<string, string>>;
  readonly addresses: { readonly temporal: string; readonly ui: string | null; readonly sandbox: string };
  readonly processes: readonly StackProcess[];
  /** Resolves with a description when a part ends by itself. */
  readonly ended: Promise<string>;
  /** The worker first, then the sandbox and Temporal; may be called twice. */
  stop(): Promise<void>;
}

export interface StackProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
}

/** Starts Temporal's dev server, the sandbox and a worker, each a process of its own. On failure nothing is left running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dir, onStep = () => undefined } = options;
  mkdirSync(dir, { recursive: true });
  const base: { readonly stop: () => Promise<void> }[] = [];
  let worker: Child<WorkerReady> | null = null;
  const stop = async (): Promise<void> => {
    // The worker would complain about the others, so it goes first.
    await worker?.stop();
    await Promise.all(base.map((part) => part.stop()));
    rmSync(path.join(dir, 'env'), { force: true });
  };
  const keep = <T extends { readonly stop: () => Promise<void> }>(part: T): T => {
    base.push(part);
    return part;
  };
  try {
    onStep('Starting Temporal and the SageMaker sandbox');
    const [temporal, sandbox] = await both(startTemporal(options).then(keep), startSandboxProcess(options).then(keep));
    const env = stackEnvironment(temporal, sandbox.ready);
    onStep('Starting the worker');
    worker = await startWorker({ dir, env: { ...withoutClouds(options.env), ...env } });
    writeFileSync(
      path.join(dir, 'env'),
      Object.entries(env)
        .map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
        .join('')
    );
    return {
      env,
      addresses: { temporal: temporal.address, ui: temporal.uiUrl ?? null, sandbox: sandbox.ready.url },
      processes: [sandbox, worker].map(({ name, pid, logFile }) => ({ name, pid, logFile })),
      ended: Promise.race([temporal.ended.then((why) => `Temporal ${why}`), sandbox.ended, worker.ended]),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a worker process against what `env` names. */
export function startWorker(input: { readonly dir: string; readonly env: Environment }): Promise<Child<WorkerReady>> {
  const module = path.join(__dirname, '..', 'worker', 'main');
  return startChild({ name: 'worker', module, env: input.env, dir: input.dir }, (message) =>
    isWorkerReady(message) ? message : null
  );
}

function startTemporal({ dir, ports }: StackOptions): Promise<DevServer> {
  const logFile = path.join(dir, 'temporal.log');
  writeFileSync(logFile, '');
  return startDevServer({
    port: ports?.temporal ?? 7233,
    uiPort: ports?.ui ?? 8233,
    dbFile: path.join(dir, 'temporal.db'),
    onLine: (line) => appendFileSync(logFile, `${line}\n`),
  });
}

function startSandboxProcess({ dir, images, ports, speed, env }: StackOptions): Promise<Child<SandboxReady>> {
  const options: SandboxOptions = {
    port: ports?.sandbox ?? 0,
    dataDir: path.resolve(dir, 'sandbox'),
    images,
    ...(speed !== undefined && { speed }),
  };
  return startChild(
    { name: 'sandbox', module: path.join(__dirname, 'sandbox-process'), args: [JSON.stringify(options)], env, dir },
    (message) => (isSandboxReady(message) ? message : null)
  );
}

function stackEnvironment(temporal: DevServer, sandbox: SandboxReady): Readonly<Record<string, string>> {
  return {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    ...(temporal.uiUrl !== undefined && { SLUICE_UI_URL: temporal.uiUrl }),
    ...sandbox.env,
  };
}

/** Settings for another Temporal or another AWS must not reach a stack that is all on this machine. */
function withoutClouds(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(TEMPORAL|AWS)_/.test(name)));
}

/** Both, or the first failure, after both have come to an end: otherwise the slower one would start up behind our back. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

function isWorkerReady(message: unknown): message is WorkerReady {
  return hasKind(message) && message.kind === 'ready';
}

function isSandboxReady(message: unknown): message is SandboxReady {
  return hasKind(message) && message.kind === 'sandbox ready';
}

function hasKind(message: unknown): message is { readonly kind: unknown } {
  return typeof message === 'object' && message !== null && 'kind' in message;
}
