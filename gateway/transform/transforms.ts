import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Where something stands in a JSON body: `text`, `instances[*].text`, `predictions[0].label`. */
export type BodyPath = string;

/** One change of a JSON body. Places that are not there are passed over, but for `require` and `unwrap`. */
export type TransformStep =
  /** Refuses a body (400 before the model, 500 after it) without a value of this type there. */
  | { readonly require: BodyPath; readonly type: 'string' | 'number' | 'boolean' | 'array' | 'object' }
  /** Another key for the same value, at the same place. */
  | { readonly rename: BodyPath; readonly to: string }
  | { readonly drop: BodyPath }
  | { readonly set: BodyPath; readonly value: unknown }
  | { readonly clean: BodyPath; readonly how: readonly Cleaning[] }
  /** `{"1": "positive"}`: from the value as JSON, a text without its quotes. A value that is not named is `otherwise`, or refused. */
  | { readonly map: BodyPath; readonly values: Readonly<Record<string, unknown>>; readonly otherwise?: unknown }
  /** The whole body becomes the value of this key. */
  | { readonly wrap: string }
  /** What stands there becomes the whole body. */
  | { readonly unwrap: BodyPath };

export type Cleaning = 'trim' | 'lowerCase' | 'collapseSpaces' | 'stripTags' | 'normalize';

/** What is done to requests before the model and to answers after it: plain JSON, for the gateway and for a pipeline's containers alike. */
export interface TransformDefinition {
  readonly version: 1;
  readonly request?: readonly TransformStep[];
  readonly response?: readonly TransformStep[];
}

export interface TransformBody {
  readonly body: Uint8Array | string;
  readonly contentType: string;
}

export interface Transforms {
  request(given: TransformBody): { readonly body: Buffer; readonly contentType: string };
  response(given: TransformBody): { readonly body: Buffer; readonly contentType: string };
}

interface Engine {
  compileTransforms(definition: unknown): Transforms;
  readonly TransformError: new (...args: never) => Error & { readonly status: number };
  errorBody(error: Error): Buffer;
}

const ENGINE_FILE = path.join(__dirname, 'engine.js');
const engine = createRequire(__filename)(ENGINE_FILE) as Engine;

/** @throws on a definition with mistakes, naming all of them */
export function compileTransforms(definition: TransformDefinition): Transforms {
  return engine.compileTransforms(definition);
}

/** The answer to a body that the definition refuses, the same as a transform container gives; null for any other error. */
export function refusalOf(error: unknown): { readonly status: number; readonly body: Buffer } | null {
  return error instanceof engine.TransformError ? { status: error.status, body: engine.errorBody(error) } : null;
}

/** What a transform container's `model.tar.gz` holds: the definition, and the engine that this process runs, byte for byte. */
export function transformFiles(
  definition: TransformDefinition
): readonly { readonly path: string; readonly content: string }[] {
  compileTransforms(definition);
  return [
    { path: 'transform.json', content: `${JSON.stringify(definition, null, 2)}\n` },
    { path: 'code/transform.js', content: readFileSync(ENGINE_FILE, 'utf8') },
  ];
}
