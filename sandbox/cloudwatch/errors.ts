/**
 * Refusals, by the code that Query clients see. `shape` is the model's name for it, which the other protocols send;
 * codes without a shape go as they are.
 */
const ERRORS = {
  InvalidParameterValue: { shape: 'InvalidParameterValueException', status: 400 },
  InvalidParameterCombination: { shape: 'InvalidParameterCombinationException', status: 400 },
  MissingParameter: { shape: 'MissingRequiredParameterException', status: 400 },
  InvalidNextToken: { shape: 'InvalidNextToken', status: 400 },
  ResourceNotFound: { shape: 'ResourceNotFound', status: 404 },
  ResourceNotFoundException: { shape: 'ResourceNotFoundException', status: 404 },
  LimitExceeded: { shape: 'LimitExceededFault', status: 400 },
  InvalidFormat: { shape: 'InvalidFormatFault', status: 400 },
  ValidationError: { shape: 'ValidationError', status: 400 },
  SerializationException: { shape: 'SerializationException', status: 400 },
  RequestEntityTooLarge: { shape: 'RequestEntityTooLarge', status: 413 },
  InvalidAction: { shape: 'InvalidAction', status: 400 },
  UnknownOperationException: { shape: 'UnknownOperationException', status: 400 },
} as const satisfies Record<string, { readonly shape: string; readonly status: number }>;

export type CloudWatchErrorCode = keyof typeof ERRORS;

/** Thrown by operations and answered in the shape of the client's protocol. */
export class CloudWatchError extends Error {
  readonly shape: string;
  readonly status: number;

  constructor(
    readonly code: CloudWatchErrorCode,
    message: string
  ) {
    super(message);
    this.name = 'CloudWatchError';
    this.shape = ERRORS[code].shape;
    this.status = ERRORS[code].status;
  }
}

export function invalid(message: string): CloudWatchError {
  return new CloudWatchError('InvalidParameterValue', message);
}

/** The value, or a refusal that names the parameter. */
export function required<Value>(value: Value | undefined | null, parameter: string): Value {
  if (value !== undefined && value !== null && value !== '') return value;
  throw new CloudWatchError('MissingParameter', `The parameter ${parameter} is required.`);
}
