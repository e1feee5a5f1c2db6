import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { environment, type Environment } from './config';
import { ConnectionSettingsInvalid, type Target } from './connection-errors';

/** Everything needed to connect. `options` holds secrets: do not print it. */
export interface ConnectionSettings extends Target {
  readonly options: Pick<NativeConnectionOptions, 'tls' | 'apiKey' | 'metadata'>;
}

/** Numbers, because `localhost` may mean IPv6 while the dev server listens on IPv4 only. */
const DEFAULT_ADDRESS = '127.0.0.1:7233';

function defined(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  );
}

/**
 * The settings that Temporal's own CLI and SDKs share: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS…`,
 * `TEMPORAL_PROFILE` and the TOML file. What is given here wins. Throws `ConnectionSettingsInvalid`.
 */
export function readConnectionSettings(
  given: { readonly address?: string; readonly namespace?: string; readonly env?: Environment } = {}
): ConnectionSettings {
  const { env = environment() } = given;
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: defined(env) });
    const { address, tls, apiKey, metadata } = connectionOptions;
    const origin = given.address
      ? 'as asked'
      : env.TEMPORAL_ADDRESS
        ? 'from TEMPORAL_ADDRESS'
        : address
          ? 'from the Temporal profile'
          : 'the default';
    return {
      address: given.address ?? address ?? DEFAULT_ADDRESS,
      namespace: given.namespace ?? namespace ?? 'default',
      origin,
      options: {
        ...(tls === undefined ? {} : { tls }),
        ...(apiKey === undefined ? {} : { apiKey }),
        ...(metadata === undefined ? {} : { metadata }),
      },
    };
  } catch (cause) {
    throw new ConnectionSettingsInvalid(cause);
  }
}
