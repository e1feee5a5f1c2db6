import type { RolloutSpec } from '../spec/types';
import { nextCommand } from './command';
import { livePct } from './layout';
import { imaginedLook } from './rehearse-look';
import { rungsOf } from './rungs';
import { startRollout } from './start';
import { step } from './step';
import type {
  Command,
  Layout,
  LiveEndpoint,
  Outcome,
  PhaseKind,
  RolloutEvent,
  RolloutNames,
  RolloutState,
} from './types';

/** How fast things are imagined to go. */
export interface Pace {
  /** Live requests a second, of all variants together. */
  readonly requestsPerSecond: number;
  /** Expected time until all required guards pass an equally good candidate that is held at this share; null: not foretold. */
  readonly passMs: (sharePct: number) => number | null;
  /** `deadline`: evidence and people take all the time that the file gives them. */
  readonly decides: 'expected' | 'deadline';
}

/** What AWS is imagined to take. Nobody promises it: fleets take 3 to 10 minutes, weights about one. */
export const IMAGINED = { fleetChangeMs: 5 * 60_000, weightsMs: 60_000, callMs: 0 } as const;

/** One phase of an imagined rollout. */
export interface Span {
  readonly phase: PhaseKind;
  /** The rung it belongs to; null before the first and after the last. */
  readonly rung: number | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** What the endpoint has during it. */
  readonly layout: Layout;
  /** What it has after it. */
  readonly then: Layout;
}

export interface Rehearsal {
  readonly spans: readonly Span[];
  /** Null when it would not end by itself. */
  readonly outcome: Outcome | null;
  readonly looks: number;
  /** Billable Temporal actions of the rollout's workflow, heartbeats and retries apart. */
  readonly actions: number;
  /** Rungs whose time was up before the evidence had decided. */
  readonly late: readonly number[];
}

/** A rollout of months with a look every five minutes; what needs more does not end. */
const MOST_STEPS = 100_000;

/**
 * Plays a rollout through its own machine as it goes when every step succeeds and the candidate is as good as the incumbent: the same
 * `step` and `nextCommand` that a workflow runs, with imagined answers. Evidence adds up over stages: what was held at one share counts
 * at the next. A stage that would not decide in time is taken to decide at its deadline, and named in `late`.
 */
export function rehearse(input: {
  readonly spec: RolloutSpec;
  readonly live: LiveEndpoint | null;
  readonly names: RolloutNames;
  readonly pace: Pace;
}): Rehearsal {
  const { spec, live, names, pace } = input;
  let state = startRollout({ id: 'plan', number: 0, spec, atMs: 0 });
  let [nowMs, evidence, looks] = [0, 0, 0];
  // The child workflow's start counts twice, and the first attributes are set with it.
  let actions = 2 + 1;
  const spans: Span[] = [];
  const late = new Set<number>();
  for (let i = 0; i < MOST_STEPS && state.phase.kind !== 'ended'; i += 1) {
    const before = state;
    const command = nextCommand(before);
    const tookMs = durationOf(command, nowMs);
    nowMs += tookMs;
    actions += ACTIONS[command.kind];
    if (command.kind === 'look' || command.kind === 'followGuardrails') {
      looks += 1;
      const sharePct = comparedPct(before);
      const passMs = pace.decides === 'expected' && sharePct > 0 ? pace.passMs(sharePct) : null;
      if (passMs !== null) evidence += tookMs / passMs;
      const isThrough = before.phase.kind === 'guarded' && nowMs - before.phase.sinceMs >= deploymentMs(before);
      const { event, isLate } = imaginedLook(before, { nowMs, tookMs, pace, isDecided: evidence >= 1, isThrough });
      if (isLate && 'rung' in before.phase) late.add(before.phase.rung);
      state = step(before, event, nowMs);
    } else {
      for (const event of eventsOf(command, { live, names })) state = step(state, event, nowMs);
    }
    actions += isUpsert(before, state) ? 1 : 0;
    note(spans, { before, state, tookMs, nowMs });
    if (state.phase.kind === 'approving' && isAnswered(state, pace, nowMs)) {
      const asked = state;
      state = approveAll(state, nowMs);
      actions += (asked.phase.kind === 'approving' ? asked.phase.gate.need : 0) + (isUpsert(asked, state) ? 1 : 0);
      note(spans, { before: asked, state, tookMs: 0, nowMs });
    }
  }
  const outcome = state.phase.kind === 'ended' ? state.phase.outcome : null;
  return { spans, outcome, looks, actions: actions + 1, late: [...late] };
}

function note(
  spans: Span[],
  p: { readonly before: RolloutState; readonly state: RolloutState; readonly tookMs: number; readonly nowMs: number }
): void {
  const { before, state, tookMs, nowMs } = p;
  const rung = 'rung' in before.phase ? before.phase.rung : null;
  const last = spans.at(-1);
  const span: Span = {
    phase: before.phase.kind,
    rung,
    fromMs: nowMs - tookMs,
    toMs: nowMs,
    layout: before.layout,
    then: state.layout,
  };
  if (last?.phase === span.phase && last.rung === rung && last.layout === before.layout)
    spans[spans.length - 1] = { ...last, toMs: nowMs, then: state.layout };
  else spans.push(span);
}

/** Billable actions of what a workflow does for a command: activities and timers. */
const ACTIONS: Readonly<Record<Command['kind'], number>> = {
  readEndpoint: 1,
  fixPlan: 1,
  createEndpoint: 2,
  deploy: 2,
  wait: 1,
  standStill: 0,
  warmUp: 1,
  setShares: 2,
  look: 2,
  startGuardrails: 1,
  followGuardrails: 2,
  finalise: 2,
  assess: 1,
  restore: 1,
  removeEndpoint: 1,
  clean: 1,
  end: 0,
};

function durationOf(command: Command, nowMs: number): number {
  switch (command.kind) {
    case 'look':
      return Math.max(1, command.byMs === null ? command.afterMs : Math.min(command.afterMs, command.byMs - nowMs));
    case 'wait':
      return Math.max(0, command.untilMs - nowMs);
    case 'createEndpoint':
    case 'deploy':
    case 'finalise':
      return IMAGINED.fleetChangeMs;
    case 'setShares':
      return IMAGINED.weightsMs;
    case 'followGuardrails':
      return command.afterMs;
    default:
      return IMAGINED.callMs;
  }
}

/** How long SageMaker's own deployment takes: its bakes, the time that it keeps the old fleet, and starting the new one. */
function deploymentMs({ spec, phase }: RolloutState): number {
  const rung = phase.kind === 'guarded' ? rungsOf(spec)[phase.rung] : undefined;
  const stage = spec.stages[rung?.stage ?? -1];
  if (rung?.kind !== 'guardrails' || stage?.kind !== 'blueGreen' || stage.engine !== 'guardrails') return 0;
  return IMAGINED.fleetChangeMs + rung.sharesPct.length * stage.shift.waitMs + stage.terminationWaitMs;
}

/** The share at which a phase compares; 0 where it does not. */
function comparedPct(state: RolloutState): number {
  const { phase, layout, spec } = state;
  if (phase.kind === 'watching') return 0;
  if (phase.kind !== 'guarded') return livePct(layout);
  const rung = rungsOf(spec)[phase.rung];
  const [first = 100] = rung?.kind === 'guardrails' ? rung.sharesPct : [];
  return first < 100 ? first : 0;
}

function eventsOf(
  command: Command,
  { live, names }: Pick<Parameters<typeof rehearse>[0], 'live' | 'names'>
): readonly RolloutEvent[] {
  switch (command.kind) {
    case 'readEndpoint':
      return [{ kind: 'endpointRead', live, names }];
    case 'fixPlan': {
      const plan = { guards: [], baseline: {}, forecasts: [], ramps: [], bandit: null, digest: '' };
      return [{ kind: 'planFixed', plan, guards: [], bandit: null }];
    }
    default:
      return [{ kind: 'done' }];
  }
}

function isAnswered(state: RolloutState, pace: Pace, nowMs: number): boolean {
  if (state.phase.kind !== 'approving') return false;
  const { gate, sinceMs } = state.phase;
  // A look or two before the deadline, when the file's default would speak.
  const marginMs = Math.max(2 * state.spec.tickMs, (gate.untilMs - sinceMs) / 50);
  return pace.decides === 'expected' || nowMs >= gate.untilMs - marginMs;
}

function approveAll(state: RolloutState, atMs: number): RolloutState {
  if (state.phase.kind !== 'approving') return state;
  const { gate } = state.phase;
  const people = [...gate.approvers, ...Array.from({ length: gate.need }, (_, i) => `person ${i + 1}`)].slice(
    0,
    gate.need
  );
  // Where a token is asked for, people are imagined to bring one.
  const identity =
    gate.identity.kind === 'token' ? { issuer: gate.identity.issuer, subject: null, tokenId: null } : null;
  return people.reduce<RolloutState>(
    (now, who) =>
      step(now, { kind: 'verb', verb: 'approve', who, why: 'as planned', ...(identity && { identity }) }, atMs),
    state
  );
}

/** As the workflow publishes its search attributes. */
function isUpsert(before: RolloutState, after: RolloutState): boolean {
  return (
    before.phase.kind !== after.phase.kind ||
    before.decision.kind !== after.decision.kind ||
    livePct(before.layout) !== livePct(after.layout)
  );
}

/** Percent of the live requests that shadow stages copy; ascending, each once. */
export function copiedShares(spec: RolloutSpec): readonly number[] {
  const copied = spec.stages.flatMap((stage) => (stage.kind === 'shadow' ? [stage.samplePct] : []));
  return [...new Set(copied)].sort((a, b) => a - b);
}

/** Shares at which the rungs of a file compare candidates with the incumbent, each once, rising. */
export function heldShares(spec: RolloutSpec): readonly number[] {
  const held = rungsOf(spec).flatMap((rung): readonly number[] => {
    switch (rung.kind) {
      case 'hold':
        return rung.sharePct > 0 ? [rung.sharePct] : [];
      case 'guardrails':
        return rung.sharesPct.slice(0, 1).filter((pct) => pct < 100);
      default:
        return [];
    }
  });
  return [...new Set(held)].sort((a, b) => a - b);
}
