import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { BadOptions } from '../bad-options';
import type { Knobs } from './knobs';
import { KNOBS } from './knobs';
import type { KnobShape } from './shapes';
import { isRecord } from '../is-record';

/** All knobs, those that are not given with their defaults. Throws BadOptions with every mistake. */
export function knobsOf(given: unknown, where: string): Knobs {
  const mistakes: string[] = [];
  if (!isRecord(given)) throw new BadOptions(`${where}: expected a mapping of knobs to values`);
  for (const name of Object.keys(given).filter((key) => !isKnob(key)))
    mistakes.push(`${name}: no such knob; nearest: ${nearest(name)}`);
  const knobs = Object.fromEntries(
    Object.entries<KnobShape>(KNOBS).map(([name, shape]) => {
      const value = given[name];
      if (value === undefined) return [name, standard(shape)];
      const mistake = mistakeOf(shape, value);
      if (mistake !== undefined) mistakes.push(`${name}: ${mistake}, not ${JSON.stringify(value)}`);
      return [name, value];
    })
  );
  if (mistakes.length > 0) throw new BadOptions([`${where}: ${mistakes.length} mistake(s)`, ...mistakes].join('\n  '));
  // The one place where the checked values take the type: each was checked against its shape above.
  return knobs as Knobs;
}

/** Reads knobs from a YAML or JSON file: a mapping below `knobs`, beside which other keys (`images`, `faults`) may stand. Throws BadOptions. */
export function readKnobsFile(file: string): Partial<Knobs> {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new BadOptions(`cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const knobs = isRecord(content) ? content['knobs'] : undefined;
  if (!isRecord(knobs)) throw new BadOptions(`${file}: expected a mapping "knobs" of knobs to values`);
  knobsOf(knobs, file);
  return knobs;
}

function standard(shape: KnobShape): unknown {
  switch (shape.kind) {
    case 'choice':
      return shape.values[0];
    case 'texts':
      return [];
    default:
      return shape.default;
  }
}

function mistakeOf(shape: KnobShape, value: unknown): string | undefined {
  switch (shape.kind) {
    case 'choice':
      return typeof value === 'string' && shape.values.includes(value)
        ? undefined
        : `expected one of ${shape.values.join(', ')}`;
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'expected true or false';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && value >= shape.min
        ? undefined
        : `expected a number of ${shape.min} or more`;
    case 'texts':
      return Array.isArray(value) && value.every(isRewording)
        ? undefined
        : 'expected a list of { match: regular expression, text: what stands in its place }';
  }
}

function isRewording(value: unknown): boolean {
  if (!isRecord(value) || typeof value['match'] !== 'string' || typeof value['text'] !== 'string') return false;
  try {
    return new RegExp(value['match']) instanceof RegExp;
  } catch {
    return false;
  }
}

function isKnob(name: string): boolean {
  return Object.hasOwn(KNOBS, name);
}

/** The knob whose name shares the most pairs of letters. */
function nearest(name: string): string {
  const pairs = (text: string) =>
    new Set([...text.toLowerCase()].map((char, at) => char + (text.toLowerCase()[at + 1] ?? '')));
  const own = pairs(name);
  const likeness = (other: string) => {
    const theirs = pairs(other);
    return (2 * [...own].filter((pair) => theirs.has(pair)).length) / (own.size + theirs.size);
  };
  return Object.keys(KNOBS).reduce((best, next) => (likeness(next) > likeness(best) ? next : best));
}
