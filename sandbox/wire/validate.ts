import type { ServiceModel, ShapeFacts } from './model';
import { memberShapeName, shapeOf } from './model';
import { compilePattern } from './patterns';

/** Longest value that a pattern without a length limit is run on: some of AWS's patterns are quadratic. */
const PATTERN_LIMIT_CHARS = 4096;

/**
 * Checks a decoded value against the model's limits and returns AWS-style sentences, one per violation, in member order.
 * An empty list means valid.
 */
export function violations(model: ServiceModel, shapeName: string, value: unknown): readonly string[] {
  const found: string[] = [];
  check({ model, found, shapeName, value, path: '' });
  return found;
}

/** AWS reports all violations of a request at once, in one message. */
export function violationMessage(found: readonly string[]): string {
  return `${found.length} validation error${found.length === 1 ? '' : 's'} detected: ${found.join('; ')}`;
}

interface Check {
  readonly model: ServiceModel;
  readonly found: string[];
  readonly shapeName: string;
  readonly value: unknown;
  readonly path: string;
}

function check({ model, found, shapeName, value, path }: Check): void {
  const shape = shapeOf(model, shapeName);
  switch (shape.type) {
    case 'structure': {
      const source: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
      const required = new Set(shape.required);
      for (const [name, member] of Object.entries(shape.members ?? {})) {
        const at = path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`;
        if (source[name] !== undefined)
          check({ model, found, shapeName: memberShapeName(member), value: source[name], path: at });
        else if (required.has(name))
          found.push(`Value null at '${at}' failed to satisfy constraint: Member must not be null`);
      }
      return;
    }
    case 'list': {
      const items: readonly unknown[] = Array.isArray(value) ? value : [];
      report(found, { path, value: `[${items.map(show).join(', ')}]`, failures: lengthFailures(shape, items.length) });
      checkItems({ model, found, path, items, itemShape: shape.member ?? '' });
      return;
    }
    case 'map': {
      const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
      const shown = `{${entries.map(([key, item]) => `${key}=${show(item)}`).join(', ')}}`;
      report(found, { path, value: shown, failures: lengthFailures(shape, entries.length) });
      const keys = entries.flatMap(([key]) => scalarFailures(shapeOf(model, shape.key ?? ''), key));
      if (keys.length > 0)
        report(found, { path, value: shown, failures: [`Map keys must satisfy constraint: [${unique(keys)}]`] });
      const valueShape = shapeOf(model, shape.value ?? '');
      const values = isScalar(valueShape) ? entries.flatMap(([, item]) => scalarFailures(valueShape, item)) : [];
      if (values.length > 0)
        report(found, { path, value: shown, failures: [`Map value must satisfy constraint: [${unique(values)}]`] });
      if (!isScalar(valueShape))
        for (const [key, item] of entries)
          check({ model, found, shapeName: shape.value ?? '', value: item, path: `${path}.${key}.member` });
      return;
    }
    default:
      report(found, { path, value: show(value), failures: scalarFailures(shape, value) });
  }
}

function checkItems(list: {
  readonly model: ServiceModel;
  readonly found: string[];
  readonly path: string;
  readonly items: readonly unknown[];
  readonly itemShape: string;
}): void {
  const { model, found, path, items } = list;
  const shape = shapeOf(model, list.itemShape);
  items.forEach((item, index) => {
    const at = `${path}.${index + 1}.member`;
    if (item === undefined) found.push(`Value null at '${at}' failed to satisfy constraint: Member must not be null`);
    else if (!isScalar(shape)) check({ model, found, shapeName: list.itemShape, value: item, path: at });
  });
  if (!isScalar(shape)) return;
  const failures = items.flatMap((item) => (item === undefined ? [] : scalarFailures(shape, item)));
  const value = `[${items.map(show).join(', ')}]`;
  if (failures.length > 0)
    report(found, { path, value, failures: [`Member must satisfy constraint: [${unique(failures)}]`] });
}

function report(
  found: string[],
  violation: { readonly path: string; readonly value: string; readonly failures: readonly string[] }
): void {
  for (const failure of violation.failures)
    found.push(`Value '${violation.value}' at '${violation.path}' failed to satisfy constraint: ${failure}`);
}

function scalarFailures(shape: ShapeFacts, value: unknown): readonly string[] {
  if (typeof value === 'number') return rangeFailures(shape, value);
  if (typeof value !== 'string') return [];
  const failures: string[] = [];
  if (shape.enum && !shape.enum.includes(value))
    failures.push(`Member must satisfy enum value set: [${shape.enum.join(', ')}]`);
  failures.push(...lengthFailures(shape, [...value].length));
  const pattern =
    shape.pattern !== undefined && value.length <= Math.max(shape.max ?? 0, PATTERN_LIMIT_CHARS)
      ? compilePattern(shape.pattern)
      : undefined;
  if (pattern && !pattern.test(value))
    failures.push(`Member must satisfy regular expression pattern: ${shape.pattern}`);
  return failures;
}

function lengthFailures(shape: ShapeFacts, length: number): readonly string[] {
  if (shape.max !== undefined && length > shape.max)
    return [`Member must have length less than or equal to ${shape.max}`];
  if (shape.min !== undefined && length < shape.min)
    return [`Member must have length greater than or equal to ${shape.min}`];
  return [];
}

function rangeFailures(shape: ShapeFacts, value: number): readonly string[] {
  if (shape.max !== undefined && value > shape.max)
    return [`Member must have value less than or equal to ${shape.max}`];
  if (shape.min !== undefined && value < shape.min)
    return [`Member must have value greater than or equal to ${shape.min}`];
  return [];
}

function isScalar(shape: ShapeFacts): boolean {
  return shape.type !== 'structure' && shape.type !== 'list' && shape.type !== 'map';
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function unique(failures: readonly string[]): string {
  return [...new Set(failures)].join(', ');
}

/** Values are echoed as AWS does, shortened: a request of megabytes must not come back whole. */
function show(value: unknown): string {
  if (value === undefined) return 'null';
  const text = typeof value === 'string' ? value : value instanceof Date ? value.toISOString() : JSON.stringify(value);
  return text.length > 2048 ? `${text.slice(0, 2048)}...` : text;
}
