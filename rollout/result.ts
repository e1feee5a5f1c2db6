import { leaderOf } from './arms';
import { costOf, costOfAll } from './cost';
import type { RolloutResult, RolloutState, Served } from './types';

/** What an ended rollout returns. Throws when it has not ended. */
export function resultOf(state: RolloutState): RolloutResult {
  if (state.phase.kind !== 'ended' || state.endedAtMs === null) throw new Error(`rollout ${state.id} has not ended`);
  const { outcome } = state.phase;
  const candidate = leaderOf(state);
  return {
    id: state.id,
    endpoint: state.spec.endpoint,
    candidate,
    arms: state.arms,
    outcome,
    serving: outcome.kind === 'promoted' ? candidate : (state.incumbent?.version ?? null),
    served: outcome.kind === 'promoted' ? servedBy(state, candidate) : before(state),
    startedAtMs: state.startedAtMs,
    endedAtMs: state.endedAtMs,
    digest: state.plan?.digest ?? null,
    verdicts: Object.fromEntries(
      (state.plan?.guards ?? []).flatMap((plan, i) => {
        const track = state.guards[i];
        return track === undefined ? [] : [[plan.name, track.verdict] as const];
      })
    ),
    traffic: state.traffic,
    approvals: state.approvals,
    accounts: state.accounts.map((account) => ({ ...account, cost: costOf(account.capacityMs, state.prices) })),
    cost: costOfAll(state),
    prices: state.prices,
  };
}

/** A candidate, once all traffic is on it. Deployed by guardrails it has taken over the incumbent's variant. */
export function servedBy({ spec, names, incumbent }: RolloutState, candidate: string): Served | null {
  const modelName = names?.models[candidate];
  const configName = names?.single[candidate];
  if (modelName === undefined || configName === undefined) return null;
  const isGuarded = spec.stages.some((stage) => stage.kind === 'blueGreen' && stage.engine === 'guardrails');
  const variant = isGuarded && incumbent !== null ? incumbent.variant : candidate;
  return { version: candidate, variant, modelName, configName };
}

function before({ incumbent }: RolloutState): Served | null {
  if (incumbent === null) return null;
  const { version, variant, modelName, configName } = incumbent;
  return { version, variant, modelName, configName };
}
