import { parse } from 'yaml';
import type { Repair } from './finding';
import type { Path } from './problem';
import { isRecord } from './is-record';

type Container = Record<string, unknown> | unknown[];

/** A copy of plain data in which nothing is shared, with the repairs made. A repair whose place is gone is passed over. */
export function repaired(root: unknown, repairs: readonly Repair[]): unknown {
  const holder: { root: unknown } = { root: copy(root) };
  for (const repair of repairs) apply(holder, repair);
  return holder.root;
}

function apply(holder: { root: unknown }, repair: Repair): void {
  const last = repair.path.at(-1);
  if (last === undefined) {
    if (repair.kind === 'set') holder.root = parse(repair.yaml);
    return;
  }
  const above = repair.path.slice(0, -1);
  const parent = containerAt(holder.root, above) ?? (repair.kind === 'set' ? opened(holder.root, above) : undefined);
  if (parent === undefined) return;
  switch (repair.kind) {
    case 'set':
      Reflect.set(parent, last, parse(repair.yaml));
      return;
    case 'remove':
      Reflect.deleteProperty(parent, last);
      return;
    case 'move':
      move(holder.root, repair);
  }
}

function move(root: unknown, { path, to }: Extract<Repair, { kind: 'move' }>): void {
  const [from, target] = [
    containerAt(root, path.slice(0, -1)),
    containerAt(root, to.slice(0, -1)) ?? opened(root, to.slice(0, -1)),
  ];
  const [key, newKey] = [path.at(-1), to.at(-1)];
  if (from === undefined || target === undefined || key === undefined || newKey === undefined) return;
  if (!Object.hasOwn(from, key) || Object.hasOwn(target, newKey)) return;
  Reflect.set(target, newKey, Reflect.get(from, key));
  Reflect.deleteProperty(from, key);
}

/** A key without a value, or one that is missing where a default would stand (`aws` for `aws.role`), becomes a map. */
function opened(root: unknown, path: Path): Container | undefined {
  const [parent, key] = [containerAt(root, path.slice(0, -1)), path.at(-1)];
  if (parent === undefined || key === undefined || (Reflect.get(parent, key) ?? null) !== null) return undefined;
  const map = {};
  Reflect.set(parent, key, map);
  return map;
}

function containerAt(root: unknown, path: Path): Container | undefined {
  const value = path.reduce<unknown>(
    (inner, part) => (isContainer(inner) ? Reflect.get(inner, part) : undefined),
    root
  );
  return isContainer(value) ? value : undefined;
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)])) : value;
}
