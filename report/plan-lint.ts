import { explain, rungsOf } from '../rollout';
import type { Hold, Rehearsal } from '../rollout';
import { rungPlace } from './ladder';
import { alarmFindings } from './plan-lint-alarms';
import { guardrailFindings } from './plan-lint-guardrails';
import { monitorFindings } from './plan-lint-monitors';
import { watchFindings } from './plan-lint-watch';
import type { Foreseen, PlanInput } from './plan-input';
import { harmText, isBeyondAnybody } from './plan-power';
import type { PlanFinding } from './plan-view';
import { UNDECIDED } from './undecided';
import { count, duration, percent, plain, plural, sentence } from './words';

/**
 * What is wrong, or will not do what it is for, although the file is valid: what the rollout itself would refuse, stages that cannot decide
 * in time, guards that cannot fire, numbers that do not add up. Worst first.
 */
export function findingsOf(input: PlanInput, expected: Rehearsal): readonly PlanFinding[] {
  const isFirst = input.live !== null && input.live.endpoint === null;
  const all = [
    ...refusals(input, expected),
    ...(isFirst
      ? []
      : [
          ...evidenceFindings(input),
          ...stageFindings(input, expected),
          ...guardrailFindings(input),
          ...watchFindings(input),
        ]),
    ...alarmFindings(input),
    ...monitorFindings(input),
  ];
  const order = { error: 0, warning: 1, note: 2 } as const;
  return [...all].sort((a, b) => order[a.level] - order[b.level]);
}

/** What the rollout would fail with, were it started now. */
function refusals({ live }: PlanInput, { outcome }: Rehearsal): readonly PlanFinding[] {
  if (live !== null && live.refused !== null) return [error('endpoint', live.refused.what, live.refused.next)];
  if (outcome?.because.kind === 'failure') {
    const { what, next } = outcome.because.failure;
    return [error('endpoint', what, next)];
  }
  if (outcome !== null && outcome.kind !== 'promoted') return [error('stages', sentence(plain(explain(outcome))), '')];
  const status = live?.endpoint?.status ?? 'InService';
  if (status === 'InService' || status === 'Unknown') return [];
  return [warning('endpoint', `The endpoint is ${status}.`, 'Wait until it is InService.')];
}

function evidenceFindings({ spec, unplanned, traffic, foreseen }: PlanInput): readonly PlanFinding[] {
  const { atMostMs } = spec.baseline;
  if (unplanned !== null) {
    if (unplanned.type !== 'NoEvidence') return [error('guards', unplanned.what, unplanned.next)];
    const what = `${sentence(unplanned.what)} The rollout would wait up to ${duration(atMostMs)} for more, then fail with NoEvidence.`;
    return [
      warning('baseline', what, 'Send traffic, look back further (`baseline.lookback`), or ask for less (`atLeast`).'),
    ];
  }
  if (traffic.from === 'unknown')
    return [
      note('', 'Traffic is not known, so no time to a decision is foretold.', 'Say it: --rps 12 --rates errors=0.5%'),
    ];
  if (traffic.requestsPerSecond === 0)
    return [
      warning(
        'guards',
        'No request came in the lookback: no guard can fire, and none can pass.',
        'Send traffic first.'
      ),
    ];
  const blind = spec.guards.filter(({ kind, required }) => required && (kind === 'errors' || kind === 'quality'));
  const unseen = blind.filter(({ kind }) => !foreseen.some(({ guard }) => guard.startsWith(kind)));
  return unseen.map(({ kind }) =>
    note(`guards (${kind})`, `Nothing is foretold of ${kind}: its rate is not known.`, `Say it: --rates ${kind}=0.5%`)
  );
}

function stageFindings(input: PlanInput, { late }: Rehearsal): readonly PlanFinding[] {
  const { spec, traffic } = input;
  if (traffic.requestsPerSecond === 0 || input.unplanned !== null) return [];
  return rungsOf(spec).flatMap((rung, index) => {
    if (rung.kind !== 'hold') return [];
    const isLate = late.includes(index);
    return [...(isLate ? ofLate(input, rung) : []), ...ofBlindness(input, rung)];
  });
}

/** A stage whose time is up before what it asks for has come. */
function ofLate(input: PlanInput, rung: Hold): readonly PlanFinding[] {
  const { traffic, foreseen } = input;
  const { until, onInconclusive, sharePct, copyPct } = rung;
  const place = placeOf(input, rung);
  const then = `then: ${THEN[onInconclusive]}`;
  const perHour = traffic.requestsPerSecond * 3_600;
  const hours = until.atMostMs / 3_600_000;
  const short = (name: string, wanted: number, pct: number): readonly PlanFinding[] => {
    const comes = (perHour * hours * pct) / 100;
    if (comes >= wanted) return [];
    const needs = duration((wanted / ((perHour * pct) / 100)) * 3_600_000);
    const what = `${plural(wanted, name)} are asked for, and ${count(comes)} come in ${duration(until.atMostMs)}; ${then}.`;
    return [warning(place, what, `Ask for fewer, allow ${needs}, or raise the share.`)];
  };
  if (until.needs === 'pairs') return short('pair', until.pairs, copyPct);
  if (until.needs === 'winner')
    return [
      note(
        place,
        `How long a race takes is not foretold; it ends after ${duration(until.atMostMs)} at the latest.`,
        ''
      ),
    ];
  if (until.needs !== 'decision') return short('request', until.requests, sharePct);
  const own = foreseen.filter((one) => one.required && one.sharePct === sharePct);
  if (own.length === 0) return [note(place, `Not foretold; it has ${duration(until.atMostMs)}, ${then}.`, '')];
  const slow = own.filter(({ passMs }) => passMs === null || passMs > until.atMostMs);
  const guards = (slow.length === 0 ? own : slow)
    .map(
      ({ guard, passMs }) =>
        `${guard} ${passMs === null ? 'is not expected to pass at all' : `takes ~${duration(passMs)}`}`
    )
    .join(', ');
  return [
    warning(
      place,
      `It cannot decide in time: ${guards}, and it has ${duration(until.atMostMs)}; ${then}.`,
      remedyFor(input, rung, slow)
    ),
  ];
}

/** What would let it decide: more time, a share at which all required guards pass in time, or less to ask for. */
function remedyFor({ spec, foreseen }: PlanInput, { sharePct, until }: Hold, slow: readonly Foreseen[]): string {
  const required = foreseen.filter((one) => one.required);
  const slowestAt = (share: number): number =>
    Math.max(...required.filter((one) => one.sharePct === share).map(({ passMs }) => passMs ?? Infinity));
  const shares = [...new Set(required.map((one) => one.sharePct))].sort((a, b) => a - b);
  const evener = shares.find((share) => smallerPct(share) > smallerPct(sharePct) && slowestAt(share) <= until.atMostMs);
  const longestMs = slowestAt(sharePct);
  const parts = [
    ...(Number.isFinite(longestMs) ? [`allow ${duration(longestMs)}`] : []),
    ...(evener !== undefined
      ? [`hold ${percent(evener)}, where it takes ~${duration(slowestAt(evener))}`]
      : sharePct < 50
        ? ['raise the share']
        : sharePct > 50
          ? ['leave more to the old model, which has the fewer requests of the two']
          : []),
    'widen `promoteWithin`',
    ...(slow.some(({ guard }) => guard === 'errors') && lacksSlo(spec) ? ['give `errors` an `slo`'] : []),
  ];
  const text = parts.join(', or ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function lacksSlo({ guards }: PlanInput['spec']): boolean {
  return guards.some((guard) => guard.kind === 'errors' && guard.slo === undefined);
}

/** The share of the arm that has less: a comparison knows no more than that one tells. */
function smallerPct(sharePct: number): number {
  return Math.min(sharePct, 100 - sharePct);
}

/** Harm that a stage cannot show while it holds its share. */
function ofBlindness(input: PlanInput, rung: Hold): readonly PlanFinding[] {
  const { atMostMs } = rung.until;
  return input.foreseen
    .filter((one) => one.sharePct === rung.sharePct)
    .flatMap((one) => {
      const unseen = one.failing.filter(({ failMs }) => failMs === null || failMs > atMostMs);
      const [least] = [...unseen].sort((a, b) => b.rate - a.rate);
      if (least === undefined) return [];
      const isWorst = least.rate === Math.max(...one.failing.map(({ rate }) => rate));
      const nobody = isBeyondAnybody(one, least, atMostMs) ? ' Nobody could: no test has that much power.' : '';
      const what = `${one.guard}: ${harmText(least)} would not show within ${duration(atMostMs)} at ${percent(rung.sharePct)}.${nobody}`;
      const remedy =
        rung.sharePct < 50
          ? 'A larger share or more time shows it.'
          : rung.sharePct > 50
            ? 'More time shows it, or more requests for the old model to compare with.'
            : 'More time shows it.';
      return [isWorst ? warning(placeOf(input, rung), what, remedy) : note(placeOf(input, rung), what, remedy)];
    });
}

const THEN = { ...UNDECIDED, hold: `${UNDECIDED.hold}, for as long as it takes` } as const;

function placeOf({ spec }: PlanInput, rung: Hold): string {
  return rungPlace(rung, spec.stages);
}

const error = (place: string, what: string, remedy: string): PlanFinding => ({ level: 'error', place, what, remedy });
const warning = (place: string, what: string, remedy: string): PlanFinding => ({
  level: 'warning',
  place,
  what,
  remedy,
});
const note = (place: string, what: string, remedy: string): PlanFinding => ({ level: 'note', place, what, remedy });
