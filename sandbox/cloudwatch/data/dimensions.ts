import { StandardUnit } from '@aws-sdk/client-cloudwatch';
import { invalid, required } from '../errors';

/** Dimensions as the API writes them. */
export type WireDimensions =
  readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[] | undefined;

const MAX_DIMENSIONS = 30;

/** Checks dimensions and sorts them by name, as identities have them. Throws InvalidParameterValue and MissingParameter. */
export function toDimensions(wire: WireDimensions, parameter: string): readonly (readonly [string, string])[] {
  const dimensions = wire ?? [];
  if (dimensions.length > MAX_DIMENSIONS)
    throw invalid(`The collection ${parameter} must not have a size greater than ${MAX_DIMENSIONS}.`);
  const pairs = dimensions.map(({ Name, Value }, at): readonly [string, string] => {
    const name = required(Name, `${parameter}.member.${at + 1}.Name`);
    const value = required(Value, `${parameter}.member.${at + 1}.Value`);
    if (name.length > 255 || name.startsWith(':'))
      throw invalid(`The parameter ${parameter}.member.${at + 1}.Name is not valid.`);
    if (value.length > 1024)
      throw invalid(`The parameter ${parameter}.member.${at + 1}.Value must be shorter than 1025 characters.`);
    return [name, value];
  });
  const names = new Set(pairs.map(([name]) => name));
  if (names.size < pairs.length) throw invalid(`The parameter ${parameter} must not name a dimension twice.`);
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1));
}

export function toWire(dimensions: readonly (readonly [string, string])[]): { Name: string; Value: string }[] {
  return dimensions.map(([Name, Value]) => ({ Name, Value }));
}

/** Checks the name of a namespace or metric. */
export function checkName(name: string | undefined, parameter: string): string {
  const given = required(name, parameter);
  if (given.length > 255) throw invalid(`The parameter ${parameter} must be shorter than 256 characters.`);
  return given;
}

const UNITS: ReadonlySet<string> = new Set(Object.values(StandardUnit));

export function isUnit(text: string): text is StandardUnit {
  return UNITS.has(text);
}
