'use strict';

// Changes requests before a model and answers after it, by a declarative definition. The gateway loads this very file, and the artifact of
// the transform container carries it: there is one implementation, so the two cannot drift apart. Node only, no package, no clock.

const MARKS = /<[^>]*>/g;

const CLEANERS = {
  trim: (text) => text.trim(),
  lowerCase: (text) => text.toLowerCase(),
  collapseSpaces: (text) => text.replace(/\s+/gu, ' '),
  stripTags: (text) => text.replace(MARKS, ' '),
  normalize: (text) => text.normalize('NFC'),
};

const TYPES = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: (value) => isObject(value),
};

/** Each step by its first key: its other keys, whether they are needed, and how they must look. */
const STEPS = {
  require: {
    type: { isNeeded: true, isValid: (v) => Object.hasOwn(TYPES, v), allowed: Object.keys(TYPES).join(', ') },
  },
  rename: { to: { isNeeded: true, isValid: isKey, allowed: 'a key' } },
  drop: {},
  set: { value: { isNeeded: true, isValid: (v) => v !== undefined, allowed: 'a JSON value' } },
  clean: {
    how: {
      isNeeded: true,
      isValid: (v) => Array.isArray(v) && v.length > 0 && v.every((name) => Object.hasOwn(CLEANERS, name)),
      allowed: `a list of ${Object.keys(CLEANERS).join(', ')}`,
    },
  },
  map: {
    values: { isNeeded: true, isValid: isObject, allowed: 'a table of values' },
    otherwise: { isNeeded: false, isValid: (v) => v !== undefined, allowed: 'a JSON value' },
  },
  wrap: {},
  unwrap: {},
};

/** A request or an answer that cannot be changed as the definition says; `status` is what a server answers. */
class TransformError extends Error {
  constructor(status, message) {
    super(message);
    this.name = 'TransformError';
    this.status = status;
  }
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isKey(key) {
  return typeof key === 'string' && /^[A-Za-z_][\w-]*$/.test(key) && key !== '__proto__';
}

/** `instances[*].text` as ['instances', '*', 'text'], or null when it is no path. `[0]` is a place in a list, `[*]` all of them. */
function parsePath(path) {
  if (typeof path !== 'string') return null;
  const parts = path.match(/[^.[\]]+|\[(?:\*|\d+)\]/g) ?? [];
  const keys = parts.map((part) => {
    if (!part.startsWith('[')) return part;
    return part === '[*]' ? '*' : Number(part.slice(1, -1));
  });
  const written = parts.reduce((text, part) => text + (text === '' || part.startsWith('[') ? part : `.${part}`), '');
  const isPath =
    keys.length > 0 && written === path && keys.every((k) => k === '*' || typeof k === 'number' || isKey(k));
  return isPath ? keys : null;
}

/** Calls `visit(holder, key)` at every place that the path leads to; places that are not there are passed over. */
function at(root, keys, visit) {
  const [key, ...rest] = keys;
  const places = key === '*' ? (Array.isArray(root.value) ? root.value.keys() : []) : [key];
  for (const place of places) {
    const holder = root.value;
    const fits = typeof place === 'number' ? Array.isArray(holder) : isObject(holder);
    if (!fits) continue;
    if (rest.length === 0) visit(holder, place);
    else if (Object.hasOwn(holder, place)) at({ value: holder[place] }, rest, visit);
  }
}

function existing(root, keys, visit) {
  at(root, keys, (holder, key) => {
    if (Object.hasOwn(holder, key)) visit(holder, key);
  });
}

const APPLY = {
  require(root, keys, { require: path, type }) {
    let found = 0;
    at(root, keys, (holder, key) => {
      if (!Object.hasOwn(holder, key) || !TYPES[type](holder[key]))
        throw new TransformError(0, `${path} must be: ${type}.`);
      found++;
    });
    if (found === 0) throw new TransformError(0, `${path} is missing.`);
  },
  rename(root, keys, { to }) {
    existing(root, keys, (holder, key) => {
      // Rebuilt, so that the key keeps its place: equal input must give equal bytes.
      const entries = Object.entries(holder).filter(([name]) => name !== to || name === key);
      for (const name of Object.keys(holder)) delete holder[name];
      for (const [name, value] of entries) holder[name === key ? to : name] = value;
    });
  },
  drop(root, keys) {
    existing(root, keys, (holder, key) => {
      if (Array.isArray(holder)) holder.splice(key, 1);
      else delete holder[key];
    });
  },
  set(root, keys, { value }) {
    at(root, keys, (holder, key) => (holder[key] = JSON.parse(JSON.stringify(value))));
  },
  clean(root, keys, { how }) {
    existing(root, keys, (holder, key) => {
      if (typeof holder[key] !== 'string') return;
      holder[key] = how.reduce((text, name) => CLEANERS[name](text), holder[key]);
    });
  },
  map(root, keys, { map: path, values, otherwise }) {
    existing(root, keys, (holder, key) => {
      const name = typeof holder[key] === 'string' ? holder[key] : JSON.stringify(holder[key]);
      if (Object.hasOwn(values, name)) holder[key] = values[name];
      else if (otherwise !== undefined) holder[key] = otherwise;
      else throw new TransformError(0, `${path} is ${name}, for which there is no value.`);
    });
  },
  wrap(root, keys) {
    root.value = { [keys[0]]: root.value };
  },
  unwrap(root, keys, { unwrap: path }) {
    let found = false;
    existing(root, keys, (holder, key) => {
      root.value = holder[key];
      found = true;
    });
    if (!found) throw new TransformError(0, `${path} is missing.`);
  },
};

function problemsOfStep(step, where) {
  if (!isObject(step)) return [`${where} is no step`];
  const kind = Object.keys(step).find((key) => Object.hasOwn(STEPS, key));
  if (kind === undefined) return [`${where} is none of ${Object.keys(STEPS).join(', ')}`];
  const settings = STEPS[kind];
  const keys = parsePath(step[kind]);
  const isSingle = kind !== 'wrap' || (keys?.length === 1 && isKey(keys[0]));
  const isOne = kind !== 'unwrap' || !keys?.includes('*');
  const isNamed = !['rename', 'drop'].includes(kind) || keys?.at(-1) !== '*';
  return [
    ...(keys && isSingle && isOne && isNamed
      ? []
      : [`${where}.${kind} is no path for it: ${JSON.stringify(step[kind])}`]),
    ...Object.keys(step)
      .filter((key) => key !== kind && !Object.hasOwn(settings, key))
      .map((key) => `${where} has an unknown key ${key}`),
    ...Object.entries(settings)
      .filter(([key, { isNeeded, isValid }]) => (key in step ? !isValid(step[key]) : isNeeded))
      .map(([key, { allowed }]) => `${where}.${key} must be ${allowed}`),
  ];
}

function problemsOf(definition) {
  if (!isObject(definition)) return ['it is no object'];
  const sides = ['request', 'response'];
  return [
    ...(definition.version === 1 ? [] : [`version is ${JSON.stringify(definition.version)}, not 1`]),
    ...Object.keys(definition)
      .filter((key) => key !== 'version' && !sides.includes(key))
      .map((key) => `${key} is unknown`),
    ...sides.flatMap((side) => {
      const steps = definition[side] ?? [];
      if (!Array.isArray(steps)) return [`${side} is no list of steps`];
      return steps.flatMap((step, i) => problemsOfStep(step, `${side}[${i}]`));
    }),
  ];
}

function compileSide(steps, { status }) {
  const compiled = steps.map((step) => {
    const kind = Object.keys(step).find((key) => Object.hasOwn(STEPS, key));
    const keys = parsePath(step[kind]);
    return (root) => APPLY[kind](root, keys, step);
  });
  return ({ body, contentType }) => {
    if (compiled.length === 0) return { body: Buffer.from(body), contentType };
    if (!/^application\/json\b/i.test(contentType)) {
      throw new TransformError(status.type, `Content type ${contentType} is not application/json.`);
    }
    const root = { value: parsed(body, status.data) };
    for (const apply of compiled) {
      try {
        apply(root);
      } catch (error) {
        throw error instanceof TransformError ? new TransformError(status.data, error.message) : error;
      }
    }
    return { body: Buffer.from(JSON.stringify(root.value)), contentType: 'application/json' };
  };
}

function parsed(body, status) {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw new TransformError(status, 'The body is not JSON.');
  }
}

/**
 * @returns {{ request: Function, response: Function }} each from `{ body, contentType }` to the same, as new bytes
 * @throws {Error} on a definition with mistakes, naming all of them
 */
function compileTransforms(definition) {
  const problems = problemsOf(definition);
  if (problems.length > 0) throw new Error(`The transforms cannot be used: ${problems.join('; ')}.`);
  return {
    // A bad request is the caller's fault, a bad answer is ours.
    request: compileSide(definition.request ?? [], { status: { data: 400, type: 415 } }),
    response: compileSide(definition.response ?? [], { status: { data: 500, type: 500 } }),
  };
}

/** What a server answers, and what the gateway returns, for a `TransformError`. */
function errorBody(error) {
  return Buffer.from(JSON.stringify({ error: error.message }));
}

module.exports = { compileTransforms, TransformError, errorBody };
