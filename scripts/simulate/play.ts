import { banditOf, startTrack } from '../../activities/allocation/bandit';
import { followHarm, rampsOf } from '../../activities/allocation/ramp';
import { forEachArm } from '../../activities/each-arm';
import { ticksBetween } from '../../activities/evidence/ticks';
import { decideOn } from '../../activities/judge-guards';
import { guardNames, judgeTick, planEveryGuard } from '../../guards';
import type { GuardPlan } from '../../guards';
import { measurementOf } from '../../report/card/measurement';
import type { Measurement } from '../../report/card/measurement';
import { horizonMs, leaderOf, nextCommand, rungsOf, startRollout, step } from '../../rollout';
import type {
  Command,
  GuardTrack,
  LookResult,
  Proposal,
  RolloutEvent,
  RolloutPlan,
  RolloutState,
  SideHealth,
} from '../../rollout';
import { FailureError } from '../../sagemaker/faults';
import { contentHash, resourceNames } from '../../sagemaker/names';
import type { RolloutSpec, Stage } from '../../spec/types';
import { followBandit, logBatch } from './bandit';
import type { PlayedBatch } from './bandit';
import { deploymentOf, readDeployment, sharesDuring } from './guardrails';
import type { Deployment } from './guardrails';
import { sharesBy, withShares } from './shares-log';
import type { SharesLog } from './shares-log';
import type { World } from './world';

/** What people say who are asked: yes, no, or nothing until the deadline. */
export type People = 'approve' | 'reject' | 'absent';

export interface Played {
  readonly state: RolloutState;
  readonly measurements: readonly Measurement[];
  readonly nowMs: number;
  /** How a bandit split the traffic, batch by batch; empty without such a stage. */
  readonly batches: readonly PlayedBatch[];
  /** The recording ended before the rollout did, or all that the file allows has passed and it only holds. */
  readonly cutShort: 'recordingEnded' | 'onlyHolds' | null;
}

/** More looks than a rollout of weeks takes. */
const MOST_LOOKS = 20_000;

/**
 * Plays a whole rollout by the machine that the workflow runs, with the guards that judge in production, on simulated time. Changes of the
 * endpoint succeed at once, but SageMaker's own deployments take their time; people who are asked say what `people` is. Pure.
 */
export function play(spec: RolloutSpec, world: World, people: People = 'approve'): Played {
  let nowMs = world.startMs;
  let state = startRollout({ id: `simulated/${spec.endpoint}`, number: 1, spec, atMs: nowMs });
  let [shares, batches]: [SharesLog, readonly PlayedBatch[]] = [[], []];
  const measurements: Measurement[] = [];
  const lastMs = world.startMs + longestMs(spec);
  for (let looks = 0; looks < MOST_LOOKS;) {
    shares = withShares(shares, state.shares);
    const command = nextCommand(state);
    if (command.kind === 'end') break;
    if (command.kind === 'followGuardrails') {
      looks += 1;
      nowMs += command.afterMs;
      const { event, look } = followed(state, { world, shares, nowMs });
      if (look !== null && state.plan !== null)
        measurements.push(measurementOf({ atMs: nowMs, layout: state.layout, plan: state.plan, look }));
      // What SageMaker has moved stays where it is once it does not steer any more.
      const deployment = deploymentOf(state);
      state = step(state, event, nowMs);
      if (deployment !== null && state.phase.kind !== 'guarded')
        shares = withSteps(shares, deployment, { spec, nowMs });
      if (nowMs > lastMs) break;
      continue;
    }
    if (command.kind !== 'look') {
      nowMs = Math.max(nowMs, command.kind === 'wait' ? command.untilMs : nowMs + pauseOf(command));
      state = step(state, eventOf(state, command, world), nowMs);
      continue;
    }
    looks += 1;
    state = answered(state, people, nowMs);
    if (state.phase.kind !== 'baking' && state.phase.kind !== 'watching' && state.phase.kind !== 'approving') continue;
    nowMs = Math.min(nowMs + command.afterMs, command.byMs === null ? Infinity : Math.max(nowMs + 1, command.byMs));
    const look = lookAt(state, { world, shares, nowMs });
    batches = logBatch(batches, { state, look, nowMs });
    if (state.plan !== null)
      measurements.push(measurementOf({ atMs: nowMs, layout: state.layout, plan: state.plan, look }));
    state = step(state, { kind: 'looked', look }, nowMs);
    if (nowMs > lastMs || (world.endsMs !== null && nowMs > world.endsMs + graceMs(spec))) break;
  }
  const cutShort = state.phase.kind === 'ended' ? null : nowMs > lastMs ? 'onlyHolds' : 'recordingEnded';
  return { state, measurements, nowMs, batches, cutShort };
}

/** A rollout that says `hold` never ends by itself; past all of its deadlines nothing new will happen. */
function longestMs(spec: RolloutSpec): number {
  const asked = spec.stages.reduce((sum, stage) => sum + askedMs(stage), 0);
  return horizonMs(spec) + asked + (spec.watch?.forMs ?? 0) + graceMs(spec) + 3_600_000;
}

/** How long people may be waited for; those who are asked about a stage that has not decided have a day. */
function askedMs(stage: Stage): number {
  if (stage.kind === 'approval') return stage.withinMs;
  return 'onInconclusive' in stage && stage.onInconclusive === 'ask' ? 86_400_000 : 0;
}

/** Labels of the recording's last predictions may still ripen. */
function graceMs({ groundTruth, tickMs }: RolloutSpec): number {
  return (groundTruth?.maturityMs ?? 0) + 2 * tickMs;
}

const pauseOf = (command: Command): number => ('afterMs' in command ? command.afterMs : 0);

function eventOf(state: RolloutState, command: Command, world: World): RolloutEvent {
  const { spec } = state;
  switch (command.kind) {
    case 'readEndpoint': {
      const variant = {
        name: world.incumbent,
        modelName: 'incumbent',
        sharePct: 100,
        instanceType: '',
        instanceCount: 1,
      };
      const live = { status: 'InService', configName: 'incumbent', variants: [variant] };
      return { kind: 'endpointRead', live, names: resourceNames(spec, 1) };
    }
    case 'fixPlan':
      return planned(spec, world);
    case 'assess': {
      const side = (variant: string): SideHealth => ({
        variant,
        instances: 1,
        requests: 0,
        failed: 0,
        isHealthy: true,
        reason: 'simulated',
      });
      return {
        kind: 'assessed',
        sides: { incumbent: side(world.incumbent), candidate: side(spec.candidates[0].name) },
      };
    }
    default:
      return { kind: 'done' };
  }
}

function planned(spec: RolloutSpec, world: World): RolloutEvent {
  const own = planEveryGuard({
    guards: spec.guards,
    budget: { ...spec.budget, falseRollback: spec.budget.falseRollback / spec.candidates.length },
    horizonTicks: Math.ceil(horizonMs(spec) / spec.tickMs),
    endsAlone: spec.watch?.keep === 'cold',
    ...world.before,
  });
  const { guards, tracks } = forEachArm(spec, own);
  const { requestsPerSecond } = world;
  const ramps = rampsOf(spec, { baseline: world.before.incumbent, requestsPerSecond });
  const bandit = banditOf(spec, world.incumbent);
  const fixed = { guards, baseline: world.before.incumbent, bandit, ramps };
  const plan: RolloutPlan = { ...fixed, forecasts: [], digest: contentHash({ ...fixed, spec }) };
  return { kind: 'planFixed', plan, guards: tracks, bandit: startTrack(bandit, spec) };
}

/** Whoever is awaited says what people say. */
function answered(state: RolloutState, people: People, atMs: number): RolloutState {
  const { phase } = state;
  if (phase.kind !== 'approving' || people === 'absent') return state;
  const waiting = phase.gate.approvers.find((name) => !phase.given.some(({ who }) => who === name));
  const who = waiting ?? `anybody ${phase.given.length + 1}`;
  const identity = { issuer: 'simulated', subject: who, tokenId: null };
  return step(state, { kind: 'verb', verb: people, who, why: 'simulated', identity }, atMs);
}

/** What SageMaker's own deployment has come to, and what the evidence says meanwhile. */
function followed(
  state: RolloutState,
  p: { readonly world: World; readonly shares: SharesLog; readonly nowMs: number }
): { readonly event: RolloutEvent; readonly look: LookResult | null } {
  const deployment = deploymentOf(state);
  if (deployment === null) throw new Error('no deployment is under way');
  const { world, nowMs } = p;
  const shares = withSteps(p.shares, deployment, { spec: state.spec, nowMs });
  try {
    const plans = state.plan?.guards ?? [];
    const reading = readDeployment(deployment, { spec: state.spec, world, plans, nowMs, sharesAt: sharesBy(shares) });
    const look = lookAt(state, { world, shares, nowMs });
    return { event: { kind: 'followed', reading, look }, look };
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return { event: { kind: 'failed', failure: error.failure }, look: null };
  }
}

/** The log of shares with the steps that SageMaker has taken by now. */
function withSteps(
  shares: SharesLog,
  deployment: Deployment,
  { spec, nowMs }: { readonly spec: RolloutSpec; readonly nowMs: number }
): SharesLog {
  const steps = sharesDuring(deployment, spec.candidates[0].name).filter(({ sinceMs }) => sinceMs <= nowMs);
  return [...shares, ...steps].sort((one, other) => one.sinceMs - other.sinceMs);
}

function lookAt(
  state: RolloutState,
  p: { readonly world: World; readonly shares: SharesLog; readonly nowMs: number }
): LookResult {
  const { world, shares, nowMs } = p;
  const { spec, traffic, guards } = state;
  const plans = state.plan?.guards ?? [];
  const sharesAt = sharesBy(shares);
  const names = guardNames(spec.guards);
  const tracks = guards.map((track, i): GuardTrack => {
    const [guard, plan, name] = [spec.guards[track.guard], plans[i], names[track.guard]];
    if (guard === undefined || plan === undefined || name === undefined || track.throughMs === 0) return track;
    const { arm, throughMs } = track;
    return world
      .ticks({ name, guard, plan, arm, throughMs, nowMs, sharesAt, copyPct: state.layout.copyPct })
      .reduce<GuardTrack>(
        (sofar, { endMs, evidence }) => ({
          ...sofar,
          ...judgeTick({ plan, state: sofar.state, evidence }),
          throughMs: endMs,
        }),
        track
      );
  });
  const judged = tracks.flatMap((track, i) => {
    const plan = plans[i];
    return plan === undefined ? [] : [{ track, plan }];
  });
  const decisions = Object.fromEntries(
    spec.candidates.map(({ name }) => [name, decideOn(judged.filter(({ track }) => track.arm === name))] as const)
  );
  const ticks = traffic.throughMs === 0 ? [] : ticksBetween(traffic.throughMs, nowMs, spec.tickMs);
  const lastLook = summed(ticks.map((tick) => world.requests({ ...tick, sharesAt })));
  const pairs = Math.max(
    0,
    ...judged.map(({ plan, track }) => (isOfPairs(plan.kind) ? track.verdict.numbers.candidate.n : 0))
  );
  const followed = followBandit(state, { world, shares, decisions, nowMs });
  return {
    guards: tracks,
    decisions,
    traffic: {
      requests: summed([traffic.requests, lastLook]),
      lastLook: Object.keys(lastLook).length === 0 ? traffic.lastLook : lastLook,
      pairs,
      compared: traffic.compared,
      throughMs: ticks.at(-1)?.endMs ?? traffic.throughMs,
    },
    bandit: followed.bandit,
    proposal: followed.proposal ?? ramped(state, { judged, nowMs }),
  };
}

/** What the evidence of little harm wants of the share, in a stage that grows by it. */
function ramped(
  state: RolloutState,
  look: {
    readonly judged: readonly { readonly plan: GuardPlan; readonly track: GuardTrack }[];
    readonly nowMs: number;
  }
): Proposal | null {
  const { phase, spec, layout, plan } = state;
  if (phase.kind !== 'baking') return null;
  const rung = rungsOf(spec)[phase.rung];
  const ramp = plan?.ramps.find(({ stage }) => stage === rung?.stage);
  if (rung?.kind !== 'hold' || rung.follows !== 'harm' || ramp === undefined) return null;
  const arm = leaderOf(state);
  const sinceMs = state.shares.at(-1)?.sinceMs ?? phase.sinceMs;
  const guards = look.judged
    .filter(({ track }) => track.arm === arm)
    .map(({ plan: own, track }) => ({ plan: own, state: track.state }));
  return followHarm({ ramp, arm, currentPct: layout.sharesPct[arm] ?? 0, heldMs: look.nowMs - sinceMs, guards });
}

const isOfPairs = (kind: string): boolean => kind === 'shadow' || kind === 'shadowScore';

function summed(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const one of counts) for (const [name, n] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + n;
  return sums;
}
