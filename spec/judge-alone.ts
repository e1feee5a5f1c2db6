import type { GuardSpec } from './types';

/** Guards that look at the candidate only, or at nothing of the endpoint. */
const HISTORICAL: readonly string[] = ['threshold', 'alarm', 'webhook'];

/** Whether the guard can pass without an incumbent to compare with: by an absolute limit of its own. */
export function canJudgeAlone(guard: GuardSpec): boolean {
  return HISTORICAL.includes(guard.kind) || ('slo' in guard && (guard.slo ?? null) !== null);
}
