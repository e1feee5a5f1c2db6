import fc from 'fast-check';
import type { ServiceModel, ShapeFacts } from '../../../sandbox/wire/model';
import { memberShapeName, shapeOf } from '../../../sandbox/wire/model';
import { compilePattern } from '../../../sandbox/wire/patterns';
import { isRecord } from '../../../spec/is-record';

/** One way to break a valid input, and what must be said of it. */
export interface Breakage {
  readonly kind:
    'wrong type' | 'missing' | 'too long' | 'too many' | 'out of range' | 'not in the enum' | 'bad pattern';
  /** Members from the outside in; positions of lists are numbers. */
  readonly path: readonly (string | number)[];
  /** `undefined` takes the member away. */
  readonly value: unknown;
}

const MAX_DEPTH = 4;
/** Longer strings and lists than this are not made: a limit above it is not tried. */
const MAX_MADE = 3_000;

/** Strings of the kinds that the models' patterns ask for; names that exist are among them. */
const TEXTS = [
  'victim', 'victim-v', 'v', 'a', 'a-1', '1', 'server:1', 'text/csv', 's3://bucket/key', 'https://s3.amazonaws.com/b/k.tar.gz', '/opt/ml/x',
  'arn:aws:iam::123456789012:role/role-name', 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/victim',
  'arn:aws:kms:us-east-1:123456789012:key/1', 'arn:aws:sns:us-east-1:123456789012:topic',
  'arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/0123456789', 'endpoint/victim/variant/v', 'rate(5 minutes)',
  'arn:aws:sagemaker:us-east-1:123456789012:model-package-group/a', 'arn:aws:sagemaker:us-east-1:123456789012:model-package/a/1',
  'sg-12345', 'subnet-12345', 'UTC', '123456789012', 'us-east-1', 'P1D', 'x'.repeat(20), 'x'.repeat(36), 'x'.repeat(64), 'x'.repeat(300),
]; // prettier-ignore

/** Strings that most patterns refuse. */
const ODD_TEXTS = ['\u0007', ' § ', '_/_', '-', '\n'];

/** Inputs that the model allows, of all members or of few. `undefined` where no string fits a required pattern. */
export function validInput(model: ServiceModel, shapeName: string): fc.Arbitrary<unknown> | undefined {
  return valid(model, shapeName, 0);
}

function valid(model: ServiceModel, shapeName: string, depth: number): fc.Arbitrary<unknown> | undefined {
  const shape = shapeOf(model, shapeName);
  switch (shape.type) {
    case 'structure':
      return structure(model, shape, depth);
    case 'list': {
      const item = depth < MAX_DEPTH ? valid(model, shape.member ?? '', depth + 1) : undefined;
      const minLength = shape.min ?? 0;
      if (!item || minLength > 5) return minLength > 0 ? undefined : fc.constant([]);
      return fc.array(item, { minLength, maxLength: Math.min(shape.max ?? 2, Math.max(minLength, 2)) });
    }
    case 'map': {
      const key = valid(model, shape.key ?? '', depth + 1);
      const value = depth < MAX_DEPTH ? valid(model, shape.value ?? '', depth + 1) : undefined;
      if (!key || !value) return (shape.min ?? 0) > 0 ? undefined : fc.constant({});
      return fc.dictionary(key.map(String), value, {
        minKeys: shape.min ?? 0,
        maxKeys: Math.max(shape.min ?? 0, 1),
        noNullPrototype: true,
      });
    }
    case 'string':
    case 'blob': {
      if (shape.enum) return fc.constantFrom(...shape.enum);
      const fitting = TEXTS.filter((text) => fits(shape, text));
      return fitting.length === 0 ? undefined : fc.constantFrom(...fitting);
    }
    case 'integer':
    case 'long':
      return fc.integer({ min: shape.min ?? 0, max: Math.min(shape.max ?? 1_000, 1_000_000) });
    case 'float':
    case 'double':
      return fc.double({ min: shape.min ?? 0, max: Math.min(shape.max ?? 1_000, 1_000_000), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'timestamp':
      return fc.integer({ min: 0, max: 2_000_000_000 });
  }
}

function structure(model: ServiceModel, shape: ShapeFacts, depth: number): fc.Arbitrary<unknown> | undefined {
  const required = new Set(shape.required);
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    if (!required.has(name) && depth >= MAX_DEPTH) continue;
    const made = valid(model, memberShapeName(member), depth + 1);
    if (made) members[name] = made;
    else if (required.has(name)) return undefined;
  }
  const requiredKeys = Object.keys(members).filter((name) => required.has(name));
  if (shape.union) {
    const one = Object.entries(members).map(([name, member]) => member.map((value) => ({ [name]: value })));
    return one.length === 0 ? undefined : fc.oneof(...one);
  }
  return fc.record(members, { requiredKeys, noNullPrototype: true });
}

function fits(shape: ShapeFacts, text: string): boolean {
  if (text.length < (shape.min ?? 0) || text.length > (shape.max ?? Infinity)) return false;
  return shape.pattern === undefined || compilePattern(shape.pattern)?.test(text) === true;
}

/** Every single way in which this valid input can be broken. */
export function breakages(model: ServiceModel, shapeName: string, input: unknown): readonly Breakage[] {
  return broken(model, shapeName, { value: input, path: [] });
}

function broken(
  model: ServiceModel,
  shapeName: string,
  { value, path }: { readonly value: unknown; readonly path: Breakage['path'] }
): readonly Breakage[] {
  const shape = shapeOf(model, shapeName);
  const here = (kind: Breakage['kind'], worse: unknown): Breakage => ({ kind, path, value: worse });
  const found: Breakage[] = path.length === 0 ? [] : [here('wrong type', wrongTypeFor(shape))];
  const { min, max } = shape;
  if (shape.type === 'structure' && isRecord(value)) {
    for (const [name, member] of Object.entries(shape.members ?? {})) {
      if (value[name] === undefined) continue;
      if (shape.required?.includes(name)) found.push({ kind: 'missing', path: [...path, name], value: undefined });
      found.push(...broken(model, memberShapeName(member), { value: value[name], path: [...path, name] }));
    }
  } else if (shape.type === 'list' && Array.isArray(value)) {
    if (max !== undefined && max < 100 && value.length > 0)
      found.push(
        here(
          'too many',
          Array.from({ length: max + 1 }, () => value[0] as unknown)
        )
      );
    if (value.length > 0) found.push(...broken(model, shape.member ?? '', { value: value[0], path: [...path, 0] }));
  } else if (shape.type === 'string') {
    if (shape.enum) found.push(here('not in the enum', 'NoSuchValue'));
    if (max !== undefined && max < MAX_MADE) found.push(here('too long', 'a'.repeat(max + 1)));
    const odd = shape.pattern === undefined ? undefined : ODD_TEXTS.find((text) => !fits({ ...shape, min: 0 }, text));
    if (odd !== undefined && !shape.enum) found.push(here('bad pattern', odd));
  } else if (['integer', 'long', 'float', 'double'].includes(shape.type)) {
    if (max !== undefined && max < Number.MAX_SAFE_INTEGER) found.push(here('out of range', max + 1));
    if (min !== undefined) found.push(here('out of range', min - 1));
  }
  return found;
}

function wrongTypeFor(shape: ShapeFacts): unknown {
  switch (shape.type) {
    case 'structure':
    case 'map':
    case 'boolean':
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
      return 'text';
    case 'list':
      return { key: 'value' };
    case 'string':
    case 'blob':
      return 7;
    case 'timestamp':
      return [];
  }
}

/** The input with one breakage in it. */
export function breakInput(input: unknown, { path, value }: Breakage): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const deeper = (inner: unknown) =>
    rest.length === 0 ? value : breakInput(inner, { kind: 'missing', path: rest, value });
  if (Array.isArray(input)) return input.map((item: unknown, index) => (index === step ? deeper(item) : item));
  return isRecord(input) ? { ...input, [step]: deeper(input[step]) } : input;
}
