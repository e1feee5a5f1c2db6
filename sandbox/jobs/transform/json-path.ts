/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly start: number | undefined; readonly end: number | undefined }
  | { readonly kind: 'all' };

/** A path of the subset that batch transform takes. */
export interface JsonPath {
  readonly text: string;
  /** The root itself: nothing is filtered. */
  readonly isRoot: boolean;
  readonly steps: readonly Step[];
}

/**
 * Reads `$`, `.name`, `.*`, `['a','b']`, `[1,3,-1]`, `[2:5]` (and `.[…]`). `undefined` for anything else. (SageMaker Developer Guide, "Associate
 * Prediction Results with Input Records".)
 */
export function parseJsonPath(text: string, sliceEnd: 'exclusive' | 'inclusive' = 'exclusive'): JsonPath | undefined {
  if (!text.startsWith('$')) return undefined;
  const steps: Step[] = [];
  let rest = text.slice(1);
  while (rest !== '') {
    const taken = nextStep(rest);
    if (!taken) return undefined;
    steps.push(taken.step);
    rest = rest.slice(taken.length);
  }
  const meant = steps.map((step) => (step.kind === 'slice' && sliceEnd === 'inclusive' ? inclusive(step) : step));
  return { text, isRoot: steps.length === 0, steps: meant };
}

function nextStep(rest: string): { readonly step: Step; readonly length: number } | undefined {
  const [dotted = '', name = ''] = /^\.([^.[\]'*]+|\*)/.exec(rest) ?? [];
  if (dotted !== '') return { step: name === '*' ? { kind: 'all' } : { kind: 'name', name }, length: dotted.length };
  const [whole = '', inner = ''] = /^\.?\[((?:'[^']*'|[^\]'])*)\]/.exec(rest) ?? [];
  const step = whole === '' ? undefined : bracketStep(inner.trim());
  return step && { step, length: whole.length };
}

function bracketStep(inner: string): Step | undefined {
  if (inner === '*') return { kind: 'all' };
  const [isSlice, start = '', end = ''] = /^(-?\d*)\s*:\s*(-?\d*)$/.exec(inner) ?? [];
  if (isSlice !== undefined && start !== '-' && end !== '-')
    return { kind: 'slice', start: numberOf(start), end: numberOf(end) };
  if (/^-?\d+(\s*,\s*-?\d+)*$/.test(inner)) {
    const indexes = inner.split(',').map(Number);
    const [index] = indexes;
    return indexes.length === 1 && index !== undefined ? { kind: 'index', index } : { kind: 'indexes', indexes };
  }
  if (!/^'[^']*'(\s*,\s*'[^']*')*$/.test(inner)) return undefined;
  const names = [...inner.matchAll(/'([^']*)'/g)].map(([, name = '']) => name);
  const [name] = names;
  return names.length === 1 && name !== undefined ? { kind: 'name', name } : { kind: 'names', names };
}

/** The element at the end belongs to the slice: the one before the next. The last of all needs no end. */
function inclusive(step: Extract<Step, { readonly kind: 'slice' }>): Step {
  return { ...step, end: step.end === undefined || step.end === -1 ? undefined : step.end + 1 };
}

function numberOf(text: string): number | undefined {
  return text === '' ? undefined : Number(text);
}

/**
 * What a path leads to; `undefined` when it leads nowhere. Several names give an object of those that are there, several indexes and a
 * slice a list; a step after a wildcard is taken in each of its elements.
 */
export function select({ steps }: JsonPath, root: JsonValue): JsonValue | undefined {
  return walk(steps, root);
}

function walk(steps: readonly Step[], value: JsonValue): JsonValue | undefined {
  const [step, ...rest] = steps;
  if (!step) return value;
  switch (step.kind) {
    case 'name': {
      const child = isObject(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined;
      return child === undefined ? undefined : walk(rest, child);
    }
    case 'names': {
      if (!isObject(value)) return undefined;
      const entries = step.names.flatMap((name) => {
        const child = Object.hasOwn(value, name) ? value[name] : undefined;
        return child === undefined ? [] : [[name, child] as const];
      });
      return entries.length === 0 ? undefined : walk(rest, Object.fromEntries(entries));
    }
    case 'index': {
      const child = Array.isArray(value) ? at(value, step.index) : undefined;
      return child === undefined ? undefined : walk(rest, child);
    }
    case 'indexes': {
      if (!Array.isArray(value)) return undefined;
      const list: readonly JsonValue[] = value;
      const children = step.indexes.flatMap((index) => wrapped(at(list, index)));
      return children.length < step.indexes.length ? undefined : walk(rest, children);
    }
    case 'slice':
      return Array.isArray(value) ? walk(rest, value.slice(step.start, step.end)) : undefined;
    case 'all': {
      const children: readonly JsonValue[] | undefined = Array.isArray(value)
        ? value
        : isObject(value)
          ? Object.values(value)
          : undefined;
      return children?.flatMap((child) => wrapped(walk(rest, child)));
    }
  }
}

/** For flatMap: a list that is an element stays one. */
function wrapped(value: JsonValue | undefined): readonly JsonValue[] {
  return value === undefined ? [] : [value];
}

/** From the end when negative. */
function at(list: readonly JsonValue[], index: number): JsonValue | undefined {
  return list[index < 0 ? list.length + index : index];
}

export function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
