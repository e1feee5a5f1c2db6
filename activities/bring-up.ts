import type { CreateEndpointConfigCommandInput, Tag } from '@aws-sdk/client-sagemaker';
import { configMadeOf, deleteOwnConfig, ensureEndpointConfig } from '../sagemaker/ensure';
import { awsFailure, FailureError } from '../sagemaker/faults';
import type { InstanceChoice } from '../spec/types';
import { awaitEndpoint } from './await-endpoint';
import type { ActivityDeps } from './deps';

/** One set of machines to try, as an endpoint config. All attempts have the same name, so that whoever looks for it finds what was made. */
export interface Attempt {
  /** By candidate. */
  readonly choices: Readonly<Record<string, InstanceChoice>>;
  readonly config: CreateEndpointConfigCommandInput;
  /** The machines in words. */
  readonly instances: string;
}

export interface BringUp {
  readonly endpoint: string;
  readonly tags: readonly Tag[];
  readonly attempts: readonly Attempt[];
  /** Asks for the config of that name; a repetition asks once. */
  ask(configName: string): Promise<void>;
  /** After AWS had no machines: makes it possible to ask again. */
  reset(): Promise<void>;
}

/**
 * Asks for an endpoint config. Where there are several sets of machines to try it waits for each, and goes on to the next when AWS has no
 * such instances, or not that many for the account. A repetition goes on with the attempt whose config is there. Returns the machines of each candidate.
 */
export async function bringUp(deps: ActivityDeps, input: BringUp): Promise<Attempt['choices']> {
  const { endpoint, tags, attempts, ask, reset } = input;
  const { sagemaker } = deps.aws;
  const [only, ...others] = attempts;
  if (only === undefined) throw new FailureError('Internal', 'There is nothing to bring up.');
  const name = only.config.EndpointConfigName ?? '';
  if (others.length === 0) {
    await ensureEndpointConfig(sagemaker, only.config, tags);
    await ask(name);
    return only.choices;
  }
  const begun = await configMadeOf(
    sagemaker,
    attempts.map(({ config }) => config)
  );
  let isQuotaAlone = begun === 0;
  const missing: string[] = attempts.slice(0, begun).map(({ instances }) => `${instances} (tried before)`);
  for (const { config, instances, choices } of attempts.slice(begun)) {
    deps.heartbeat(`Trying ${instances}`);
    try {
      await ensureEndpointConfig(sagemaker, config, tags);
      await ask(name);
      await awaitEndpoint(deps, { endpoint, configName: name, sharesPct: null });
      return choices;
    } catch (error) {
      const { type } = awsFailure(error, `bring up ${instances}`);
      if (type !== 'CapacityUnavailable' && type !== 'QuotaExceeded') throw error;
      isQuotaAlone &&= type === 'QuotaExceeded';
      missing.push(`${instances} (${type === 'QuotaExceeded' ? 'over the quota' : 'no capacity'})`);
    }
    await reset();
    await deleteOwnConfig(sagemaker, { name, endpoint });
  }
  throw new FailureError(
    isQuotaAlone ? 'QuotaExceeded' : 'CapacityUnavailable',
    `AWS has no machines for ${endpoint}, neither of the first choice nor of the alternatives: ${missing.join(', ')}.`
  );
}
