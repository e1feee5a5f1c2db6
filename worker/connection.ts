import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import { environment } from './config';
import { TemporalRefused, TemporalUnreachable } from './connection-errors';
import { dataConverterOf } from './data-converter';
import { type ConnectionSettings, readConnectionSettings } from './connection-settings';
import { whyUnreachable } from './reach';
import { causeOf, messageOf } from './thrown';

/**
 * The one place that connects: worker, scripts and tests share it, because a client without the worker's payload codec
 * cannot even describe a workflow whose memo is encoded.
 */
export interface ConnectOptions {
  /** Read from the environment unless given. */
  readonly settings?: ConnectionSettings;
  /** How payloads are written; by default as the environment says (`dataConverterOf`). */
  readonly dataConverter?: DataConverter;
  /** How long to wait for the cluster, until it is reached and until it answers; 5 s and 15 s unless given. */
  readonly timeoutMs?: number;
}

interface Connected {
  readonly address: string;
  readonly namespace: string;
  readonly dataConverter: DataConverter | undefined;
  close(): Promise<void>;
}

export interface ClientConnection extends Connected {
  readonly client: Client;
  readonly connection: Connection;
}

export interface WorkerConnection extends Connected {
  readonly connection: NativeConnection;
}

/** Until its port is reached. */
const REACH_MS = 5_000;
/** Until what listens there has answered as Temporal does: longer, for a busy machine has the port, but not the time. */
const ANSWER_MS = 15_000;

/** gRPC's codes as the client words them, and as the native core does: it has only prose, from the tonic library. */
const REFUSALS =
  /UNAUTHENTICATED|PERMISSION_DENIED|does not have valid authentication credentials|does not have permission to execute/;

function refusal(error: unknown): string | undefined {
  for (let cause = error; cause !== undefined; cause = causeOf(cause)) {
    const text = messageOf(cause);
    if (REFUSALS.test(text)) return text;
  }
  return undefined;
}

/** Waits a bounded time; a connection that comes later is closed rather than leaked. */
async function within<T extends { close(): Promise<void> }>(timeoutMs: number, pending: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`it does not answer as Temporal does within ${timeoutMs} ms`)),
      timeoutMs
    );
  });
  try {
    return await Promise.race([pending, late]);
  } catch (error) {
    pending.then((connection) => connection.close()).catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function connectWith<T extends { close(): Promise<void> }>(
  options: ConnectOptions,
  open: (connection: ConnectionOptions & { address: string }) => Promise<T>
): Promise<Omit<Connected, 'close'> & { readonly connection: T }> {
  const { settings = readConnectionSettings(), timeoutMs } = options;
  const dataConverter = options.dataConverter ?? dataConverterOf(environment());
  const { address, namespace, origin } = settings;
  // Errors are printed; they must not carry the API key along.
  const target = { address, namespace, origin };
  const why = await whyUnreachable(address, { timeoutMs: timeoutMs ?? REACH_MS, env: environment() });
  if (why !== undefined) throw new TemporalUnreachable(target, why);
  try {
    const connection = await within(timeoutMs ?? ANSWER_MS, open({ ...settings.options, address }));
    return { address, namespace, connection, dataConverter };
  } catch (error) {
    const refused = refusal(error);
    if (refused !== undefined) throw new TemporalRefused(target, refused, error);
    throw new TemporalUnreachable(target, messageOf(error), error);
  }
}

/** Connects as a client does. Throws `TemporalUnreachable` or `TemporalRefused` within seconds. */
export async function connectClient(options: ConnectOptions = {}): Promise<ClientConnection> {
  const { timeoutMs = ANSWER_MS } = options;
  const connected = await connectWith(options, (target) =>
    Connection.connect({ ...target, connectTimeout: timeoutMs + 1_000 })
  );
  const { connection, namespace, dataConverter } = connected;
  const client = new Client({ connection, namespace, ...(dataConverter === undefined ? {} : { dataConverter }) });
  return { ...connected, client, close: () => connection.close() };
}

/** Connects as a worker does; install the runtime before. Throws as `connectClient` does. */
export async function connectWorker(options: ConnectOptions = {}): Promise<WorkerConnection> {
  const connected = await connectWith(options, ({ address, tls, apiKey, metadata }) =>
    NativeConnection.connect({
      address,
      ...(tls === undefined ? {} : { tls }),
      ...(typeof apiKey === 'string' ? { apiKey } : {}),
      ...(metadata === undefined ? {} : { metadata }),
    })
  );
  return { ...connected, close: () => connected.connection.close() };
}
