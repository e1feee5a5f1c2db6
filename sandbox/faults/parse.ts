import { BadOptions } from '../bad-options';
import { loadModel } from '../wire/model';
import { globMatches } from '../engine/glob';
import type { FaultKind, FaultMatch, FaultRule } from './rule';
import { FAULT_SERVICES } from './rule';
import type { FaultShape, MemberShape } from './shapes';
import { BETWEEN_SHAPES, FAULT_SHAPES, NTH_SHAPE, WHEN_SHAPES } from './shapes';
import { isRecord } from '../is-record';

/** Rules that cannot be; `mistakes` holds all of them, each with the place it is at. */
export class BadFaults extends BadOptions {
  constructor(
    where: string,
    readonly mistakes: readonly string[]
  ) {
    super([`${where}: ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}`, ...mistakes].join('\n  '));
  }
}

/** Checks a list of rules, or `{ faults: [...] }`. Throws BadFaults with every mistake in it. */
export function parseFaults(input: unknown, where: string): readonly FaultRule[] {
  const mistakes: string[] = [];
  const wrapped = isRecord(input);
  const list = wrapped ? input['faults'] : input;
  if (wrapped) refuseUnknown(input, ['faults'], { at: '', mistakes });
  if (!Array.isArray(list)) throw new BadFaults(where, [...mistakes, 'expected a list of rules below "faults"']);
  list.forEach((rule: unknown, index) => checkRule(rule, { at: `faults[${index}]`, mistakes }));
  const ids = list.map((rule: unknown) => (isRecord(rule) ? rule['id'] : undefined));
  ids.forEach((id, index) => {
    if (typeof id === 'string' && ids.indexOf(id) !== index)
      mistakes.push(`faults[${index}].id: "${id}" is taken by faults[${ids.indexOf(id)}]`);
  });
  if (mistakes.length > 0) throw new BadFaults(where, mistakes);
  // The one place where the checked value takes the type: every member was checked against its shape above.
  return list as readonly FaultRule[];
}

interface Place {
  readonly at: string;
  readonly mistakes: string[];
}

function checkRule(rule: unknown, place: Place): void {
  if (!isRecord(rule)) return void place.mistakes.push(`${place.at}: expected a rule { id, match, when, then }`);
  refuseUnknown(rule, ['id', 'match', 'when', 'then'], place);
  const { id, match = {}, when = {}, then } = rule;
  if (typeof id !== 'string' || id === '') place.mistakes.push(`${place.at}.id: expected a name for the rule`);
  const shape = checkThen(then, { ...place, at: `${place.at}.then` });
  checkMatch(match, shape, { ...place, at: `${place.at}.match` });
  checkWhen(when, { ...place, at: `${place.at}.when` });
}

/** The fault's shape, when it names one. */
function checkThen(then: unknown, place: Place): FaultShape | undefined {
  if (!isRecord(then)) return void place.mistakes.push(`${place.at}: expected { fault: … }`);
  const { fault, ...members } = then;
  if (!isFaultKind(fault)) {
    const known = Object.keys(FAULT_SHAPES).join(', ');
    return void place.mistakes.push(`${place.at}.fault: ${JSON.stringify(fault)} is no fault; there are ${known}`);
  }
  const shape = FAULT_SHAPES[fault];
  checkMembers(members, shape.members, place);
  for (const [name, member] of Object.entries(shape.members))
    if (member.isRequired && members[name] === undefined)
      place.mistakes.push(`${place.at}.${name}: ${fault} needs it (${wish(member)})`);
  return shape;
}

function checkMatch(match: unknown, shape: FaultShape | undefined, place: Place): void {
  if (!isRecord(match))
    return void place.mistakes.push(`${place.at}: expected { service, operation, resource, variant }`);
  const allowed: readonly (keyof FaultMatch)[] = shape?.matches ?? ['service', 'operation', 'resource', 'variant'];
  refuseUnknown(match, allowed, place);
  for (const name of ['operation', 'resource', 'variant'])
    if (match[name] !== undefined && typeof match[name] !== 'string')
      place.mistakes.push(`${place.at}.${name}: expected a pattern`);
  const { service, operation } = match;
  const services: readonly string[] = shape?.services ?? FAULT_SERVICES;
  if (service !== undefined && !(typeof service === 'string' && services.includes(service)))
    place.mistakes.push(`${place.at}.service: ${JSON.stringify(service)} is none of ${services.join(', ')}`);
  if (typeof operation !== 'string') return;
  const only = service ?? (services.length === 1 ? services[0] : undefined);
  if (only !== 'sagemaker') return;
  const { operations, otherOperations } = loadModel('sagemaker');
  if (![...Object.keys(operations), ...otherOperations].some((name) => globMatches(operation, name)))
    place.mistakes.push(`${place.at}.operation: "${operation}" is no operation of SageMaker`);
}

function checkWhen(when: unknown, place: Place): void {
  if (!isRecord(when)) return void place.mistakes.push(`${place.at}: expected { probability | nth | first | between }`);
  const { nth, between, ...rest } = when;
  refuseUnknown(when, [...Object.keys(WHEN_SHAPES), 'nth', 'between'], place);
  checkMembers(Object.fromEntries(Object.entries(rest).filter(([name]) => name in WHEN_SHAPES)), WHEN_SHAPES, place);
  if (nth !== undefined) {
    const all: readonly unknown[] = Array.isArray(nth) ? nth : [nth];
    if (all.length === 0 || !all.every((one) => fits(one, NTH_SHAPE)))
      place.mistakes.push(`${place.at}.nth: expected ${wish(NTH_SHAPE)}, or a list of such`);
  }
  if (between === undefined) return;
  const at = `${place.at}.between`;
  if (!isRecord(between)) return void place.mistakes.push(`${at}: expected { fromSeconds, toSeconds }`);
  checkMembers(between, BETWEEN_SHAPES, { ...place, at });
  const { fromSeconds = 0, toSeconds = Infinity } = between;
  if (typeof fromSeconds === 'number' && typeof toSeconds === 'number' && fromSeconds >= toSeconds)
    place.mistakes.push(`${at}: fromSeconds must be below toSeconds`);
}

function checkMembers(
  value: Readonly<Record<string, unknown>>,
  shapes: Readonly<Record<string, MemberShape>>,
  place: Place
): void {
  refuseUnknown(value, Object.keys(shapes), place);
  for (const [name, shape] of Object.entries(shapes))
    if (value[name] !== undefined && !fits(value[name], shape))
      place.mistakes.push(`${place.at}.${name}: expected ${wish(shape)}, not ${JSON.stringify(value[name])}`);
}

function refuseUnknown(value: object, allowed: readonly string[], place: Place): void {
  const means = allowed.length === 0 ? 'nothing' : allowed.join(', ');
  for (const name of Object.keys(value).filter((key) => !allowed.includes(key)))
    place.mistakes.push(`${place.at === '' ? name : `${place.at}.${name}`}: means nothing here; allowed: ${means}`);
}

function fits(value: unknown, shape: MemberShape): boolean {
  switch (shape.type) {
    case 'text':
      return typeof value === 'string';
    case 'oneOf':
      return typeof value === 'string' && shape.values.includes(value);
    case 'number':
      return (
        typeof value === 'number' &&
        Number.isFinite(value) &&
        value >= (shape.min ?? -Infinity) &&
        value <= (shape.max ?? Infinity) &&
        (!shape.isWhole || Number.isInteger(value))
      );
  }
}

function wish(shape: MemberShape): string {
  switch (shape.type) {
    case 'text':
      return 'a text';
    case 'oneOf':
      return `one of ${shape.values.join(', ')}`;
    case 'number': {
      const { min, max } = shape;
      const kind = shape.isWhole ? 'a whole number' : 'a number';
      if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
      return min === undefined ? kind : `${kind} of ${min} or more`;
    }
  }
}

function isFaultKind(value: unknown): value is FaultKind {
  return typeof value === 'string' && Object.hasOwn(FAULT_SHAPES, value);
}
