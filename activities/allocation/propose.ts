import type { BanditTrack, GuardTrack, LookResult, Proposal } from '../../rollout';
import type { Look } from '../evidence/look';
import type { LookRequest } from '../types';
import { benchedBy, followRewards } from './follow';
import { followHarm } from './ramp';
import { banditTicks } from './rewards';

/** What the evidence wants of the shares, where the stage lets it. */
export async function propose(
  look: Look,
  input: LookRequest,
  found: { readonly guards: readonly GuardTrack[]; readonly decisions: LookResult['decisions'] }
): Promise<{ readonly bandit: BanditTrack | null; readonly proposal: Proposal | null }> {
  const { holding, bandit, plan } = input;
  switch (holding?.follows) {
    case 'rewards': {
      const stage = input.spec.stages[holding.stage];
      if (stage?.kind !== 'bandit' || bandit === null || plan.bandit === null) return { bandit, proposal: null };
      const benched = benchedBy({
        candidates: input.spec.candidates.map(({ name }) => name),
        running: holding.running,
        decisions: found.decisions,
      });
      const ticks = await banditTicks(look, { stage, arms: plan.bandit.arms, sinceMs: bandit.throughMs });
      const { nowMs } = look;
      const { track, proposal } = followRewards({ plan: plan.bandit, track: bandit, stage, benched, ticks, nowMs });
      return { bandit: track, proposal };
    }
    case 'harm':
      return { bandit, proposal: byHarm(look, input, found.guards) };
    case 'file':
    case undefined:
      return { bandit, proposal: null };
  }
}

function byHarm(look: Look, input: LookRequest, tracks: readonly GuardTrack[]): Proposal | null {
  const { holding, plan, layout, shares } = input;
  const ramp = plan.ramps.find(({ stage }) => stage === holding?.stage);
  const [arm] = holding?.running ?? [];
  if (ramp === undefined || arm === undefined) return null;
  const guards = tracks.flatMap(({ arm: own, state }, i) => {
    const guard = plan.guards[i];
    return guard === undefined || own !== arm ? [] : [{ plan: guard, state }];
  });
  const sinceMs = shares.at(-1)?.sinceMs ?? holding?.sinceMs ?? look.nowMs;
  return followHarm({ ramp, arm, currentPct: layout.sharesPct[arm] ?? 0, heldMs: look.nowMs - sinceMs, guards });
}
