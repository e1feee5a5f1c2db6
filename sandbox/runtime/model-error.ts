import type { NoReply } from '../fleet/client';
import { RuntimeError } from './errors';

/** Where an answer came from, for error texts and log links. */
export interface Origin {
  readonly region: string;
  readonly accountId: string;
  readonly endpointName: string;
  readonly variantName: string;
  readonly instanceId: string;
}

const MESSAGE_LIMIT = 2048;

/** A container answered with something else than success. */
export function containerError(
  origin: Origin,
  failure: { readonly hostname: string; readonly status: number; readonly body: Buffer }
): RuntimeError {
  const side = failure.status >= 400 && failure.status < 500 ? 'client' : 'server';
  return modelError(origin, { ...failure, side, text: failure.body.toString('utf8').slice(0, MESSAGE_LIMIT) });
}

/** A container gave no answer: it took too long, or went away meanwhile. SageMaker reports both as status 0. */
export function silentContainer(origin: Origin, hostname: string, reply: NoReply): RuntimeError {
  const text =
    reply.why === 'timeout'
      ? `Your invocation timed out while waiting for a response from container ${hostname}. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.`
      : `The connection to container ${hostname} was closed before it answered.`;
  return modelError(origin, { hostname, status: 0, side: 'server', text });
}

function modelError(
  origin: Origin,
  failure: {
    readonly hostname: string;
    readonly status: number;
    readonly side: 'client' | 'server';
    readonly text: string;
  }
): RuntimeError {
  const group = `/aws/sagemaker/Endpoints/${origin.endpointName}`;
  const logUrl = `https://${origin.region}.console.aws.amazon.com/cloudwatch/home?region=${origin.region}#logEventViewer:group=${group}`;
  const message = `Received ${failure.side} error (${failure.status}) from ${failure.hostname} with message "${failure.text}". See ${logUrl} in account ${origin.accountId} for more information.`;
  return new RuntimeError('ModelError', message, {
    status: 424,
    members: {
      OriginalStatusCode: failure.status,
      OriginalMessage: failure.text,
      LogStreamArn: `arn:aws:logs:${origin.region}:${origin.accountId}:log-group:${group}:log-stream:${origin.variantName}/${origin.instanceId}`,
    },
  });
}
