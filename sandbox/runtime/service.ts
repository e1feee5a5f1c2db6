import type { Answer, Exchange, Service } from '../http/service';
import { BodyTooLarge, BodyUnreadable } from '../http/body';
import type { VariantFleet } from '../fleet/variant-fleet';
import { isSigned } from '../wire/aws-json';
import { invokeAsync } from './async/invoke';
import { callInstance, onInstance } from './call';
import { choose, unknownEndpoint } from './choose';
import type { RuntimeContext } from './context';
import { payloadTooLarge, runtimeAnswer, RuntimeError, validationError } from './errors';
import { readInvokeRequest } from './request';
import { callStream } from './stream';

/** SageMaker's largest request body for a real-time endpoint, 6 MiB, and for a serverless one. */
export const PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024;
const SERVERLESS_LIMIT_BYTES = 4 * 1024 * 1024;

const INVOKE_PATH = /^\/endpoints\/([^/]*)\/(invocations|async-invocations|invocations-response-stream)$/;

/** SageMaker Runtime: routes an invocation to one instance of one variant and answers what its container answered. */
export function createRuntime(context: RuntimeContext): Service {
  return {
    name: 'sagemaker-runtime',
    handle: async (exchange) => {
      const startMs = performance.now();
      try {
        return await dispatch(context, exchange, startMs);
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

async function dispatch(context: RuntimeContext, exchange: Exchange, startMs: number): Promise<Answer> {
  if (!isSigned(exchange))
    throw new RuntimeError('MissingAuthenticationTokenException', 'Missing Authentication Token', { status: 403 });
  const [, rawName = '', verb = ''] = INVOKE_PATH.exec(exchange.rawPath) ?? [];
  const name = decodeName(rawName);
  if (exchange.method !== 'POST' || verb === '') {
    const what = `${exchange.method} ${exchange.rawPath}`;
    throw new RuntimeError('UnknownOperationException', `${what} is not implemented by this sandbox.`, { status: 404 });
  }
  if (verb === 'async-invocations') return invokeAsync(context, exchange, name);
  const isStream = verb === 'invocations-response-stream';
  const request = readInvokeRequest(exchange, name, isStream ? 'InvokeEndpointWithResponseStream' : 'InvokeEndpoint');
  const body = await exchange.body(PAYLOAD_LIMIT_BYTES);
  if (!context.serving(request.endpointName)) throw unknownEndpoint(context, request.endpointName);
  const chosen = await choose(context, request);
  const { variant } = chosen;
  assertFits(variant, body, () => chosen.instance.release());
  if (variant.shadows.length > 0) context.shadowing.mirror(variant, request, body);
  return onInstance(context, { ...chosen, request, body, startMs }, (call) =>
    isStream ? callStream(context, call) : callInstance(context, call)
  );
}

/** The limit of serverless endpoints is lower, and which kind this is shows late. */
function assertFits(variant: VariantFleet, body: Buffer, release: () => void): void {
  if (!variant.serverless || body.length <= SERVERLESS_LIMIT_BYTES) return;
  release();
  throw new BodyTooLarge(SERVERLESS_LIMIT_BYTES);
}

function decodeName(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
