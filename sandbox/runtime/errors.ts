import type { Answer } from '../http/service';
import type { Reword } from '../knobs/reword';

/** A refusal by the runtime; restJson1 carries the code in a header and the members in the body. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    readonly code:
      | 'ValidationError'
      | 'ModelError'
      | 'ModelNotReadyException'
      | 'ServiceUnavailable'
      | 'ThrottlingException'
      | 'UnknownOperationException'
      | 'MissingAuthenticationTokenException',
    message: string,
    { status, members = {} }: { readonly status: number; readonly members?: Readonly<Record<string, unknown>> }
  ) {
    super(message);
    this.status = status;
    this.members = members;
  }
}

export function validationError(message: string): RuntimeError {
  return new RuntimeError('ValidationError', message, { status: 400 });
}

export function runtimeAnswer(error: RuntimeError, reword: Reword): Answer {
  const message = reword(error.message);
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
    body: JSON.stringify({ ...error.members, Message: message, message }),
  };
}

/** AWS's front door refuses such a body before the service sees it: a bare 413 without an error code. Or the service does. */
export function payloadTooLarge(limitBytes: number): { readonly bare: Answer; readonly modelled: RuntimeError } {
  const message = `HTTP content length exceeded ${limitBytes} bytes.`;
  return {
    bare: { status: 413, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) },
    modelled: validationError(message),
  };
}
