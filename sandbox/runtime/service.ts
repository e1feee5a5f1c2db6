import type { Answer, Exchange, Service } from '../http/service';
import { BodyTooLarge, BodyUnreadable } from '../http/body';
import { NoReply } from '../fleet/client';
import type { Instance, InstanceReply } from '../fleet/instance';
import { ContainerSilent, INVOCATION_TIMEOUT_MS } from '../fleet/instance';
import { ModelUnavailable } from '../fleet/model-cache';
import type { VariantFleet } from '../fleet/variant-fleet';
import type { Knobs } from '../knobs/knobs';
import type { Reword } from '../knobs/reword';
import type { EndpointActor } from '../sagemaker/endpoint-actor';
import { isSigned } from '../wire/aws-json';
import type { DataCapture } from './capture';
import { payloadTooLarge, runtimeAnswer, RuntimeError, validationError } from './errors';
import type { InvocationMetrics } from './metrics';
import { containerError, silentContainer } from './model-error';
import type { InvokeRequest } from './request';
import { forwarded, readInvokeRequest } from './request';
import type { Shadowing } from './shadow';
import { assertTarget, modelUnavailable } from './target';

/** SageMaker's largest request body for a real-time endpoint, 6 MiB. */
export const PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024;

const INVOKE_PATH = /^\/endpoints\/([^/]*)\/(invocations|async-invocations|invocations-response-stream)$/;

/** The operations of the runtime that are not served, by the last part of their paths. */
const UNIMPLEMENTED: Readonly<Record<string, string>> = {
  'async-invocations': 'InvokeEndpointAsync',
  'invocations-response-stream': 'InvokeEndpointWithResponseStream',
};

export interface RuntimeContext {
  readonly serving: (endpointName: string) => EndpointActor | undefined;
  readonly accountId: string;
  readonly region: string;
  readonly capture: DataCapture;
  readonly metrics: InvocationMetrics;
  readonly shadowing: Shadowing;
  readonly knobs: Knobs;
  readonly reword: Reword;
}

/** SageMaker Runtime: routes an invocation to one instance of one variant and answers what its container answered. */
export function createRuntime(context: RuntimeContext): Service {
  return {
    name: 'sagemaker-runtime',
    handle: async (exchange) => {
      const startMs = performance.now();
      try {
        return await invoke(context, exchange, startMs);
      } catch (error) {
        if (error instanceof RuntimeError) return runtimeAnswer(error, context.reword);
        if (error instanceof BodyUnreadable) return runtimeAnswer(validationError(error.message), context.reword);
        if (!(error instanceof BodyTooLarge)) throw error;
        const { oversizedBody } = context.knobs;
        const refusal = payloadTooLarge(error.limitBytes);
        return oversizedBody === 'bare413' ? refusal.bare : runtimeAnswer(refusal.modelled, context.reword);
      }
    },
  };
}

async function invoke(context: RuntimeContext, exchange: Exchange, startMs: number): Promise<Answer> {
  if (!isSigned(exchange))
    throw new RuntimeError('MissingAuthenticationTokenException', 'Missing Authentication Token', { status: 403 });
  const [, rawName = '', verb = ''] = INVOKE_PATH.exec(exchange.rawPath) ?? [];
  if (exchange.method !== 'POST' || verb !== 'invocations') {
    const operation = exchange.method === 'POST' ? UNIMPLEMENTED[verb] : undefined;
    const what = operation ?? `${exchange.method} ${exchange.rawPath}`;
    throw new RuntimeError('UnknownOperationException', `${what} is not implemented by this sandbox.`, { status: 404 });
  }
  const request = readInvokeRequest(exchange, decodeName(rawName));
  const body = await exchange.body(PAYLOAD_LIMIT_BYTES);
  if (!context.serving(request.endpointName)) throw unknownEndpoint(context, request.endpointName);
  const { variant, instance } = await choose(context, request);
  if (variant.shadows.length > 0) context.shadowing.mirror(variant, request, body);
  return callVariant(context, { request, body, variant, instance, startMs });
}

/** An instance that cannot be reached has not seen the request and is out of service by now: the next one of its variant gets it. */
async function callVariant(context: RuntimeContext, call: Call): Promise<Answer> {
  const { request, variant } = call;
  for (let instance: Instance | undefined = call.instance; instance; instance = variant.pick(request.targetModel)) {
    instance.acquire();
    try {
      return await callInstance(context, { ...call, instance });
    } catch (error) {
      if (!(error instanceof ContainerSilent && error.isUnseen)) throw error;
    } finally {
      instance.release();
    }
  }
  throw unavailable();
}

interface Call {
  readonly request: InvokeRequest;
  readonly body: Buffer;
  readonly variant: VariantFleet;
  readonly instance: Instance;
  readonly startMs: number;
}

async function callInstance(context: RuntimeContext, call: Call): Promise<Answer> {
  const { request, body, variant, instance, startMs } = call;
  const { targetModel, targetContainer } = request;
  const origin = { ...context, endpointName: request.endpointName, variantName: variant.name, instanceId: instance.id };
  const sentMs = performance.now();
  const observe = (status: number, use?: InstanceReply['use']) => {
    const endMs = performance.now();
    // Waiting for a model to be loaded is overhead, not the model's latency.
    const waitMs = context.knobs.modelLoadingCountsAs === 'model' ? 0 : (use?.waitMs ?? 0);
    context.metrics.observe(variant, {
      status,
      modelLatencyMs: endMs - sentMs - waitMs,
      overheadLatencyMs: sentMs - startMs + waitMs,
      ...(use ? { use } : {}),
      ...(targetContainer === undefined ? {} : { container: targetContainer }),
    });
  };
  try {
    const { container, reply, use } = await instance.invoke({
      body,
      headers: forwarded(request),
      ...(targetModel === undefined ? {} : { targetModel }),
      ...(targetContainer === undefined ? {} : { targetContainer }),
    });
    observe(reply.status, use);
    if (reply.status < 200 || reply.status > 299)
      throw containerError(origin, { hostname: container.spec.hostname, status: reply.status, body: reply.body });
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
    if (error instanceof ModelUnavailable) {
      const refusal = modelUnavailable(origin, variant.blueprint.containers[0]?.hostname ?? 'primary', error);
      observe(error.reply?.status ?? refusal.status);
      throw refusal;
    }
    if (!(error instanceof ContainerSilent && error.cause instanceof NoReply) || error.isUnseen) throw error;
    observe(0);
    throw silentContainer(origin, error.hostname, error.cause);
  }
}

/**
 * Chooses a variant and an instance that serves. While the endpoint comes back after a restart of the sandbox the request waits for its
 * instance, within the invocation's own time limit, and is routed anew afterwards.
 */
async function choose(
  context: RuntimeContext,
  request: InvokeRequest
): Promise<{ readonly variant: VariantFleet; readonly instance: Instance }> {
  const deadlineMs = performance.now() + INVOCATION_TIMEOUT_MS;
  for (;;) {
    const actor = context.serving(request.endpointName);
    if (!actor) throw unknownEndpoint(context, request.endpointName);
    const variant = actor.serving.route(request.targetVariant);
    if (!variant && request.targetVariant !== undefined)
      throw validationError(
        `Variant ${request.targetVariant} not found for endpoint ${request.endpointName} of account ${context.accountId}.`
      );
    if (variant) assertTarget(request, variant);
    const instance = variant?.pick(request.targetModel);
    if (variant && instance) return { variant, instance };
    const leftMs = deadlineMs - performance.now();
    if (!variant || !actor.isRestoring || leftMs <= 0) throw unavailable();
    await variant.whenServing(leftMs);
  }
}

function unavailable(): RuntimeError {
  return new RuntimeError('ServiceUnavailable', 'The service is unavailable. Try your call again.', { status: 503 });
}

function unknownEndpoint(context: RuntimeContext, name: string): RuntimeError {
  return validationError(`Endpoint ${name} of account ${context.accountId} not found.`);
}

function decodeName(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
