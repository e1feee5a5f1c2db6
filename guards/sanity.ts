import type { ArmCounts, TickEvidence } from './types';

/** Why a tick cannot be counted, in words; null when it can. */
export function evidenceProblem(evidence: TickEvidence): string | null {
  if (Number.isNaN(Date.parse(evidence.key))) return `the tick's key "${evidence.key}" is not an ISO-8601 time`;
  const problem = armProblem('candidate', evidence.candidate) ?? armProblem('incumbent', evidence.incumbent);
  return problem === null ? null : `the tick ending ${evidence.key} is unusable: ${problem}`;
}

function armProblem(arm: string, counts: ArmCounts): string | null {
  for (const [name, value] of [
    ['n', counts.n],
    ['bad', counts.bad],
  ] as const) {
    if (!Number.isSafeInteger(value)) return `${arm} ${name} is ${String(value)}, not a whole number`;
    if (value < 0) return `${arm} ${name} is ${value}, below zero`;
  }
  return counts.bad > counts.n ? `${arm} has ${counts.bad} bad of only ${counts.n}` : null;
}

/** Whether a tick lies after the last one counted. */
export function isNewTick(key: string, lastKey: string | null): boolean {
  return lastKey === null || Date.parse(key) > Date.parse(lastKey);
}
