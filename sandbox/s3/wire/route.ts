import * as s3 from '@aws-sdk/client-s3';
import { NormalizedSchema, translateTraits } from '@smithy/core/schema';
import type { StaticOperationSchema } from '@smithy/types';

/** One operation of S3's model, as a request selects it. */
export interface Operation {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  readonly status: number;
}

interface Route extends Operation {
  readonly method: string;
  readonly level: 'bucket' | 'object';
  /** Query names (with values where the model fixes them) that must be present. */
  readonly literals: readonly (readonly [string, string])[];
  readonly requiredQueries: readonly string[];
  readonly requiredHeaders: readonly string[];
}

/** What routing looks at. */
export interface Target {
  readonly method: string;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
}

const SERVICE_OPERATIONS = new Set(['ListBuckets', 'ListDirectoryBuckets']);
/** Its path (Object Lambda's) would be a bucket's, were upper case allowed in a bucket's name. */
const OBJECT_LAMBDA = 'WriteGetObjectResponse';

const routes: readonly Route[] = Object.values(s3).flatMap((value) => (isOperation(value) ? [toRoute(value)] : []));
const byName = new Map(routes.map((route) => [route.name, route]));
const byPlace = new Map<string, Route[]>();
for (const route of routes) {
  if (SERVICE_OPERATIONS.has(route.name) || route.name === OBJECT_LAMBDA) continue;
  const place = `${route.method} ${route.level}`;
  byPlace.set(place, [...(byPlace.get(place) ?? []), route]);
}

/**
 * The operation a request selects: the one whose fixed query words are all there (most of them first), then the one
 * with most of its required members there. `undefined` when the method means nothing at this address.
 */
export function findOperation(target: Target): Operation | undefined {
  if (target.bucket === undefined) {
    const isListing = target.method === 'GET' && target.key === undefined;
    const asked = target.query.get('x-id') === 'ListDirectoryBuckets' ? 'ListDirectoryBuckets' : 'ListBuckets';
    return isListing ? byName.get(asked) : undefined;
  }
  if (target.method === 'POST' && target.bucket === OBJECT_LAMBDA) return byName.get(OBJECT_LAMBDA);
  const level = target.key === undefined ? 'bucket' : 'object';
  const matching = (byPlace.get(`${target.method} ${level}`) ?? []).filter((route) =>
    route.literals.every(([name, value]) => has(target.query, name, value))
  );
  const mostLiterals = Math.max(0, ...matching.map(({ literals }) => literals.length));
  const finalists = matching.filter(({ literals }) => literals.length === mostLiterals);
  const complete = finalists.filter((route) => missing(route, target) === 0);
  // An incomplete request for a sub-resource still names its operation, which then says what is missing.
  const candidates = complete.length > 0 || mostLiterals === 0 ? complete : finalists;
  return [...candidates].sort((a, b) => requirements(b) - requirements(a))[0];
}

function has(query: URLSearchParams, name: string, value: string): boolean {
  return value === '' ? query.has(name) : query.get(name) === value;
}

function requirements(route: Route): number {
  return route.requiredQueries.length + route.requiredHeaders.length;
}

function missing(route: Route, target: Target): number {
  return (
    route.requiredQueries.filter((name) => !target.query.has(name)).length +
    route.requiredHeaders.filter((name) => target.headers[name] === undefined).length
  );
}

function isOperation(value: unknown): value is StaticOperationSchema {
  return Array.isArray(value) && value[0] === 9;
}

function toRoute(schema: StaticOperationSchema): Route {
  const [, , name, traits, inputRef, outputRef] = schema;
  const { http } = translateTraits(traits);
  if (!http) throw new Error(`S3's model has no HTTP binding for ${name}.`);
  const [method, uri, status] = http;
  const [path = '', words = ''] = uri.split('?');
  const input = NormalizedSchema.of(inputRef);
  const required = [...input.structIterator()]
    .slice(0, requiredCount(input))
    .map(([, member]) => member.getMergedTraits());
  return {
    name,
    input,
    output: NormalizedSchema.of(outputRef),
    method,
    status,
    level: path === '/' ? 'bucket' : 'object',
    literals: [...new URLSearchParams(words)].filter(([word]) => word !== 'x-id'),
    requiredQueries: required.flatMap(({ httpQuery }) => httpQuery ?? []),
    requiredHeaders: required.flatMap(({ httpHeader }) => httpHeader?.toLowerCase() ?? []),
  };
}

function requiredCount(schema: NormalizedSchema): number {
  const struct = schema.getSchema();
  const count: unknown = Array.isArray(struct) ? struct[6] : 0;
  return typeof count === 'number' ? count : 0;
}
