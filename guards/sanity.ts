import type { ArmCounts } from './types';

/** Whether a tick's key is a time. */
export function isTime(key: string): boolean {
  return !Number.isNaN(Date.parse(key));
}

/** Why the counts of a tick cannot be true, in words; null when they can. */
export function armsProblem(evidence: {
  readonly key: string;
  readonly candidate: ArmCounts;
  readonly incumbent: ArmCounts;
}): string | null {
  const problem = armProblem('candidate', evidence.candidate) ?? armProblem('incumbent', evidence.incumbent);
  return problem === null ? null : unusable(evidence.key, problem);
}

/** The sentence about a tick that cannot be counted. */
export const unusable = (key: string, problem: string): string => `the tick ending ${key} is unusable: ${problem}`;

function armProblem(arm: string, counts: ArmCounts): string | null {
  const problem = countProblem(`${arm} n`, counts.n) ?? countProblem(`${arm} bad`, counts.bad);
  if (problem !== null) return problem;
  return counts.bad > counts.n ? `${arm} has ${counts.bad} bad of only ${counts.n}` : null;
}

/** Why a number is no count; null when it is one. */
export function countProblem(name: string, value: number): string | null {
  if (!Number.isSafeInteger(value)) return `${name} is ${String(value)}, not a whole number`;
  return value < 0 ? `${name} is ${value}, below zero` : null;
}

/** Whether a tick lies after the last one counted. */
export function isNewTick(key: string, lastKey: string | null): boolean {
  return lastKey === null || Date.parse(key) > Date.parse(lastKey);
}
