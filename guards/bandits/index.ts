/**
 * Allocation of traffic among several arms: pure functions from a plan, a state and closed windows of rewards to weights
 * and, at some point, a winner. No clock, no IO, no random numbers; everything is plain JSON. docs/bandits.md says what is
 * promised.
 */
export { allocate, sharesOf } from './allocate';
export { benchArm, startBandit } from './bandit';
export { planBandit, scaledReward } from './bandit-plan';
export { bestArmProbabilities } from './best-arm-probability';
export { countRewards } from './count-rewards';
export { bernoulliDivergence, klUcbIndex } from './kl-ucb';
export { logPairCap, standingOf } from './race';
export { allocatorShares, floorShare, posteriorOf, topTwoShares, withFloor } from './shares';
export { quantiseShares } from './weights';
export type * from './types';
export { anytimeValue } from './anytime-value';
export { evaluatePolicy } from './off-policy';
export { logCohort } from './propensity';
export type { OffPolicyValues, PolicyValue, TargetPolicy } from './off-policy';
export type { LoggedCell } from './propensity';
