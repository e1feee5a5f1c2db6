import type { z } from 'zod';
import type { Finding, Repair } from './finding';
import { emptyList, misplacedKey, notExactlyOne, wrongShape } from './map-issues';
import { nearestOf } from './nearest';
import { elsewhere, notYet } from './not-yet';
import type { Path } from './problem';
import type { OneOf, Refusal } from './scalar';
import { withNearest } from './scalar';
import type { Misplaced } from './word-or-map';
import { isRecord } from './is-record';
import { keysAt, kindsAt } from './shape';
import { addition, describe, nameOf, valueAt } from './words';

type Issue = z.core.$ZodIssue;

/** What one zod issue means: sentences made in this one place, from facts. `root` is the value that was checked. */
export function findingsOf(issue: Issue, root: unknown): readonly Finding[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const found = valueAt(root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, root));
    case 'invalid_type':
      return [wrongShape(path, { found, root }, issue.expected)];
    case 'too_small':
      return [emptyList(path)];
    case 'invalid_union':
      // The only unions are told apart by `kind`.
      return [ofKind(path, root)];
    case 'custom':
      return isRecord(issue.params) ? ofParams(issue.params, path, found) : [];
    default:
      return [refused({ what: 'allowed here', allowed: issue.message, example: 'null' }, path, found)];
  }
}

function ofParams(params: Readonly<Record<string, unknown>>, path: Path, found: unknown): readonly Finding[] {
  if (isOneOf(params['oneOf'])) return [notExactlyOne(params['oneOf'], path, found)];
  if (isMisplaced(params['misplaced'])) return [misplacedKey(params['misplaced'], path)];
  return isRefusal(params) ? [refused(params, path, found)] : [];
}

function refused(refusal: Refusal, path: Path, found: unknown): Finding {
  const { what, allowed, example, because, nearest, remedy } = refusal;
  const name = nameOf(path);
  const repairs: readonly Repair[] = [{ kind: 'set', path, yaml: example }];
  const facts = { path, found: describe(found), allowed, ...withNearest(nearest) };
  if (found === undefined && because === undefined) {
    const message = `${name} is missing.`;
    return {
      complaint: { ...facts, about: 'missing', message, remedy: remedy ?? addition(path, example) },
      repairs,
      wants: [path],
    };
  }
  if (found === null) {
    const message = `${name} has no value.`;
    return {
      complaint: { ...facts, about: 'key', message, remedy: remedy ?? `Write for example \`${example}\`.` },
      repairs,
    };
  }
  const message = `${name} is not ${what}${because === undefined ? '' : `: ${because}`}.`;
  const advice = remedy ?? (nearest === undefined ? `Write for example \`${example}\`.` : `Write \`${nearest}\`.`);
  return {
    complaint: { ...facts, about: found === undefined ? 'missing' : 'value', message, remedy: advice },
    repairs,
  };
}

function unknownKey(parent: Path, key: string, root: unknown): Finding {
  const map = valueAt(root, parent);
  const path = [...parent, key];
  const allowedKeys = keysAt(parent, root);
  const where = parent.length === 0 ? 'the rollout file' : nameOf(parent);
  const facts = { path, about: 'key', found: key, allowed: allowedKeys.join(', ') } as const;
  const later = notYet(parent, key);
  if (later !== undefined) {
    const message = `\`${key}\` in ${where} is not available yet in this version.`;
    return { complaint: { ...facts, message, remedy: later }, repairs: [{ kind: 'remove', path }] };
  }
  const instead = elsewhere(parent, key);
  if (instead !== undefined) {
    const message = `\`${key}\` is not a key of ${where}.`;
    return { complaint: { ...facts, message, remedy: instead }, repairs: [{ kind: 'remove', path }] };
  }
  const unused = allowedKeys.filter((known) => !(isRecord(map) && Object.hasOwn(map, known)));
  const nearest = nearestOf(key, unused);
  const message = `\`${key}\` is not a key of ${where}.`;
  if (nearest === undefined) {
    return {
      complaint: { ...facts, message, remedy: 'Remove it, or use an allowed key.' },
      repairs: [{ kind: 'remove', path }],
    };
  }
  return {
    complaint: { ...facts, nearest, message, remedy: `Write \`${nearest}\`.` },
    repairs: [{ kind: 'move', path, to: [...parent, nearest] }],
  };
}

function ofKind(path: Path, root: unknown): Finding {
  const found = valueAt(root, path);
  const parent = path.slice(0, -1);
  const map = valueAt(root, parent);
  const slip = isRecord(map) ? Object.keys(map).find((key) => nearestOf(key, ['kind']) !== undefined) : undefined;
  if (found === undefined && slip !== undefined) return unknownKey(parent, slip, root);
  const kinds = kindsAt(parent);
  const example = kinds[0] ?? '';
  const nearest = typeof found === 'string' ? nearestOf(found, kinds) : undefined;
  const words = {
    what: 'a kind of guard',
    allowed: kinds.join(' | '),
    example: nearest ?? example,
    ...withNearest(nearest),
  };
  const finding = refused(words, path, found);
  const later = typeof found === 'string' ? notYet(path, found) : undefined;
  if (later === undefined) return finding;
  const message = `The guard \`${String(found)}\` is not available yet in this version.`;
  const { nearest: _, ...complaint } = finding.complaint;
  return {
    complaint: { ...complaint, message, remedy: later },
    repairs: [{ kind: 'set', path: path.slice(0, -1), yaml: `{ kind: ${example} }` }],
  };
}

function isOneOf(value: unknown): value is OneOf {
  return isRecord(value) && Array.isArray(value['keys']);
}

function isMisplaced(value: unknown): value is Misplaced {
  return isRecord(value) && typeof value['because'] === 'string';
}

function isRefusal(value: object): value is Refusal {
  return 'what' in value && 'allowed' in value && 'example' in value;
}
