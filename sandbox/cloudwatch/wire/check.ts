import type { NormalizedSchema } from '@smithy/core/schema';
import { CloudWatchError } from '../errors';

/**
 * Checks that a decoded input has the types of the model; the SDK's codecs pass wrong ones through.
 * Throws SerializationException naming the member.
 */
export function checkTypes(schema: NormalizedSchema, value: unknown, path = 'the body'): void {
  if (schema.isStructSchema()) {
    const members = recordOf(value, path);
    for (const [name, member] of schema.structIterator()) {
      const part = members.get(name);
      if (part !== undefined && part !== null) checkTypes(member, part, name);
    }
  } else if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw wrong(path, 'a list');
    for (const item of value) checkTypes(schema.getValueSchema(), item, path);
  } else if (schema.isMapSchema()) {
    for (const item of recordOf(value, path).values()) checkTypes(schema.getValueSchema(), item, path);
  } else if (schema.isTimestampSchema()) {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw wrong(path, 'a timestamp');
  } else {
    const type = schema.isStringSchema()
      ? 'string'
      : schema.isBooleanSchema()
        ? 'boolean'
        : schema.isNumericSchema()
          ? 'number'
          : undefined;
    if (type !== undefined && typeof value !== type) throw wrong(path, `a ${type}`);
  }
}

function recordOf(value: unknown, path: string): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'a structure');
  return new Map(Object.entries(value));
}

function wrong(path: string, wanted: string): CloudWatchError {
  return new CloudWatchError('SerializationException', `The value of ${path} must be ${wanted}.`);
}
