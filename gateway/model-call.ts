import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { callEndpoint, type Answer, type ModelRequest } from './invocation';
import { drawnAttribute, probeAttribute } from './probe';
import { isEvidence, targetOf, type Route } from './routing';
import { refusalOf, type Transforms } from './transform/transforms';

export interface ModelCallOptions {
  readonly endpoint: string;
  readonly runtime: SageMakerRuntimeClient;
  readonly transforms: Transforms | undefined;
  /** Told when the endpoint did not know an assigned variant. */
  readonly onRefused: () => void;
}

export interface ModelCall extends ModelRequest {
  readonly inferenceId: string;
  readonly probe?: boolean;
}

export interface Called {
  /** What the application gets. */
  readonly answer: Answer;
  /** The route that was taken in the end. */
  readonly route: Route;
  /** What the model was asked and answered, for a mirror; null when no model was asked. */
  readonly model: { readonly request: ModelRequest; readonly answer: Answer } | null;
  /** Until the model had answered. */
  readonly latencyMs: number;
}

/**
 * One call of a model: transforms, the endpoint, transforms. What a definition refuses is answered as a pipeline's container would.
 *
 * @throws what the service answered when no model was asked
 */
export async function callModel(options: ModelCallOptions, route: Route, call: ModelCall): Promise<Called> {
  const { transforms } = options;
  const startedAt = performance.now();
  const given = transformed(() => ({ ...call, ...transforms?.request(call) }));
  if (given.kind === 'refused') {
    return { answer: { ...given.answer, variant: null }, route, model: null, latencyMs: performance.now() - startedAt };
  }
  const { body, contentType, accept } = given.value;
  const request = { body, contentType, ...(accept !== undefined && { accept }) };
  const asked = await askBy(options, route, { ...call, ...request });
  const latencyMs = performance.now() - startedAt;
  const model = { request, answer: asked.answer };
  if (!asked.answer.ok || transforms === undefined) return { ...asked, model, latencyMs };
  const { answer } = asked;
  const result = transformed(() => transforms.response({ ...answer, contentType: answer.contentType ?? '' }));
  const changed = result.kind === 'refused' ? result.answer : result.value;
  return { answer: { ...answer, ...changed }, route: asked.route, model, latencyMs };
}

/** An assignment may name a variant that has just left the endpoint: then the weights choose, and no call is lost. */
async function askBy(
  options: ModelCallOptions,
  route: Route,
  call: ModelCall
): Promise<{ readonly answer: Answer; readonly route: Route }> {
  const { endpoint, runtime } = options;
  const { probe, ...request } = call;
  const ask = (by: Route): Promise<Answer> =>
    callEndpoint(runtime, {
      ...request,
      endpoint,
      targetVariant: targetOf(by),
      customAttributes: attributesOf(by, { probe: probe === true }),
    });
  try {
    return { answer: await ask(route), route };
  } catch (error) {
    const isRefusable = route.kind === 'drawn' || route.kind === 'outside';
    if (!isRefusable || !(error instanceof Error) || error.name !== 'ValidationError') throw error;
    options.onRefused();
    const byWeights: Route = { kind: 'weights', why: 'refused' };
    return { answer: await ask(byWeights), route: byWeights };
  }
}

function attributesOf(route: Route, request: { readonly probe: boolean }): string | undefined {
  if (!isEvidence(route, request)) return probeAttribute;
  return route.kind === 'drawn' ? drawnAttribute(route) : undefined;
}

type Transformed<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'refused'; readonly answer: Omit<Answer, 'variant'> };

function transformed<T>(act: () => T): Transformed<T> {
  try {
    return { kind: 'value', value: act() };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return { kind: 'refused', answer: { ok: false, ...refusal, contentType: 'application/json' } };
  }
}
