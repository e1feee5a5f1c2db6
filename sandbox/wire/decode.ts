import { serializationException } from './errors';
import type { ServiceModel } from './model';
import { memberShapeName, shapeOf } from './model';

/** What the JSON wire can carry. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Turns a JSON body into the operation's input: members the model does not know are dropped, `null` means absent, timestamps
 * become dates. Throws SerializationException when a value has the wrong type; limits are the validator's business.
 */
export function decodeInput(model: ServiceModel, shapeName: string, body: Buffer): unknown {
  return decode(model, shapeName, parse(body));
}

function parse(body: Buffer): Json {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8')) as Json;
  } catch {
    throw serializationException('Unable to parse the request body as JSON.');
  }
}

function decode(model: ServiceModel, shapeName: string, value: Json): unknown {
  const shape = shapeOf(model, shapeName);
  switch (shape.type) {
    case 'structure': {
      if (!isObject(value)) throw unexpected(value, 'a structure');
      const out: Record<string, unknown> = {};
      for (const [name, member] of Object.entries(shape.members ?? {})) {
        const raw = Object.hasOwn(value, name) ? value[name] : undefined;
        if (raw !== undefined && raw !== null) out[name] = decode(model, memberShapeName(member), raw);
      }
      return out;
    }
    case 'list': {
      if (!Array.isArray(value)) throw unexpected(value, 'a list');
      // A null element stays absent, so that the validator can say which one it is.
      return value.map((item: Json) => (item === null ? undefined : decode(model, shape.member ?? '', item)));
    }
    case 'map': {
      if (!isObject(value)) throw unexpected(value, 'a map');
      const entries = Object.entries(value).filter(([, item]) => item !== null);
      return Object.fromEntries(entries.map(([key, item]) => [key, decode(model, shape.value ?? '', item)]));
    }
    case 'string':
    case 'blob':
      if (typeof value === 'string') return value;
      throw unexpected(value, 'a String');
    case 'integer':
    case 'long':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
      throw unexpected(value, shape.type === 'integer' ? 'an Integer' : 'a Long');
    case 'float':
    case 'double':
      if (typeof value === 'number') return value;
      throw unexpected(value, shape.type === 'float' ? 'a Float' : 'a Double');
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw unexpected(value, 'a Boolean');
    case 'timestamp':
      return decodeTimestamp(value);
  }
}

function decodeTimestamp(value: Json): Date {
  const date =
    typeof value === 'number' ? new Date(value * 1000) : typeof value === 'string' ? new Date(value) : undefined;
  if (!date || Number.isNaN(date.getTime())) throw unexpected(value, 'a Timestamp');
  return date;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unexpected(value: Json, wanted: string) {
  if (Array.isArray(value)) return serializationException('Start of list found where not expected.');
  if (isObject(value)) return serializationException('Start of structure or map found where not expected.');
  if (wanted === 'a list' || wanted === 'a structure' || wanted === 'a map')
    return serializationException('Unexpected token received from parser.');
  const found =
    typeof value === 'number'
      ? 'NUMBER_VALUE'
      : typeof value === 'string'
        ? 'STRING_VALUE'
        : `${JSON.stringify(value).toUpperCase()}_VALUE`;
  return serializationException(`${found} can not be converted to ${wanted}.`);
}
