import type { Answer, Exchange } from '../http/service';
import { errorXml } from '../s3/errors';
import { CborCodec } from '@smithy/core/cbor';
import type { Knobs } from '../knobs/knobs';
import type { FaultService } from '../faults/rule';

export interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

const cbor = new CborCodec();

/** How each service says that it was called too often. The runtime's status is inferred from the other JSON services. */
export function throttled(
  service: FaultService,
  { throttlingStatus: status }: Pick<Knobs, 'throttlingStatus'>
): Refusal {
  switch (service) {
    case 's3':
      return { code: 'SlowDown', status: 503, message: 'Please reduce your request rate.' };
    case 'cloudwatch':
    case 'sts':
      return { code: 'Throttling', status: 400, message: 'Rate exceeded' };
    case 'runtime':
      return { code: 'ThrottlingException', status, message: 'Rate exceeded' };
    case 'sagemaker':
    case 'autoscaling':
      return { code: 'ThrottlingException', status: 400, message: 'Rate exceeded' };
  }
}

/** The code that a service sends with a status when a rule names none. */
export function codeOf(service: FaultService, status: number): string {
  if (status === 503) return service === 's3' ? 'ServiceUnavailable' : 'ServiceUnavailableException';
  if (status >= 500) {
    if (service === 's3') return 'InternalError';
    return service === 'cloudwatch' ? 'InternalServiceFault' : 'InternalFailure';
  }
  return service === 'runtime' ? 'ValidationError' : 'ValidationException';
}

/** An error in the shape of the protocol that the request came in. */
export function refuse(service: FaultService, exchange: Exchange, refusal: Refusal): Answer {
  const { code, status, message } = refusal;
  switch (service) {
    case 's3': {
      const body = errorXml({ code, message, details: {} }, { resource: exchange.path, requestId: exchange.requestId });
      const headers = { 'content-type': 'application/xml', 'x-amz-request-id': exchange.requestId };
      return { status, headers, body: exchange.method === 'HEAD' ? '' : body };
    }
    case 'runtime':
      return {
        status,
        headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
        body: JSON.stringify({ Message: message, message }),
      };
    default:
      if (exchange.headers['smithy-protocol'] !== undefined) return cborRefusal(refusal);
      if (exchange.headers['x-amz-target'] === undefined) return queryRefusal(refusal, exchange);
      return {
        status,
        headers: {
          'content-type': exchange.headers['content-type'] ?? 'application/x-amz-json-1.1',
          ...queryHeader(refusal),
        },
        body: JSON.stringify({ __type: code, message }),
      };
  }
}

function cborRefusal(refusal: Refusal): Answer {
  const serializer = cbor.createSerializer();
  // 15 is a document: an error's few members need no schema.
  serializer.write(15, { __type: refusal.code, message: refusal.message });
  const body = Buffer.from(serializer.flush());
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor', ...queryHeader(refusal) };
  return { status: refusal.status, headers, body };
}

/** Clients of the former Query protocol know CloudWatch's errors by this; the others pass over it. */
function queryHeader({ code, status }: Refusal): Readonly<Record<string, string>> {
  return { 'x-amzn-query-error': `${code};${status >= 500 ? 'Receiver' : 'Sender'}` };
}

function queryRefusal({ code, message, status }: Refusal, exchange: Exchange): Answer {
  const text = message.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
  const type = status >= 500 ? 'Receiver' : 'Sender';
  const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>${text}</Message></Error>`;
  const body = `<ErrorResponse>${error}<RequestId>${exchange.requestId}</RequestId></ErrorResponse>`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}
