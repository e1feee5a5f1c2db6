/**
 * Reading what was thrown by its shape. `instanceof Error` is false for errors of another realm, which is where jest keeps
 * Node's own, and where a V8 context keeps a workflow's.
 */

function property(thrown: unknown, name: 'message' | 'code' | 'cause' | 'name'): unknown {
  return typeof thrown === 'object' && thrown !== null && name in thrown ? Reflect.get(thrown, name) : undefined;
}

/** A system error's code, such as `ENOENT`. */
export function codeOf(thrown: unknown): string | undefined {
  const code = property(thrown, 'code');
  return typeof code === 'string' ? code : undefined;
}

export function causeOf(thrown: unknown): unknown {
  return property(thrown, 'cause');
}

/** One line for people. An aggregate without words of its own speaks by its parts; the rest by message, code, or name. */
export function messageOf(thrown: unknown): string {
  const message = property(thrown, 'message');
  if (typeof message === 'string' && message !== '') return message;
  const parts = typeof thrown === 'object' && thrown !== null && 'errors' in thrown ? thrown.errors : undefined;
  if (Array.isArray(parts) && parts.length > 0) return parts.map(messageOf).join('; ');
  return codeOf(thrown) ?? (message === undefined ? String(thrown) : String(property(thrown, 'name')));
}
