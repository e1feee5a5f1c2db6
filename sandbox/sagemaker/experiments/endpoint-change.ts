import type { Handlers } from '../operations';
import type { EndpointRegistry } from '../endpoint-registry';
import type { ConfigRecord, EndpointRecord } from '../records';
import { AwsError } from '../../wire/errors';

const GONE: readonly EndpointRecord['status'][] = ['Failed', 'Deleting', 'OutOfService'];
const IDLE: readonly EndpointRecord['status'][] = ['InService', 'UpdateRollbackFailed'];

/** What an experiment does to its endpoint, by the calls that a customer would make. */
export interface EndpointCalls {
  readonly registry: EndpointRegistry;
  readonly handlers: Handlers<'UpdateEndpoint' | 'UpdateEndpointWeightsAndCapacities'>;
}

export type Outcome = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly reason: string };

const CALL = { region: '', requestId: '' };

/**
 * Brings an endpoint to a configuration: waits for another change to end, asks once, and waits for the end. An update that the
 * endpoint undoes is a failure with the endpoint's own reason. `onAsked` hears when the endpoint has taken it.
 */
export async function bringTo(
  calls: EndpointCalls,
  wish: {
    readonly endpointName: string;
    readonly config: ConfigRecord;
    readonly isAsked: () => boolean;
    readonly onAsked: () => void;
    readonly signal: AbortSignal;
  }
): Promise<Outcome> {
  const { endpointName, config, signal } = wish;
  for (;;) {
    signal.throwIfAborted();
    const record = calls.registry.get(endpointName)?.record;
    if (!record || GONE.includes(record.status)) return gone(endpointName, record);
    const isPending = record.pending?.blueprint.configName === config.name;
    if (isPending && !wish.isAsked()) wish.onAsked();
    if (!IDLE.includes(record.status)) {
      await calls.registry.whenChanged(endpointName, signal);
      continue;
    }
    if (record.status === 'InService' && record.live.blueprint.configName === config.name) return { kind: 'done' };
    if (wish.isAsked())
      return {
        kind: 'failed',
        reason: record.failureReason || `Endpoint ${endpointName} returned to its former configuration.`,
      };
    const refusal = await refusalOf(
      calls.handlers.UpdateEndpoint({ EndpointName: endpointName, EndpointConfigName: config.name }, CALL)
    );
    if (refusal !== undefined) return { kind: 'failed', reason: refusal };
    wish.onAsked();
  }
}

/** Gives a variant a weight, as often as it takes: asking again changes nothing. */
export async function bringWeight(
  calls: EndpointCalls,
  wish: {
    readonly endpointName: string;
    readonly variantName: string;
    readonly weight: (live: EndpointRecord['live']) => number;
    readonly signal: AbortSignal;
  }
): Promise<Outcome> {
  const { endpointName, variantName, signal } = wish;
  for (let asked = 0; ;) {
    signal.throwIfAborted();
    const record = calls.registry.get(endpointName)?.record;
    if (!record || GONE.includes(record.status)) return gone(endpointName, record);
    if (!IDLE.includes(record.status)) {
      await calls.registry.whenChanged(endpointName, signal);
      continue;
    }
    const weight = wish.weight(record.live);
    const variant = record.live.variants.find(({ name }) => name === variantName);
    if (variant?.currentWeight === weight) return { kind: 'done' };
    if (asked > 0)
      return { kind: 'failed', reason: record.failureReason || `Endpoint ${endpointName} kept its weights.` };
    const refusal = await refusalOf(
      calls.handlers.UpdateEndpointWeightsAndCapacities(
        {
          EndpointName: endpointName,
          DesiredWeightsAndCapacities: [{ VariantName: variantName, DesiredWeight: weight }],
        },
        CALL
      )
    );
    if (refusal !== undefined) return { kind: 'failed', reason: refusal };
    asked += 1;
  }
}

/** Why an experiment cannot go on with its endpoint: it is gone, or somebody gave it another configuration. `undefined` when it can. */
export function disturbance(
  record: EndpointRecord | undefined,
  expected: { readonly endpointName: string; readonly configName?: string }
): string | undefined {
  if (!record || GONE.includes(record.status)) return gone(expected.endpointName, record).reason;
  const { configName } = record.live.blueprint;
  const isOther = expected.configName !== undefined && configName !== expected.configName;
  return IDLE.includes(record.status) && isOther
    ? `Endpoint ${expected.endpointName} was given the configuration ${configName} from outside.`
    : undefined;
}

function gone(name: string, record: EndpointRecord | undefined) {
  const reason = record ? `Endpoint ${name} is ${record.status}.` : `Endpoint ${name} was deleted.`;
  return { kind: 'failed', reason } as const;
}

async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error.message;
    throw error;
  }
}
