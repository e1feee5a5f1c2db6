import type { Decision } from '../guards/types';
import { evenSplit, livePct } from './layout';
import { runningArms } from './arms';
import type { Pace } from './rehearse';
import { rungsOf } from './rungs';
import type { Hold } from './rungs';
import type { Proposal, RolloutEvent, RolloutState, Traffic } from './types';

/**
 * A look at the evidence as a plan imagines it: requests as the shares say, a decision when there is enough evidence, and at the deadline
 * whatever is still missing (`isLate`).
 */
export function imaginedLook(
  state: RolloutState,
  p: {
    readonly nowMs: number;
    readonly tookMs: number;
    readonly pace: Pace;
    readonly isDecided: boolean;
    /** SageMaker's own deployment has moved all traffic. */
    readonly isThrough: boolean;
  }
): { readonly event: RolloutEvent; readonly isLate: boolean } {
  const { phase } = state;
  const rung = phase.kind === 'baking' ? rungsOf(state.spec)[phase.rung] : undefined;
  const hold = rung?.kind === 'hold' ? rung : null;
  const traffic = trafficOf(state, p);
  const isOver = p.isThrough || (phase.kind === 'baking' && p.nowMs >= phase.untilMs);
  const isLate = p.isThrough
    ? !p.isDecided && state.decision.kind !== 'promote'
    : isOver && hold !== null && isMissing(state, { hold, traffic, isDecided: p.isDecided });
  const isDecided = p.isDecided || isOver || state.decision.kind === 'promote';
  const decision: Decision = {
    kind: isDecided ? 'promote' : 'undecided',
    guilty: null,
    reason: isDecided ? 'every required guard passes' : 'not enough evidence yet',
  };
  const look = {
    guards: state.guards,
    decisions: Object.fromEntries(runningArms(state).map((name) => [name, decision])),
    traffic: isOver && hold !== null ? filled(state, traffic, hold) : traffic,
    bandit: state.bandit,
    proposal: hold === null ? null : proposalOf(state, { hold, nowMs: p.nowMs, isOver }),
  };
  if (phase.kind !== 'guarded') return { event: { kind: 'looked', look }, isLate };
  const reading = { isThrough: p.isThrough, stage: 'Baking', stageSinceMs: phase.sinceMs };
  return { event: { kind: 'followed', reading, look }, isLate };
}

function trafficOf(
  state: RolloutState,
  { nowMs, tookMs, pace }: { readonly nowMs: number; readonly tookMs: number; readonly pace: Pace }
): Traffic {
  const { layout, incumbent, traffic, spec } = state;
  const requests = (pace.requestsPerSecond * tookMs) / 1000;
  const add = (name: string, pct: number): readonly [string, number] => [
    name,
    (traffic.requests[name] ?? 0) + (requests * pct) / 100,
  ];
  const own = incumbent === null ? [] : [add(incumbent.variant, 100 - livePct(layout))];
  return {
    requests: Object.fromEntries([...own, ...Object.entries(layout.sharesPct).map(([name, pct]) => add(name, pct))]),
    lastLook: null,
    compared: [],
    pairs: traffic.pairs + (requests * layout.copyPct) / 100,
    throughMs: Math.floor(nowMs / spec.tickMs) * spec.tickMs,
  };
}

/** What a hold asks for beside time, and has not got. */
function isMissing(
  state: RolloutState,
  { hold, traffic, isDecided }: { readonly hold: Hold; readonly traffic: Traffic; readonly isDecided: boolean }
): boolean {
  const { until } = hold;
  const seen = candidateSum(state, traffic) - requestsAtStart(state);
  const decided = isDecided || state.decision.kind === 'promote';
  return (
    (until.needs === 'decision' && !decided) ||
    until.needs === 'winner' ||
    seen < until.requests ||
    traffic.pairs < until.pairs
  );
}

/** At the deadline it goes on as if what it asks for had come. */
function filled(state: RolloutState, traffic: Traffic, { until }: Hold): Traffic {
  const missing = Math.max(0, until.requests - (candidateSum(state, traffic) - requestsAtStart(state)));
  const [first] = runningArms(state);
  const requests =
    first === undefined ? traffic.requests : { ...traffic.requests, [first]: (traffic.requests[first] ?? 0) + missing };
  return { ...traffic, requests, pairs: Math.max(traffic.pairs, until.pairs) };
}

function proposalOf(
  state: RolloutState,
  { hold, nowMs, isOver }: { readonly hold: Hold; readonly nowMs: number; readonly isOver: boolean }
): Proposal | null {
  const { phase, layout, spec } = state;
  const reason = 'as planned';
  if (hold.follows === 'rewards') {
    const winner = isOver ? (runningArms(state)[0] ?? null) : null;
    return { sharesPct: layout.sharesPct, reason, winner };
  }
  const stage = spec.stages[hold.stage];
  if (hold.follows !== 'harm' || stage?.kind !== 'linear' || phase.kind !== 'baking') return null;
  // How fast harm is ruled out is not foretold: a step each bake.
  const done = Math.floor((nowMs - phase.sinceMs) / stage.bakeMs);
  const sharePct = stage.sharesPct[Math.min(done, stage.sharesPct.length - 1)] ?? hold.sharePct;
  const names = spec.candidates.map(({ name }) => name);
  return { sharesPct: evenSplit(names, runningArms(state), sharePct), reason, winner: null };
}

const candidateSum = ({ spec }: RolloutState, { requests }: Traffic): number =>
  spec.candidates.reduce((sum, { name }) => sum + (requests[name] ?? 0), 0);

const requestsAtStart = ({ phase }: RolloutState): number => (phase.kind === 'baking' ? phase.requestsAtStart : 0);
