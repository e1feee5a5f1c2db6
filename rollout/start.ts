import type { RolloutSpec } from '../spec/types';
import type { RolloutState } from './types';

/** The state of a rollout that was accepted at `atMs` and has done nothing yet. */
export function startRollout(input: {
  readonly id: string;
  readonly number: number;
  readonly spec: RolloutSpec;
  readonly atMs: number;
}): RolloutState {
  const { id, number, spec, atMs } = input;
  const names = spec.candidates.map(({ name }) => name).join(', ');
  return {
    schema: 1,
    id,
    number,
    spec,
    startedAtMs: atMs,
    phase: { kind: 'reading' },
    phaseSinceMs: atMs,
    incumbent: null,
    names: null,
    plan: null,
    prices: null,
    reached: 0,
    layout: { kind: 'single', sharesPct: {}, copyPct: 0, groups: [], epoch: 0 },
    shares: [],
    arms: spec.candidates.map(({ name }) => ({ name, standing: 'running', why: null })),
    guards: [],
    decisions: {},
    decision: { kind: 'undecided', guilty: null, reason: 'No evidence yet.' },
    traffic: { requests: {}, lastLook: null, pairs: 0, compared: [], throughMs: 0 },
    bandit: null,
    promotedAtMs: null,
    doubtful: false,
    abort: null,
    paused: null,
    approvals: [],
    accounts: [],
    endedAtMs: null,
    log: [{ atMs, text: `Accepted: ${names} on ${spec.endpoint}.` }],
  };
}
