import type { Candidate } from '../spec/types';
import { fleetsWhile } from './fleet';
import { rungsOf } from './rungs';
import type { Phase, RolloutState, TimeAccount } from './types';

/** Books the time since the phase began: to the stage it belongs to, and to whom it was spent on. */
export function countTime(state: RolloutState, atMs: number): readonly TimeAccount[] {
  const spentMs = Math.max(0, atMs - state.phaseSinceMs);
  if (spentMs === 0) return state.accounts;
  const stage = stageOf(state);
  const before = state.accounts.find((account) => account.stage === stage) ?? {
    stage,
    bakingMs: 0,
    personMs: 0,
    awsMs: 0,
    capacityMs: {},
  };
  const on = state.paused === null ? SPENT_ON[state.phase.kind] : 'personMs';
  const booked = {
    ...before,
    [on]: before[on] + spentMs,
    capacityMs: withCapacity(before.capacityMs, state, spentMs),
  };
  return [...state.accounts.filter((account) => account.stage !== stage), booked].sort((a, b) => a.stage - b.stage);
}

/** Instances beside the one fleet that serves anyway: the candidates, or after a promotion the model that is kept warm. */
function withCapacity(
  before: TimeAccount['capacityMs'],
  state: RolloutState,
  spentMs: number
): TimeAccount['capacityMs'] {
  const { incumbent, layout, phase, promotedAtMs } = state;
  const isAlone = layout.kind === 'single' && phase.kind !== 'guarded';
  const fleets = isAlone ? [] : fleetsWhile(asBroughtUp(state), incumbent, { phase: phase.kind, layout });
  const [own, ...others] = fleets;
  const beside = promotedAtMs === null ? others : own === undefined ? [] : [own];
  return beside.reduce<TimeAccount['capacityMs']>(
    (sum, { type, count }) => ({ ...sum, [type]: (sum[type] ?? 0) + count * spentMs }),
    before
  );
}

/** The candidates on the machines that AWS had for them. */
function asBroughtUp({ spec, instances = {} }: RolloutState): Pick<RolloutState['spec'], 'candidates'> {
  const [first, ...others] = spec.candidates;
  const on = (candidate: Candidate): Candidate => ({
    ...candidate,
    instance: instances[candidate.name] ?? candidate.instance,
  });
  return { candidates: [on(first), ...others.map(on)] };
}

/** The file's stage that is under way: -1 before the first, one past the last for the promotion and what follows. */
export function stageOf({ phase, spec }: RolloutState): number {
  if ('rung' in phase) return rungsOf(spec)[phase.rung]?.stage ?? spec.stages.length;
  return BEFORE.has(phase.kind) ? -1 : spec.stages.length;
}

const BEFORE: ReadonlySet<Phase['kind']> = new Set(['reading', 'planning', 'creating']);

const SPENT_ON: Readonly<Record<Phase['kind'], 'bakingMs' | 'personMs' | 'awsMs'>> = {
  reading: 'awsMs',
  planning: 'bakingMs',
  creating: 'awsMs',
  deploying: 'awsMs',
  calibrating: 'bakingMs',
  warming: 'awsMs',
  shifting: 'awsMs',
  baking: 'bakingMs',
  approving: 'personMs',
  guarded: 'awsMs',
  promoting: 'awsMs',
  watching: 'bakingMs',
  finalising: 'awsMs',
  cleaning: 'awsMs',
  assessing: 'awsMs',
  stranded: 'personMs',
  rollingBack: 'awsMs',
  rollbackIncomplete: 'personMs',
  ended: 'awsMs',
};
