import type { ServiceModel } from './model';
import { memberShapeName, shapeOf } from './model';

/** Writes an operation's output as awsJson: members outside the model and absent ones are left out, dates become epoch seconds. */
export function encodeOutput(model: ServiceModel, shapeName: string | undefined, value: unknown): string {
  return shapeName === undefined ? '{}' : JSON.stringify(encode(model, shapeName, value));
}

function encode(model: ServiceModel, shapeName: string, value: unknown): unknown {
  const shape = shapeOf(model, shapeName);
  switch (shape.type) {
    case 'structure': {
      const source = asRecord(value);
      const out: Record<string, unknown> = {};
      for (const [name, member] of Object.entries(shape.members ?? {})) {
        const item = source[name];
        if (item !== undefined && item !== null) out[name] = encode(model, memberShapeName(member), item);
      }
      return out;
    }
    case 'list':
      return Array.isArray(value) ? value.map((item: unknown) => encode(model, shape.member ?? '', item)) : [];
    case 'map':
      return Object.fromEntries(
        Object.entries(asRecord(value)).map(([key, item]) => [key, encode(model, shape.value ?? '', item)])
      );
    case 'timestamp':
      return value instanceof Date ? value.getTime() / 1000 : value;
    default:
      return value;
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
