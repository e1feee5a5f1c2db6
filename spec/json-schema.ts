import { z } from 'zod';
import { rolloutFile } from './schema';

/** JSON Schema (draft 7, which editors know best), as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The rollout file as JSON Schema, for completion and checks in editors. It knows keys, forms and defaults; what depends on
 * several places of the file (`compat.ts`) it cannot say.
 */
export function rolloutFileJsonSchema(): JsonSchema {
  const schema: JsonSchema = { ...z.toJSONSchema(rolloutFile(), { io: 'input', target: 'draft-07' }) };
  return schema;
}
