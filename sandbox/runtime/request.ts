import type { Exchange } from '../http/service';
import { loadModel, memberShapeName } from '../wire/model';
import { violationMessage, violations } from '../wire/validate';
import { validationError } from './errors';

/** What a caller said in path and headers, checked against the model. */
export interface InvokeRequest {
  readonly endpointName: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly customAttributes?: string;
  readonly inferenceId?: string;
  readonly targetVariant?: string;
  readonly targetModel?: string;
  readonly targetContainer?: string;
}

/** Members that ask for something this runtime does not do; refused by name when present. */
const UNIMPLEMENTED = ['InferenceComponentName', 'EnableExplanations', 'SessionId', 'PrefixAwareId'] as const;

export type InvokeOperation = 'InvokeEndpoint' | 'InvokeEndpointAsync' | 'InvokeEndpointWithResponseStream';

const model = loadModel('sagemaker-runtime');

interface HeaderMember {
  readonly member: string;
  /** Lower case. */
  readonly header: string;
  readonly shape: string;
}

/** What each operation takes in headers, from the model; the body and the path are read apart. */
const HEADERS: Readonly<Record<InvokeOperation, readonly HeaderMember[]>> = {
  InvokeEndpoint: headersOf('InvokeEndpointInput'),
  InvokeEndpointAsync: headersOf('InvokeEndpointAsyncInput'),
  InvokeEndpointWithResponseStream: headersOf('InvokeEndpointWithResponseStreamInput'),
};

function headersOf(shape: string): readonly HeaderMember[] {
  return Object.entries(model.shapes[shape]?.members ?? {}).flatMap(([member, facts]) =>
    typeof facts !== 'string' && facts.location === 'header'
      ? [{ member, header: (facts.locationName ?? '').toLowerCase(), shape: memberShapeName(facts) }]
      : []
  );
}

/** Throws ValidationError with all violations at once, or for a member that is not served here. */
export function readInvokeRequest(exchange: Exchange, endpointName: string, operation: InvokeOperation): InvokeRequest {
  const given = readHeaders(exchange, endpointName, operation);
  return {
    endpointName,
    ...optional('contentType', given.get('ContentType')),
    ...optional('accept', given.get('Accept')),
    ...optional('customAttributes', given.get('CustomAttributes')),
    ...optional('inferenceId', given.get('InferenceId')),
    ...optional('targetVariant', given.get('TargetVariant')),
    ...optional('targetModel', given.get('TargetModel')),
    ...optional('targetContainer', given.get('TargetContainerHostname')),
  };
}

/** The members that a request gives in headers, by name. Throws ValidationError with all violations at once. */
export function readHeaders(
  exchange: Exchange,
  endpointName: string,
  operation: InvokeOperation
): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  const found: string[] = shapeViolations('EndpointName', 'EndpointName', endpointName);
  for (const { member, header, shape } of HEADERS[operation]) {
    const value = exchange.headers[header];
    if (value === undefined) continue;
    given.set(member, value);
    found.push(...shapeViolations(member, shape, value));
  }
  if (found.length > 0) throw validationError(violationMessage(found));
  const refused = UNIMPLEMENTED.find((member) => given.has(member));
  if (refused) throw validationError(`${refused} is not implemented by this sandbox.`);
  return given;
}

/** Only the headers that SageMaker documents reach the container. */
export function forwarded(request: InvokeRequest): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (request.contentType !== undefined) headers['content-type'] = request.contentType;
  if (request.accept !== undefined) headers['accept'] = request.accept;
  if (request.customAttributes !== undefined) headers['x-amzn-sagemaker-custom-attributes'] = request.customAttributes;
  if (request.inferenceId !== undefined) headers['x-amzn-sagemaker-inference-id'] = request.inferenceId;
  return headers;
}

/** The validator names paths by structure; a header stands alone, so its sentence is given the member's name. */
function shapeViolations(member: string, shape: string, value: string): string[] {
  const path = member.charAt(0).toLowerCase() + member.slice(1);
  const isNumber = model.shapes[shape]?.type === 'integer';
  if (isNumber && !/^-?\d{1,15}$/.test(value))
    return [`Value '${value}' at '${path}' failed to satisfy constraint: Member must be an integer`];
  return violations(model, shape, isNumber ? Number(value) : value).map((sentence) =>
    sentence.replace("at ''", `at '${path}'`)
  );
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: string });
}
