import { isGrpcServiceError } from '@temporalio/client';
import type { Command } from 'commander';
import { connectClient } from '../worker/connection';
import type { ClientConnection } from '../worker/connection';
import { dataConverterOf } from '../worker/data-converter';
import { readConnectionSettings } from '../worker/connection-settings';
import type { Surroundings } from './environment';
import { EXIT } from './exit-codes';
import { Mistake } from './mistakes';

export interface TemporalOptions {
  readonly address?: string;
  readonly namespace?: string;
}

/** Adds the options that say which Temporal is meant. */
export function temporalOptions(command: Command): Command {
  return command
    .option('--address <host:port>', 'Temporal to talk to (default: $TEMPORAL_ADDRESS, else 127.0.0.1:7233)')
    .option('--namespace <name>', 'Temporal namespace (default: $TEMPORAL_NAMESPACE, else default)');
}

/** Connects, lets `use` talk, and disconnects. Throws what `connectClient` throws, and a `Mistake` with exit code 3 when the line breaks later. */
export async function withTemporal<T>(
  input: { readonly surroundings: Surroundings; readonly options: TemporalOptions },
  use: (temporal: ClientConnection) => Promise<T>
): Promise<T> {
  const { options, surroundings } = input;
  const dataConverter = dataConverterOf(surroundings.env);
  const settings = readConnectionSettings({ ...options, env: surroundings.env });
  const temporal = await connectClient({ settings, ...(dataConverter !== undefined && { dataConverter }) });
  try {
    return await use(temporal);
  } catch (error) {
    const why = grpcReason(error);
    if (why === null) throw error;
    throw new Mistake(`Temporal at ${temporal.address} did not answer as hoped: ${why}.`, EXIT.unreachable, {
      cause: error,
    });
  } finally {
    await temporal.close();
  }
}

/** What gRPC says went wrong, when that is what went wrong; the client wraps it in errors of its own. */
export function grpcReason(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return cause.details || cause.message;
  }
  return null;
}
