import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { environment } from '../config';
import { type Log, silentLog } from '../log';
import { cliType, registerSearchAttributes, SEARCH_ATTRIBUTES, type SearchAttribute } from '../search-attributes';
import { DevServerFailed, PortInUse } from './dev-server-errors';
import { portHolder } from './port-holder';
import { canConnect, freePort, isFree } from './ports';
import { resolveBinary } from './resolve';

export interface DevServerOptions {
  /** gRPC port, 7233 unless given; 0 takes any free one. */
  readonly port?: number;
  /** Port of the web UI, 8233 unless given; 0 takes any free one; `off` starts no UI. */
  readonly uiPort?: number | 'off';
  /** SQLite file that outlives the server; in memory unless given. */
  readonly dbFile?: string;
  /** Registered at start; Sluice's own unless given. */
  readonly searchAttributes?: readonly SearchAttribute[];
  /** The server's own settings, by name, such as `limit.historyCount.suggestContinueAsNew`. */
  readonly dynamicConfig?: Readonly<Record<string, number>>;
  /** Hears each line that the server prints: its banner, then errors. */
  readonly onLine?: (line: string) => void;
  readonly log?: Log;
  /** The CLI to run; resolved unless given. */
  readonly executable?: string;
}

export interface DevServer {
  /** `127.0.0.1:7233`. */
  readonly address: string;
  /** `http://127.0.0.1:8233`, `undefined` when the UI is off. */
  readonly uiUrl: string | undefined;
  readonly namespace: string;
  /** Resolves with a description when the server ends by itself, e.g. because somebody killed it. */
  readonly ended: Promise<string>;
  /** Ends the server and waits for it; may be called twice. */
  stop(): Promise<void>;
}

export const DEV_NAMESPACE = 'default';
const HOST = '127.0.0.1';
/** Two seconds on a laptop; a cold disk or a loaded CI machine takes longer. */
const START_MS = 60_000;
/** The watchdog gives the server five seconds before it kills it. */
const STOP_MS = 10_000;

async function choosePort(wanted: number, use: 'server' | 'UI'): Promise<number> {
  if (wanted === 0) return freePort();
  if (!(await isFree(wanted))) throw new PortInUse({ port: wanted, use, holder: await portHolder(wanted) });
  return wanted;
}

/** The settings for clients must not leak into the server's command line. */
function withoutTemporalSettings(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment()).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

function start(executable: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [path.join(__dirname, 'watchdog.cjs'), executable, ...args], {
    // A group of its own: Ctrl-C in the terminal is for us, and we stop the server after the worker.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: withoutTemporalSettings(),
    windowsHide: true,
  });
}

/** Registers through a real client, which is also the best proof that the server is up. */
async function tryUse(address: string, attributes: readonly SearchAttribute[]): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.describeNamespace({ namespace: DEV_NAMESPACE })
    );
    await registerSearchAttributes(connection, { namespace: DEV_NAMESPACE, attributes });
  } finally {
    await connection.close();
  }
}

async function untilReady(
  probe: () => Promise<void>,
  { ended, output }: { readonly ended: () => string | undefined; readonly output: () => string }
): Promise<void> {
  const deadlineMs = Date.now() + START_MS;
  for (;;) {
    const why = ended();
    if (why !== undefined) throw new DevServerFailed(why, output());
    const failure = await probe().then(
      () => undefined,
      (error: unknown) => ({ error })
    );
    if (failure === undefined) return;
    if (Date.now() > deadlineMs)
      throw new DevServerFailed(`was not ready within ${START_MS} ms`, output(), failure.error);
    await delay(50);
  }
}

/**
 * Starts `temporal server start-dev` in a process of its own, on 127.0.0.1 only, and waits until a client can use it and the search
 * attributes are registered. The server ends with `stop()`, and with this process however it ends, SIGKILL included.
 * Throws `PortInUse`, `DevServerFailed` or `ServerNotFound`; nothing is left running then.
 */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const { searchAttributes = SEARCH_ATTRIBUTES, dynamicConfig = {}, log = silentLog, dbFile, onLine } = options;
  const executable = options.executable ?? (await resolveBinary('cli', { log })).path;
  const port = await choosePort(options.port ?? 7233, 'server');
  const uiPort = options.uiPort === 'off' ? undefined : await choosePort(options.uiPort ?? 8233, 'UI');
  if (dbFile !== undefined) await mkdir(path.dirname(path.resolve(dbFile)), { recursive: true });

  const child = start(executable, [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(port), '--log-level', 'error', '--log-format', 'pretty'],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-ip', HOST, '--ui-port', String(uiPort)]),
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ...searchAttributes.flatMap(({ name, type }) => ['--search-attribute', `${name}=${cliType(type)}`]),
    ...Object.entries(dynamicConfig).flatMap(([name, value]) => ['--dynamic-config-value', `${name}=${value}`]),
  ]);
  let tail: readonly string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      tail = [...tail, line].slice(-20);
      onLine?.(line);
    });
  }
  let whyEnded: string | undefined;
  const ended = new Promise<string>((resolve) => {
    const end = (why: string): void => {
      whyEnded ??= why;
      resolve(whyEnded);
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(`ended with ${code ?? signal}`));
  });
  child.stdin?.on('error', () => undefined);
  const stop = async (): Promise<void> => {
    child.stdin?.end();
    const late = setTimeout(() => {
      if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL');
      else if (child.pid !== undefined) child.kill('SIGKILL');
    }, STOP_MS);
    await ended;
    clearTimeout(late);
  };

  const address = `${HOST}:${port}`;
  const probe = async (): Promise<void> => {
    // gRPC would back off for a second after an attempt that came too early.
    if (!(await canConnect(port))) throw new Error(`it does not listen on ${port} yet`);
    await tryUse(address, searchAttributes);
    if (uiPort !== undefined && !(await canConnect(uiPort))) throw new Error(`the UI does not listen on ${uiPort} yet`);
  };
  try {
    await untilReady(probe, { ended: () => whyEnded, output: () => tail.join('\n') });
  } catch (error) {
    await stop();
    throw error;
  }
  log.debug('Temporal dev server is up', { address, uiPort, executable });
  const uiUrl = uiPort === undefined ? undefined : `http://${HOST}:${uiPort}`;
  return { address, uiUrl, namespace: DEV_NAMESPACE, ended, stop };
}
