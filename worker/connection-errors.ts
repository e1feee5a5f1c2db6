import { messageOf } from './thrown';

/** What `connect…` was told to use, and who said so. */
export interface Target {
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  /** Where the address comes from, e.g. `TEMPORAL_ADDRESS`. */
  readonly origin: string;
}

/** Nobody answers at the address, or not as Temporal does. Says which address, whose idea it was, and what to start; exit code 3. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';
  readonly exitCode = 3;

  constructor(
    readonly target: Target,
    readonly why: string,
    cause?: unknown
  ) {
    super(
      `Cannot reach Temporal at ${target.address} (${target.origin}): ${why}.\n` +
        'Start one with `sluice dev`, or point TEMPORAL_ADDRESS (host:port) at the cluster you mean.',
      cause === undefined ? undefined : { cause }
    );
  }
}

/** The cluster answers and does not let us in; exit code 3. */
export class TemporalRefused extends Error {
  override readonly name = 'TemporalRefused';
  readonly exitCode = 3;

  constructor(
    readonly target: Target,
    readonly why: string,
    cause?: unknown
  ) {
    super(
      `Temporal at ${target.address} (${target.origin}) refuses this client: ${why}.\n` +
        `Check TEMPORAL_API_KEY, TEMPORAL_TLS_* and TEMPORAL_NAMESPACE (now "${target.namespace}").`,
      cause === undefined ? undefined : { cause }
    );
  }
}

/** The client settings cannot be read: a broken TOML file, a missing certificate, an unknown profile; exit code 2. */
export class ConnectionSettingsInvalid extends Error {
  override readonly name = 'ConnectionSettingsInvalid';
  readonly exitCode = 2;

  constructor(cause: unknown) {
    super(
      `The Temporal client settings cannot be used: ${messageOf(cause)}. They come from TEMPORAL_* variables and TEMPORAL_CONFIG_FILE.`,
      {
        cause,
      }
    );
  }
}
