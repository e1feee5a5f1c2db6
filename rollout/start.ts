import type { RolloutSpec } from '../spec/types';
import type { RolloutState } from './types';

/** The state of a rollout that was accepted at `atMs` and has done nothing yet. */
export function startRollout(input: {
  readonly id: string;
  readonly number: number;
  readonly spec: RolloutSpec;
  readonly atMs: number;
}): RolloutState {
  return {
    schema: 1,
    id: input.id,
    number: input.number,
    spec: input.spec,
    startedAtMs: input.atMs,
    phase: { kind: 'reading' },
    incumbent: null,
    plan: null,
    reached: 0,
    sharePct: 0,
    guards: [],
    decision: { kind: 'undecided', guilty: null, reason: 'No evidence yet.' },
    traffic: { candidate: 0, incumbent: 0, actualSharePct: null, throughMs: 0 },
    abort: null,
    approvals: [],
    endedAtMs: null,
    log: [{ atMs: input.atMs, text: `Accepted: ${input.spec.candidates[0].name} on ${input.spec.endpoint}.` }],
  };
}
