import type { Failure } from '../spec/failures';
import { leaderOf } from './arms';
import { giveUp } from './back';
import { openEvidence } from './bake';
import { takeLook } from './hold';
import { note } from './moves';
import { afterGuardrails } from './promotion';
import { rungsOf } from './rungs';
import type { Rung } from './rungs';
import type { DeploymentReading, GuardedDeployment, Phase, RolloutEvent, RolloutState } from './types';

type Guarded = Extract<Phase, { kind: 'guarded' }>;
type Followed = Extract<RolloutEvent, { kind: 'followed' }>;

/** Evidence of the last bake comes late (CloudWatch's minutes settle after two): so long is it awaited before the file's `onInconclusive`. */
const SETTLING_MS = 5 * 60_000;
/** SageMaker ends its deployment after `maximum` and has then to go back; past this it is not waited for any more. */
const OVERDUE_MS = 60 * 60_000;

/** SageMaker has taken the deployment: from now on its fleets are told apart by their endpoint configs, and judged. */
export function afterGuardrailsStart(state: RolloutState, phase: Guarded, atMs: number): RolloutState {
  if (phase.deployment !== null) return state;
  const deployment: GuardedDeployment = { stage: null, bakeSinceMs: null, bakes: 0, throughAtMs: null };
  const begun: RolloutState = {
    ...openEvidence(state, atMs),
    phase: { ...phase, deployment },
    layout: { kind: 'single', sharesPct: {}, copyPct: 0, groups: [], epoch: state.layout.epoch + 1 },
  };
  return note(begun, atMs, 'SageMaker’s deployment is under way.');
}

/** The deployment was read back and the evidence looked at. */
export function afterFollowing(before: RolloutState, { reading, look }: Followed, atMs: number): RolloutState {
  const { phase } = before;
  if (phase.kind !== 'guarded' || phase.deployment === null) return before;
  const deployment = readOn(phase.deployment, reading, atMs);
  const state = takeLook(said(withDeployment(before, phase, deployment), phase.deployment, atMs), look, atMs);
  if (state.phase.kind !== 'guarded' || deployment.throughAtMs === null) return state;
  const isSettled = atMs - deployment.throughAtMs >= SETTLING_MS;
  return state.decision.kind === 'promote' || isSettled ? afterGuardrails(state, phase.rung, atMs) : state;
}

/** What could not be read is no news; only what says that SageMaker went back, or that the endpoint is not ours any more, ends it. */
export function afterFailedFollowing(state: RolloutState, failure: Failure, atMs: number): RolloutState {
  const { phase } = state;
  if (phase.kind !== 'guarded') return state;
  const isFinal = ['SilentRollback', 'OutsideChange', 'EndpointFailed'].includes(failure.type);
  if (phase.deployment === null || isFinal || atMs - phase.sinceMs > rungOf(state, phase).atMostMs + OVERDUE_MS)
    return giveUp(state, failure, atMs);
  const text = `Could not follow SageMaker’s deployment: ${failure.what}`;
  return state.log.at(-1)?.text === text ? state : note(state, atMs, text);
}

/** What SageMaker is doing, in words: `baking 25 % (step 1 of 2)`. */
export function deploymentText(state: RolloutState): string {
  const { phase } = state;
  if (phase.kind !== 'guarded' || phase.deployment === null) return 'is asked to deploy';
  const { stage, bakes, throughAtMs } = phase.deployment;
  if (throughAtMs !== null) return `has moved all traffic to ${leaderOf(state)}`;
  switch (stage) {
    case 'Baking': {
      const shares = rungOf(state, phase).sharesPct;
      const step = Math.min(Math.max(1, bakes), shares.length);
      return `is baking ${Number((shares[step - 1] ?? 100).toFixed(1))} % (step ${step} of ${shares.length})`;
    }
    case 'ActivatingTraffic':
      return 'is shifting traffic';
    case 'Creating':
      return 'is starting the new fleet';
    case 'Deleting':
      return 'is removing the old fleet';
    default:
      return 'is deploying';
  }
}

/** Percent of the traffic that SageMaker has given to the new fleet, as far as its bakes tell. */
export function deployedPct(state: RolloutState): number {
  const { phase } = state;
  if (phase.kind !== 'guarded' || phase.deployment === null) return 0;
  const { bakes, throughAtMs } = phase.deployment;
  const shares = rungOf(state, phase).sharesPct;
  return throughAtMs !== null || bakes > shares.length ? 100 : (shares[bakes - 1] ?? 0);
}

function rungOf({ spec }: RolloutState, { rung }: Guarded): Extract<Rung, { kind: 'guardrails' }> {
  const found = rungsOf(spec)[rung];
  if (found?.kind !== 'guardrails') throw new Error(`rung ${rung} is no deployment by guardrails`);
  return found;
}

function readOn(before: GuardedDeployment, reading: DeploymentReading, atMs: number): GuardedDeployment {
  const { stage, stageSinceMs, isThrough } = reading;
  const isNewBake = stage === 'Baking' && stageSinceMs !== before.bakeSinceMs;
  return {
    stage,
    bakeSinceMs: isNewBake ? stageSinceMs : before.bakeSinceMs,
    bakes: before.bakes + (isNewBake ? 1 : 0),
    throughAtMs: before.throughAtMs ?? (isThrough ? atMs : null),
  };
}

function withDeployment(state: RolloutState, phase: Guarded, deployment: GuardedDeployment): RolloutState {
  const isThrough = deployment.throughAtMs !== null;
  const layout = isThrough ? { ...state.layout, sharesPct: { [leaderOf(state)]: 100 } } : state.layout;
  return { ...state, layout, phase: { ...phase, deployment } };
}

/** Each step is said once. */
function said(state: RolloutState, before: GuardedDeployment, atMs: number): RolloutState {
  if (state.phase.kind !== 'guarded' || state.phase.deployment === null) return state;
  const text = deploymentText(state);
  const former = deploymentText({ ...state, phase: { ...state.phase, deployment: before } });
  return text === former ? state : note(state, atMs, `SageMaker ${text}.`);
}
