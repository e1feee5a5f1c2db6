import { validationException } from '../wire/errors';

/** Checks a target's limits. Throws ValidationException; a variant of a real-time endpoint keeps at least one instance. */
export function limits(
  minCapacity: number,
  maxCapacity: number
): { readonly minCapacity: number; readonly maxCapacity: number } {
  if (minCapacity < 0 || maxCapacity < 0)
    throw validationException('Minimum capacity and maximum capacity must be greater than or equal to 0.');
  if (minCapacity > maxCapacity) throw validationException('Maximum capacity cannot be less than minimum capacity.');
  if (minCapacity === 0)
    throw validationException('Minimum capacity must be greater than 0 for the variant of a real-time endpoint.');
  return { minCapacity, maxCapacity };
}
