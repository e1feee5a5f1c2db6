import type { Answer } from '../http/service';
import { NoReply } from '../fleet/client';
import type { Instance, InstanceReply } from '../fleet/instance';
import { ContainerSilent } from '../fleet/instance';
import { ModelUnavailable } from '../fleet/model-cache';
import type { VariantFleet } from '../fleet/variant-fleet';
import type { Chosen } from './choose';
import { acquire, unavailable } from './choose';
import type { RuntimeContext } from './context';
import type { Origin } from './model-error';
import { containerError, silentContainer } from './model-error';
import type { InvokeRequest } from './request';
import { forwarded } from './request';
import { modelUnavailable } from './target';

export interface Call extends Chosen {
  readonly request: InvokeRequest;
  readonly body: Buffer;
  /** When the request came in, by `performance.now()`. */
  readonly startMs: number;
}

/**
 * Does something with an instance, and with the next one of its variant where it cannot be reached: that one has not seen the request
 * and is out of service by now. Each instance is released when it has been tried.
 */
export async function onInstance<T>(context: RuntimeContext, call: Call, use: (call: Call) => Promise<T>): Promise<T> {
  const { request, variant } = call;
  for (let instance: Instance | undefined = call.instance; instance;) {
    try {
      return await use({ ...call, instance });
    } catch (error) {
      if (!(error instanceof ContainerSilent && error.isUnseen)) throw error;
    } finally {
      instance.release();
    }
    instance = await acquire(context, variant, request);
  }
  throw unavailable();
}

/** What the container answered, as InvokeEndpoint answers it. Throws RuntimeError, and ContainerSilent for an unseen request. */
export async function callInstance(context: RuntimeContext, call: Call): Promise<Answer> {
  const { request, body, variant, instance } = call;
  const observe = observer(context, call);
  try {
    const { container, reply, use } = await instance.invoke({ body, ...instanceCall(request) });
    observe(reply.status, use);
    if (reply.status < 200 || reply.status > 299)
      throw containerError(originOf(context, call), {
        hostname: container.spec.hostname,
        status: reply.status,
        body: reply.body,
      });
    const contentType = reply.headers['content-type'] ?? 'application/octet-stream';
    const customAttributes = single(reply.headers['x-amzn-sagemaker-custom-attributes']);
    context.capture.observe(variant, { request, input: body, output: reply.body, outputContentType: contentType });
    return {
      status: 200,
      headers: {
        'content-type': contentType,
        'x-amzn-invoked-production-variant': variant.name,
        ...(customAttributes === undefined ? {} : { 'x-amzn-sagemaker-custom-attributes': customAttributes }),
      },
      body: reply.body,
    };
  } catch (error) {
    throw refusalOf(context, call, { error, observe });
  }
}

type Observe = (status: number, use?: InstanceReply['use']) => void;

/** Tells the metrics of one request, once its container has answered. */
export function observer(context: RuntimeContext, call: Omit<Call, 'instance' | 'body'>): Observe {
  const { request, variant, startMs } = call;
  const sentMs = performance.now();
  return (status, use) => {
    const endMs = performance.now();
    // Waiting for a model to be loaded is overhead, not the model's latency.
    const waitMs = context.knobs.modelLoadingCountsAs === 'model' ? 0 : (use?.waitMs ?? 0);
    context.metrics.observe(variant, {
      status,
      modelLatencyMs: endMs - sentMs - waitMs,
      overheadLatencyMs: sentMs - startMs + waitMs,
      ...(use ? { use } : {}),
      ...(request.targetContainer === undefined ? {} : { container: request.targetContainer }),
    });
  };
}

/** What a caller hears of what an instance rejected with; what it is no answer to is passed on. */
export function refusalOf(
  context: RuntimeContext,
  call: Call,
  failed: { readonly error: unknown; readonly observe: Observe }
): unknown {
  const { error, observe } = failed;
  const origin = originOf(context, call);
  if (error instanceof ModelUnavailable) {
    const refusal = modelUnavailable(origin, call.variant.blueprint.containers[0]?.hostname ?? 'primary', error);
    observe(error.reply?.status ?? refusal.status);
    return refusal;
  }
  if (!(error instanceof ContainerSilent && error.cause instanceof NoReply) || error.isUnseen) return error;
  observe(0);
  return silentContainer(origin, error.hostname, error.cause);
}

/** What a request says to the containers of an instance. */
export function instanceCall(request: InvokeRequest) {
  const { targetModel, targetContainer } = request;
  return {
    headers: forwarded(request),
    ...(targetModel === undefined ? {} : { targetModel }),
    ...(targetContainer === undefined ? {} : { targetContainer }),
  };
}

export function originOf(
  { region, accountId }: RuntimeContext,
  of: { readonly request: InvokeRequest; readonly variant: VariantFleet; readonly instance: Instance }
): Origin {
  const { request, variant, instance } = of;
  return {
    ...{ region, accountId, endpointName: request.endpointName },
    ...{ variantName: variant.name, instanceId: instance.id },
  };
}

export function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
