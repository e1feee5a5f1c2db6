import { BodyTooLarge, BodyUnreadable } from '../http/body';
import type { Answer, Exchange, Service } from '../http/service';
import type { Reword } from '../knobs/reword';
import { decodeInput } from './decode';
import { encodeOutput } from './encode';
import { AwsError, serializationException, unknownOperation, validationException } from './errors';
import type { ServiceModel } from './model';
import { violationMessage, violations } from './validate';

/** Largest control-plane body; AWS's own limit is not published, its largest legal inputs are far below. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** What a handler may know of the call beside its input. */
export interface CallContext {
  readonly region: string;
  readonly requestId: string;
}

/** One handler per operation name; an operation without one is refused by name. */
export type AnyHandlers = Readonly<
  Record<string, ((input: never, context: CallContext) => Promise<object>) | undefined>
>;

/**
 * Serves an awsJson1.1 service from its model: reads the operation from `x-amz-target`, decodes and validates the input, calls
 * the handler and encodes its output. Every failure is answered in AWS's shape. With `checkOutputs` an output that breaks the
 * model is an internal failure; tests switch it on.
 */
export function awsJsonService(options: {
  readonly model: ServiceModel;
  readonly handlers: AnyHandlers;
  readonly checkOutputs: boolean;
  readonly reword?: Reword;
}): Service {
  const { model, handlers, checkOutputs, reword } = options;

  async function call(exchange: Exchange): Promise<string> {
    if (!isSigned(exchange))
      throw new AwsError({
        code: 'MissingAuthenticationTokenException',
        message: 'Missing Authentication Token',
        status: 403,
      });
    const operation = operationOf(model, exchange);
    const facts = model.operations[operation];
    const handler = Object.hasOwn(handlers, operation) ? handlers[operation] : undefined;
    if (!facts || !handler) throw refusal(model, operation);
    const body = await exchange.body(BODY_LIMIT_BYTES);
    const input = facts.input === undefined ? {} : decodeInput(model, facts.input, body);
    const found = facts.input === undefined ? [] : violations(model, facts.input, input);
    if (found.length > 0) throw validationException(violationMessage(found));
    // The one place where the checked value takes the handler's type: the model that checked it is the type's source.
    const output = await handler(input as never, { region: exchange.region, requestId: exchange.requestId });
    if (checkOutputs && facts.output !== undefined) assertOutput({ model, operation, shapeName: facts.output, output });
    return encodeOutput(model, facts.output, output);
  }

  return {
    name: model.service,
    handle: async (exchange) => {
      try {
        return jsonAnswer(200, await call(exchange));
      } catch (error) {
        if (error instanceof AwsError) return errorAnswer(error, reword);
        if (error instanceof BodyUnreadable) return errorAnswer(serializationException(error.message));
        if (error instanceof BodyTooLarge)
          return errorAnswer(
            new AwsError({ code: 'RequestEntityTooLarge', message: 'Request body is too large.', status: 413 })
          );
        throw error;
      }
    },
  };
}

/** An error as awsJson puts it: the code in `__type`, the text in `message`, modelled members beside them. */
export function errorAnswer(error: AwsError, reword: Reword = (text) => text): Answer {
  const message = reword(error.message);
  return jsonAnswer(error.status, JSON.stringify({ __type: error.code, message, ...error.members }));
}

/** Whether the request carries a signature. Signatures are not verified: any credentials will do, none will not. */
export function isSigned(exchange: Exchange): boolean {
  return (exchange.headers['authorization'] ?? '').startsWith('AWS4-') || exchange.query.has('X-Amz-Signature');
}

function jsonAnswer(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body };
}

function operationOf(model: ServiceModel, exchange: Exchange): string {
  const target = exchange.headers['x-amz-target'] ?? '';
  const operation = target.startsWith(`${model.targetPrefix}.`) ? target.slice(model.targetPrefix.length + 1) : '';
  if (exchange.method !== 'POST' || operation === '')
    throw unknownOperation(`No operation of ${model.service} is addressed by this request.`);
  return operation;
}

function refusal(model: ServiceModel, operation: string): AwsError {
  const isKnown = Object.hasOwn(model.operations, operation) || model.otherOperations.includes(operation);
  return unknownOperation(
    isKnown
      ? `${operation} is not implemented by this sandbox.`
      : `${operation} is not an operation of ${model.service}.`
  );
}

function assertOutput(answer: {
  readonly model: ServiceModel;
  readonly operation: string;
  readonly shapeName: string;
  readonly output: object;
}): void {
  const found = violations(answer.model, answer.shapeName, answer.output);
  if (found.length > 0)
    throw new Error(`the output of ${answer.operation} breaks the model: ${violationMessage(found)}`);
}
