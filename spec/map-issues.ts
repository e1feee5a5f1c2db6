import type { Finding, Repair } from './finding';
import type { Complaint, Path } from './problem';
import type { OneOf } from './scalar';
import { isRecord } from './is-record';
import { keysAt, kindsAt, requiredAt } from './shape';
import type { Misplaced } from './word-or-map';
import { addition, describe, nameOf } from './words';

/** A map or list is missing, empty of value, or something else stands there. */
export function wrongShape(
  path: Path,
  at: { readonly found: unknown; readonly root: unknown },
  expected: string
): Finding {
  const { found, root } = at;
  const isMap = expected === 'object' || expected === 'record';
  const example = isMap ? exampleMap(path, root) : '[ … ]';
  const repairs: readonly Repair[] = [{ kind: 'set', path, yaml: isMap ? '{}' : '[]' }];
  const facts = { path, found: describe(found), allowed: isMap ? allowedMap(path, root) : 'a list' };
  const name = nameOf(path);
  if (path.length === 0) {
    const message = found === null ? 'The file is empty.' : `The file is not a map of keys, it is ${describe(found)}.`;
    const remedy = 'Begin with `endpoint: <name>`, `capture: { to: s3://… }` and a list of `candidates`.';
    return { complaint: { ...facts, about: 'value', message, remedy }, repairs };
  }
  if (found === undefined) {
    const complaint = {
      ...facts,
      about: 'missing',
      message: `${name} is missing.`,
      remedy: addition(path, example),
    } as const;
    return { complaint, repairs, wants: [path] };
  }
  const remedy = isMap ? mapRemedy(path, { ...at, example }) : 'Begin each item with `- `.';
  const message = found === null ? `${name} has no value.` : `${name} is not ${isMap ? 'a map' : 'a list'}.`;
  return { complaint: { ...facts, about: found === null ? 'key' : 'value', message, remedy }, repairs };
}

/** A list that needs an item has none. */
export function emptyList(path: Path): Finding {
  const complaint: Complaint = {
    path,
    about: 'value',
    found: 'an empty list',
    allowed: 'a list of one or more',
    message: `${nameOf(path)} is empty.`,
    remedy: 'Add an item.',
  };
  return { complaint, repairs: [{ kind: 'set', path: [...path, 0], yaml: '{}' }] };
}

/** Of keys that exclude each other, none is there, or more than one. */
export function notExactlyOne({ keys, example }: OneOf, path: Path, found: unknown): Finding {
  const present = keys.filter((key) => isRecord(found) && Object.hasOwn(found, key));
  const [first = '', second] = present;
  const allowed = `exactly one of ${keys.join(', ')}`;
  if (second !== undefined) {
    const extra = [...path, second];
    const isStage = path[0] === 'stages' && typeof path.at(-1) === 'number';
    const complaint: Complaint = {
      path: extra,
      about: 'key',
      found: present.join(' and '),
      allowed,
      message: `${nameOf(path)} has both \`${first}\` and \`${second}\`.`,
      remedy: isStage ? `Begin a new item with \`- ${second}:\`.` : 'Keep one of them.',
    };
    return { complaint, repairs: [{ kind: 'remove', path: extra }] };
  }
  const named = keys.map((key) => `\`${key}\``);
  const complaint: Complaint = {
    path,
    about: 'key',
    found: keys.length === 2 ? 'neither' : 'none of them',
    allowed,
    message: `${nameOf(path)} needs ${[named.slice(0, -1).join(', '), ...named.slice(-1)].join(' or ')}.`,
    remedy: `Write for example \`${keys[0]}: ${example}\`.`,
  };
  const wants = keys.map((key) => [...path, key]);
  return { complaint, repairs: [{ kind: 'set', path: [...path, keys[0] ?? ''], yaml: example }], wants };
}

/** A key that does not go with the other keys of its map. */
export function misplacedKey({ because, remedy, allowed }: Misplaced, path: Path): Finding {
  const key = String(path.at(-1));
  const message = `\`${key}\` in ${nameOf(path.slice(0, -1))} ${because}.`;
  const complaint: Complaint = { path, about: 'key', found: key, allowed, message, remedy };
  return { complaint, repairs: [{ kind: 'remove', path }] };
}

function allowedMap(path: Path, root: unknown): string {
  const keys = keysAt(path, root);
  return keys.length === 0 ? 'a map' : `a map with ${keys.join(', ')}`;
}

function exampleMap(path: Path, root: unknown): string {
  const required = requiredAt(path, root).map((key) => `${key}: …`);
  return required.length === 0 ? '{}' : `{ ${required.join(', ')} }`;
}

function mapRemedy(
  path: Path,
  { found, root, example }: { readonly found: unknown; readonly root: unknown; readonly example: string }
): string {
  const key = path.at(-1);
  if (typeof key === 'string') return `Write \`${key}: ${example}\`, or indented lines below it.`;
  const [kind] = kindsAt(path);
  if (kind !== undefined) return `Write \`- kind: ${kind}\`, and below it what differs from the defaults.`;
  const isBareStage = path[0] === 'stages' && typeof found === 'string' && keysAt(path, root).includes(found);
  return isBareStage
    ? `Write \`- ${found}: {}\`.`
    : `Write \`- key: value\` with the keys ${keysAt(path, root).join(', ')}.`;
}
