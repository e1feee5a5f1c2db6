import type { Decision } from '../guards/types';
import { askPeople } from './approval';
import { afterApprovalLook } from './approved';
import { combinedDecision, declareWinner, provenArm, runningArms, standDown } from './arms';
import { turnBack } from './back';
import { holdAt, layoutText, sharesText } from './bake';
import { enterRung } from './climb';
import { evenSegments, evenSplit, livePct, sameShares } from './layout';
import { enter, note } from './moves';
import { settle } from './promotion';
import { rungsOf } from './rungs';
import { candidateRequests } from './traffic';
import type { Baking, LookResult, Proposal, RolloutState } from './types';

/** Takes in what a look found, and acts on it. */
export function takeLook(before: RolloutState, look: LookResult, atMs: number): RolloutState {
  const { guards, decisions, traffic, bandit, proposal } = look;
  const seen = { ...before, guards, decisions, traffic, bandit };
  return afterLook({ ...seen, decision: combinedDecision(seen) }, proposal, atMs);
}

/** What a look at the evidence means for traffic that is held. `proposal`: what the evidence wants of the shares. */
export function afterLook(before: RolloutState, proposal: Proposal | null, atMs: number): RolloutState {
  const benched = benchFailed(before, atMs);
  const state = { ...benched, decision: combinedDecision(benched) };
  if (state.decision.kind === 'rollBack') return turnBackOnEvidence(state, state.decision, atMs);
  switch (state.phase.kind) {
    case 'baking':
      return state.paused === null ? afterBakeLook(state, { phase: state.phase, proposal, atMs }) : state;
    case 'approving':
      return afterApprovalLook(state, state.phase, atMs);
    case 'watching':
      return state.paused === null && atMs >= state.phase.untilMs ? settle(state, atMs) : state;
    default:
      return state;
  }
}

function turnBackOnEvidence(state: RolloutState, decision: Decision, atMs: number): RolloutState {
  const because = { kind: 'evidence', guard: decision.guilty, reason: decision.reason } as const;
  return turnBack(state, { kind: 'rolledBack', because }, atMs);
}

/** While others run, a candidate whose guard fails is taken out alone. */
function benchFailed(before: RolloutState, atMs: number): RolloutState {
  return runningArms(before).reduce((state, name) => {
    const decision = state.decisions[name];
    if (decision?.kind !== 'rollBack' || runningArms(state).length < 2) return state;
    const why = decision.reason;
    return note(standDown(state, { name, standing: 'benched', why }), atMs, `${name} is out: ${why}`);
  }, before);
}

function afterBakeLook(
  state: RolloutState,
  input: { readonly phase: Baking; readonly proposal: Proposal | null; readonly atMs: number }
): RolloutState {
  const { phase, proposal, atMs } = input;
  const { until, follows } = holdAt(state, phase.rung);
  if (until.needs === 'winner' && typeof proposal?.winner === 'string')
    return afterRace(state, { phase, proposal, atMs });
  if (isBaked(state, phase, atMs)) {
    const winner = until.needs === 'decision' && runningArms(state).length > 1 ? provenArm(state) : null;
    return enterRung(winner === null ? state : declareWinner(state, winner), { index: phase.next, atMs });
  }
  const moved =
    follows !== 'file' && proposal !== null
      ? follow(state, { phase, proposal, atMs })
      : withoutBenched(state, phase, atMs);
  if (moved !== null) return moved;
  return atMs >= phase.untilMs ? afterMissedDecision(state, phase, atMs) : state;
}

/** The race is decided. The incumbent may have won it: then nothing changes. */
function afterRace(
  state: RolloutState,
  { phase, proposal, atMs }: { readonly phase: Baking; readonly proposal: Proposal; readonly atMs: number }
): RolloutState {
  const { winner, reason } = proposal;
  if (winner === null || winner === state.incumbent?.variant)
    return turnBackOnEvidence(
      state,
      { kind: 'rollBack', guilty: null, reason: `The incumbent is the best arm: ${reason}` },
      atMs
    );
  const said = `${winner} is the best arm: ${reason}`;
  const decision = { kind: 'promote', guilty: null, reason: said } as const;
  const won = { ...declareWinner(note(state, atMs, said), winner), decision };
  return enterRung(won, { index: phase.next, atMs });
}

/** Moves the shares to where the evidence wants them; null when they are there. */
function follow(
  state: RolloutState,
  { phase, proposal, atMs }: { readonly phase: Baking; readonly proposal: Proposal; readonly atMs: number }
): RolloutState | null {
  const { sharesPct, segments } = proposal;
  const wanted = { sharesPct, ...(segments !== undefined && { segments }) };
  if (sameShares({ ...state.layout, ...wanted }, state.layout)) return null;
  return enter(state, {
    phase: { kind: 'shifting', rung: phase.rung, ...wanted, within: phase },
    atMs,
    text: `Shift ${sharesText(sharesPct)}: ${proposal.reason}`,
  });
}

/** What a benched candidate had goes to those that run on; null when it had nothing. */
function withoutBenched(state: RolloutState, phase: Baking, atMs: number): RolloutState | null {
  const { layout, arms } = state;
  if (
    layout.kind !== 'split' ||
    !arms.some(({ name, standing }) => standing !== 'running' && (layout.sharesPct[name] ?? 0) > 0)
  )
    return null;
  const all = arms.map(({ name }) => name);
  const sharesPct = evenSplit(all, runningArms(state), livePct(layout));
  const segments = evenSegments(state.spec.stages[holdAt(state, phase.rung).stage], sharesPct);
  return enter(state, {
    phase: {
      kind: 'shifting',
      rung: phase.rung,
      sharesPct,
      ...(segments !== undefined && { segments }),
      within: phase,
    },
    atMs,
    text: `Shift ${sharesText(sharesPct)}.`,
  });
}

/** Promotion needs the decision, whatever the last rung asks for; once all rungs have passed it needs nothing else. */
function isBaked(state: RolloutState, phase: Baking, atMs: number): boolean {
  const isDecided = state.decision.kind === 'promote';
  if (phase.next > phase.rung + 1) return isDecided;
  const { until } = holdAt(state, phase.rung);
  const isHeld =
    atMs - phase.sinceMs >= until.atLeastMs &&
    livePct(state.layout) >= until.sharePct &&
    candidateRequests(state) - phase.requestsAtStart >= until.requests &&
    state.traffic.pairs >= until.pairs &&
    (until.needs !== 'decision' || isDecided) &&
    (until.needs !== 'pairs' || pairsPass(state)) &&
    until.needs !== 'winner' &&
    state.decision.holding === undefined;
  return isHeld && (isDecided || phase.next < rungsOf(state.spec).length);
}

/** Every required guard that judges answers pair by pair passes. */
function pairsPass(state: RolloutState): boolean {
  return (state.plan?.guards ?? []).every(
    ({ kind, required }, i) =>
      !required || (kind !== 'shadow' && kind !== 'shadowScore') || state.guards[i]?.verdict.kind === 'pass'
  );
}

function afterMissedDecision(state: RolloutState, phase: Baking, atMs: number): RolloutState {
  const { onInconclusive, stage, until } = holdAt(state, phase.rung);
  const missed = until.needs === 'winner' ? 'No arm was shown to be the best' : 'No decision';
  const reason = `${missed} within the time of stage ${stage + 1}. ${state.decision.reason}`;
  switch (onInconclusive) {
    case 'hold': {
      const holding = `Holding ${layoutText(state.layout)}.`;
      const isSaid = state.log.some((entry) => entry.atMs >= phase.untilMs && entry.text.endsWith(holding));
      return isSaid ? state : note(state, atMs, `${reason} ${holding}`);
    }
    case 'rollBack':
      return turnBack(state, { kind: 'undecided', because: { kind: 'undecided', reason } }, atMs);
    case 'advance':
      return enterRung(note(state, atMs, reason), { index: phase.next, atMs, override: true });
    case 'ask':
      return askPeople(state, { rung: phase.rung, next: phase.next, atMs, reason });
  }
}
