import { oddsRatioInterval } from '../../../guards/curve';
import { countRate, isHarmful, passRoute, startRate } from '../../../guards/rate';
import { poisson } from '../numbers/poisson';
import type { Uniform } from '../numbers/random';
import { errorsPlanOf, PROMOTION } from '../plan';
import { usual } from './section';

/** How a whole rollout is steered. Shares are fractions, times minutes (= ticks). */
export type Policy =
  /** SageMaker: a canary that bakes, then everything, which bakes again; any alarm of 3 breaching minutes rolls back. */
  | { readonly kind: 'sagemaker'; readonly share: number; readonly bake: number; readonly threshold: number }
  /** Flagger: 10 points a minute up to one half; five failed checks in all roll back. */
  | { readonly kind: 'flagger'; readonly threshold: number }
  /** Argo: the steps of its documentation, ten minutes each, and a background analysis every five minutes. */
  | { readonly kind: 'argo'; readonly threshold: number; readonly failureLimit: number }
  /** Our guard decides both ways at a fixed share. */
  | { readonly kind: 'guard'; readonly share: number }
  /** Our guard decides both ways; the share grows as the harm's upper bound falls. */
  | { readonly kind: 'ramp'; readonly from: number; readonly to: number; readonly harm: number };

export interface RolloutCell {
  readonly policy: Policy;
  readonly ticks: number;
  readonly requestsPerTick: number;
  readonly incumbentRate: number;
  readonly candidateRate: number;
}

export interface RolloutRun {
  readonly outcome: 'promoted' | 'rolledBack' | 'open';
  /** Minutes until the outcome, or the window's length. */
  readonly minutes: number;
  /** Requests that the candidate served in the whole window, after a promotion all of them. */
  readonly served: number;
}

/** What a policy says after each minute: the next minute's share, or an end. `all` promotes but goes on watching. */
type Say = { readonly share: number; readonly all?: true } | 'promote' | 'rollBack';
type Steer = (
  tick: number,
  seen: { readonly n: number; readonly bad: number; readonly n0: number; readonly bad0: number }
) => Say;

/** Plays one rollout to the end of its window. */
export function playRollout(cell: RolloutCell, uniform: Uniform): RolloutRun {
  const steer = steerOf(cell.policy, cell.ticks);
  let [share, served, ended]: [number, number, { outcome: RolloutRun['outcome']; minutes: number } | null] = [
    firstShare(cell.policy),
    0,
    null,
  ];
  let watching = true;
  for (let t = 0; t < cell.ticks; t++) {
    const on = cell.requestsPerTick * share;
    const bad = poisson(uniform, on * cell.candidateRate);
    const n = bad + poisson(uniform, on * (1 - cell.candidateRate));
    const off = cell.requestsPerTick * (1 - share);
    const bad0 = poisson(uniform, off * cell.incumbentRate);
    const n0 = bad0 + poisson(uniform, off * (1 - cell.incumbentRate));
    served += n;
    if (!watching) continue;
    const say = steer(t, { n, bad, n0, bad0 });
    if (say === 'rollBack') return { outcome: 'rolledBack', minutes: t + 1, served };
    if (say === 'promote' || say.all === true) ended ??= { outcome: 'promoted', minutes: t + 1 };
    if (say === 'promote') watching = false;
    share = say === 'promote' ? 1 : say.share;
  }
  return { ...(ended ?? { outcome: 'open', minutes: cell.ticks }), served };
}

function firstShare(policy: Policy): number {
  switch (policy.kind) {
    case 'sagemaker':
    case 'guard':
      return policy.share;
    case 'flagger':
      return 0.1;
    case 'argo':
      return argoSteps[0];
    case 'ramp':
      return policy.from;
  }
}

const argoSteps = [0.2, 0.4, 0.6, 0.8] as const;
const ARGO_PAUSE = 10;
const ARGO_INTERVAL = 5;

function steerOf(policy: Policy, ticks: number): Steer {
  switch (policy.kind) {
    case 'sagemaker':
      return sagemaker(policy);
    case 'flagger':
      return flagger(policy.threshold);
    case 'argo':
      return argo(policy);
    case 'guard':
      return guarded(ticks, () => policy.share);
    case 'ramp':
      return guarded(
        ticks,
        (share, upper) => Math.max(share, Math.min(policy.to, policy.harm / Math.max(upper - 1, 1e-9))),
        policy.from
      );
  }
}

function sagemaker(policy: Extract<Policy, { kind: 'sagemaker' }>): Steer {
  let streak = 0;
  return (tick, { n, bad }) => {
    streak = n > 0 && bad / n > policy.threshold ? streak + 1 : 0;
    if (streak >= 3) return 'rollBack';
    if (tick + 1 >= 2 * policy.bake) return 'promote';
    return tick + 1 >= policy.bake ? { share: 1, all: true } : { share: policy.share };
  };
}

function flagger(threshold: number): Steer {
  let [failed, share] = [0, 0.1];
  return (_tick, { n, bad }) => {
    if (n > 0 && bad / n > threshold) {
      failed += 1;
      return failed >= 5 ? 'rollBack' : { share };
    }
    if (share >= 0.5 - 1e-9) return 'promote';
    share += 0.1;
    return { share };
  };
}

function argo(policy: Extract<Policy, { kind: 'argo' }>): Steer {
  let [trials, events, failed] = [0, 0, 0];
  return (tick, { n, bad }) => {
    trials += n;
    events += bad;
    if ((tick + 1) % ARGO_INTERVAL === 0) {
      if (trials > 0 && events / trials > policy.threshold) failed += 1;
      [trials, events] = [0, 0];
      if (failed > policy.failureLimit) return 'rollBack';
    }
    const share = argoSteps[Math.floor((tick + 1) / ARGO_PAUSE)];
    return share === undefined ? 'promote' : { share };
  };
}

function guarded(ticks: number, next: (share: number, upper: number) => number, from = 0): Steer {
  const plan = errorsPlanOf(usual.alpha, ticks);
  let state = startRate(plan);
  let share = from;
  return (tick, { n, bad, n0, bad0 }) => {
    state = countRate(plan, state, {
      key: String(tick).padStart(6, '0'),
      candidate: { n, bad },
      incumbent: { n: n0, bad: bad0 },
    });
    if (isHarmful(plan, state)) return 'rollBack';
    if (passRoute(plan, state).stands) return 'promote';
    const [, upper] = oddsRatioInterval(state.curve, PROMOTION.beta);
    share = next(share, upper ?? Infinity);
    return { share };
  };
}
