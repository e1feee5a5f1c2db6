/** An error as an AWS client sees it: a code, an HTTP status and a message. Extra members are sent beside the message. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(error: {
    readonly code: string;
    readonly message: string;
    readonly status?: number;
    readonly members?: Readonly<Record<string, unknown>>;
  }) {
    super(error.message);
    this.name = error.code;
    this.code = error.code;
    this.status = error.status ?? 400;
    this.members = error.members ?? {};
  }
}

/** SageMaker's control plane answers almost every refusal, missing resources included, with this unmodelled code. */
export function validationException(message: string): AwsError {
  return new AwsError({ code: 'ValidationException', message });
}

/** The body could not be read as the operation's input: broken JSON, or a value of the wrong type. */
export function serializationException(message: string): AwsError {
  return new AwsError({ code: 'SerializationException', message });
}

export function resourceLimitExceeded(message: string): AwsError {
  return new AwsError({ code: 'ResourceLimitExceeded', message });
}

/** What the sandbox does not do, it says by name, so that nobody searches for a mistake of their own. */
export function notImplemented(what: string): AwsError {
  return validationException(`${what} is not implemented by this sandbox.`);
}

export function unknownOperation(message: string): AwsError {
  return new AwsError({ code: 'UnknownOperationException', message });
}
