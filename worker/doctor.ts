import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { environment, type Environment, readWorkerConfig } from './config';
import { type ClientConnection, connectClient } from './connection';
import { type ConnectionSettings, readConnectionSettings } from './connection-settings';
import {
  type Check,
  checkAttributes,
  checkCache,
  checkNamespace,
  checkNode,
  checkPollers,
  checkSageMaker,
} from './doctor-checks';
import { messageOf } from './thrown';

export type { Check } from './doctor-checks';

export interface DiagnoseOptions {
  readonly env?: Environment;
  readonly settings?: ConnectionSettings;
  readonly sagemaker?: SageMakerClient;
}

function shortTempered(): SageMakerClient {
  return new SageMakerClient({ maxAttempts: 1, requestHandler: { connectionTimeout: 3_000, requestTimeout: 5_000 } });
}

async function reach(
  settings: ConnectionSettings | undefined,
  env: Environment
): Promise<{ readonly check: Check; readonly temporal?: ClientConnection }> {
  const name = 'Temporal';
  try {
    const temporal = await connectClient({ settings: settings ?? readConnectionSettings({ env }) });
    return { check: { name, ok: true, found: temporal.address, remedy: null }, temporal };
  } catch (error) {
    const [found = '', ...remedy] = messageOf(error).split('\n');
    return { check: { name, ok: false, found, remedy: remedy.join(' ') || 'See the message' } };
  }
}

async function insideTemporal(temporal: ClientConnection, env: Environment): Promise<readonly Check[]> {
  const config = readWorkerConfig(env);
  const namespace = await checkNamespace(temporal);
  // Without the namespace the rest would only repeat that it is missing.
  if (!namespace.ok) return [namespace];
  const [attributes, pollers] = await Promise.all([
    config.searchAttributes === 'on' ? checkAttributes(temporal) : undefined,
    checkPollers(temporal, config),
  ]);
  return [namespace, ...(attributes === undefined ? [] : [attributes]), pollers];
}

/**
 * Looks at everything that a rollout needs, changes nothing, and never throws for what it finds: each trouble is a check with a remedy.
 * Takes at most some ten seconds. Throws `InvalidSetting` for a `SLUICE_…` variable that cannot be.
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<readonly Check[]> {
  const { env = environment() } = options;
  const sagemaker = options.sagemaker ?? shortTempered();
  try {
    const [{ check, temporal }, aws, cache] = await Promise.all([
      reach(options.settings, env),
      checkSageMaker(sagemaker),
      checkCache(env),
    ]);
    const inside = temporal === undefined ? [] : await insideTemporal(temporal, env).finally(() => temporal.close());
    return [checkNode(process.version), check, ...inside, aws, cache];
  } finally {
    if (options.sagemaker === undefined) sagemaker.destroy();
  }
}
