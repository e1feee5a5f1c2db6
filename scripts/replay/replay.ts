import {
  bookLabels,
  bookPredictions,
  closeCohorts,
  decide,
  guardNames,
  judgeTick,
  measureDispersion,
  planEveryGuard,
  startGuard,
  startLedger,
} from '../../guards';
import type {
  ArmCounts,
  Decision,
  Evidence,
  GuardPlan,
  GuardState,
  LabelLedger,
  TickEvidence,
  Verdict,
} from '../../guards';
import type { InputFeature } from '../../guards/thresholds/types';
import type { GuardsFile } from '../../spec/guards-file';
import type { TraceRow } from '../../spec/trace';
import { Mistake } from '../mistakes';
import type { Arms } from './arms';
import { groupBy } from './group-by';
import { evidenceOf } from './evidence';
import type { TickRows } from './evidence';

/** One guard at one tick. */
export interface ReplayLine {
  /** When it was judged: the end of the tick, or the moment at which a cohort of labels was closed. */
  readonly t: string;
  readonly plan: GuardPlan;
  readonly verdict: Verdict;
}

export interface Replayed {
  readonly lines: readonly ReplayLine[];
  readonly decision: Decision;
  /** Time of the decision, or of the last tick. */
  readonly t: string;
  /** Number of that tick among the trace's, from 1. */
  readonly tick: number;
  readonly candidateRequests: number;
  /** Guard whose trials were taken for requests. */
  readonly countedBy: string | null;
  readonly droppedLate: number;
}

/** Plans the guards from what the trace shows before the rollout, then judges tick by tick until a decision. Pure. */
export function replay(p: {
  readonly file: GuardsFile;
  readonly rows: readonly TraceRow[];
  readonly arms: Arms;
}): Replayed {
  const { file, rows, arms } = p;
  const names = guardNames(file.guards);
  const unknown = rows.find(({ guard }) => !names.includes(guard));
  if (unknown !== undefined) {
    throw new Mistake(`Line ${unknown.line} of the trace is for ${unknown.guard}; the guards are ${names.join(', ')}.`);
  }
  const live = rows.filter(({ phase }) => phase === undefined || phase === 'rollout');
  const plans = planned(p);
  const times = [...new Set(live.map(({ t }) => Date.parse(t)))].sort((a, b) => a - b);
  const byTime = groupBy(live, ({ t }) => Date.parse(t));
  let ledger = file.maturityMs === null ? null : startLedger({ tickMs: file.tickMs, maturityMs: file.maturityMs });
  let states: readonly GuardState[] = plans.map((plan) => startGuard(plan));
  const lines: ReplayLine[] = [];
  let decision: Decision = decide(plans, states);
  let tick = 0;
  for (const [index, time] of times.entries()) {
    tick = index + 1;
    const now = byTime.get(time) ?? [];
    const late = now.filter(({ predictedAt }) => predictedAt !== undefined);
    if (late.length > 0 && ledger === null) {
      throw new Mistake(
        `Line ${late[0]?.line ?? 0} of the trace has "predictedAt", but the guards file has no maturity.`
      );
    }
    ledger = ledger && late.reduce((books, row) => booked(books, row, arms), ledger);
    const closed = ledger === null ? null : closeCohorts(ledger, time);
    ledger = closed?.ledger ?? ledger;
    states = plans.map((plan, i) => {
      let state = states[i] ?? startGuard(plan);
      const own = now.filter((row) => row.guard === plan.name && row.predictedAt === undefined);
      const ticks: Evidence[] = own.length === 0 ? [] : [evidenceOf(plan, byArm(own, arms))];
      if (plan.kind === 'quality') ticks.push(...(closed?.closed ?? []).map(({ outcomes }) => outcomes));
      if (plan.kind === 'labelLoss') ticks.push(...(closed?.closed ?? []).flatMap(({ coverage }) => coverage ?? []));
      let verdict: Verdict | null = null;
      for (const evidence of ticks) ({ state, verdict } = judgeTick({ plan, state, evidence }));
      if (verdict !== null) lines.push({ t: new Date(time).toISOString(), plan, verdict });
      return state;
    });
    decision = decide(plans, states);
    if (decision.kind !== 'undecided') break;
  }
  const until = times[tick - 1] ?? 0;
  const { candidateRequests, countedBy } = requests(
    live.filter(({ t }) => Date.parse(t) <= until),
    arms.candidate
  );
  const dropped = ledger === null ? 0 : ledger.droppedLate.candidate + ledger.droppedLate.incumbent;
  const t = tick === 0 ? '' : new Date(until).toISOString();
  return { lines, decision, t, tick, candidateRequests, countedBy, droppedLate: dropped };
}

interface Recorded {
  readonly file: Pick<GuardsFile, 'guards'>;
  readonly rows: readonly TraceRow[];
  readonly arms: Arms;
}

function planned(p: {
  readonly file: GuardsFile;
  readonly rows: readonly TraceRow[];
  readonly arms: Arms;
}): readonly GuardPlan[] {
  const { guards, budget, horizonMs, tickMs } = p.file;
  const horizonTicks = Math.max(1, Math.ceil(horizonMs / tickMs));
  return planEveryGuard({ guards, budget, horizonTicks, ...knownBefore(p) });
}

/** Rates and quantiles of the incumbent from `baseline` rows, overdispersion from `calibrate` rows, in which both variants serve one model. */
export function knownBefore(
  p: Recorded
): Pick<Parameters<typeof planEveryGuard>[0], 'incumbent' | 'dispersion' | 'latencyMs' | 'latencyBoundsMs' | 'inputs'> {
  const { file, rows, arms } = p;
  const incumbent: Record<string, ArmCounts> = {};
  for (const row of rows.filter(({ phase, variant }) => phase === 'baseline' && variant !== arms.candidate)) {
    const before = incumbent[row.guard] ?? { n: 0, bad: 0 };
    const kind = file.guards[guardNames(file.guards).indexOf(row.guard)]?.kind;
    const n = row.n ?? 0;
    const bad = kind === 'business' || kind === 'goal' ? n - (row.k ?? 0) : (row.k ?? 0);
    incumbent[row.guard] = { n: before.n + n, bad: before.bad + bad };
  }
  const calibration = groupBy(
    rows.filter(({ phase }) => phase === 'calibrate'),
    ({ guard }) => guard
  );
  const dispersion = Object.fromEntries(
    [...calibration].map(([guard, own]) => [guard, measureDispersion(slices(own, arms))])
  );
  return { incumbent, dispersion, inputs: inputsBefore(p), ...measuredLatency(p) };
}

/** Bins of requests from `baseline` rows, in the order in which their features are first met. */
function inputsBefore({ file, rows }: Recorded): Readonly<Record<string, readonly InputFeature[]>> {
  const names = guardNames(file.guards).filter((_, i) => file.guards[i]?.kind === 'inputDrift');
  return Object.fromEntries(
    names.flatMap((name) => {
      const sums = new Map<string, readonly number[]>();
      for (const { bins = {} } of rows.filter((row) => row.guard === name && row.phase === 'baseline'))
        for (const [place, counts] of Object.entries(bins))
          sums.set(
            place,
            counts.map((count, b) => count + (sums.get(place)?.[b] ?? 0))
          );
      if (sums.size === 0) return [];
      const features = [...sums].map(([place, counts]): InputFeature => ({
        kind: 'number',
        place,
        cuts: [...counts.slice(2).keys()],
        counts,
      }));
      return [[name, features] as const];
    })
  );
}

/** Quantiles of the incumbent from `baseline` rows, for a latency guard whose file gives none: at cut-offs that those rows list. */
function measuredLatency({ file, rows, arms }: Recorded): {
  readonly latencyMs?: Readonly<Record<string, readonly number[]>>;
  readonly latencyBoundsMs?: readonly number[];
} {
  const index = file.guards.findIndex((guard) => guard.kind === 'latency' && guard.incumbentMs === null);
  const guard = file.guards[index];
  const name = guardNames(file.guards)[index];
  if (guard?.kind !== 'latency' || name === undefined) return {};
  const before = rows.filter((row) => row.guard === name && row.phase === 'baseline' && row.variant !== arms.candidate);
  const latencyBoundsMs = [...new Set(before.flatMap(({ cutoffs = [] }) => cutoffs))].sort((a, b) => a - b);
  const total = before.reduce((sum, { n = 0 }) => sum + n, 0);
  if (total === 0 || latencyBoundsMs.length < 2) return {};
  const above = (ms: number): number =>
    before.reduce((sum, { cutoffs = [], above: counts = [] }) => sum + (counts[cutoffs.indexOf(ms)] ?? 0), 0) / total;
  const off = (ms: number, quantile: number): number => Math.abs(above(ms) - (1 - quantile));
  const at = (quantile: number): number =>
    latencyBoundsMs.reduce((best, ms) => (off(ms, quantile) < off(best, quantile) ? ms : best));
  return { latencyMs: { [name]: guard.quantiles.map(at) }, latencyBoundsMs };
}

function slices(rows: readonly TraceRow[], arms: Arms): readonly TickEvidence[] {
  const ticks = [...groupBy(rows, ({ t }) => Date.parse(t))].sort(([a], [b]) => a - b);
  // Latency is measured where it wobbles most: at the cut-off in the middle of the row's.
  const of = (row: TraceRow | null) => ({
    n: row?.n ?? 0,
    bad: row?.k ?? row?.above?.[Math.floor(row.above.length / 2)] ?? 0,
  });
  return ticks.map(([time, own]) => {
    const { candidate, incumbent } = byArm(own, arms);
    return { key: new Date(time).toISOString(), candidate: of(candidate), incumbent: of(incumbent) };
  });
}

export function booked(ledger: LabelLedger, row: TraceRow, arms: Arms): LabelLedger {
  const arm = row.variant === arms.candidate ? 'candidate' : 'incumbent';
  const predictedAtMs = Date.parse(row.predictedAt ?? row.t);
  const known =
    row.predicted === undefined ? ledger : bookPredictions(ledger, { atMs: predictedAtMs, arm, n: row.predicted });
  if (row.n === undefined) return known;
  return bookLabels(known, { predictedAtMs, arrivedAtMs: Date.parse(row.t), arm, n: row.n, bad: row.k ?? 0 });
}

/** Throws `Mistake` when two rows are for the same guard, tick and variant: each is counted once. */
export function byArm(rows: readonly TraceRow[], arms: Arms): TickRows {
  const of = (variant: string | undefined): TraceRow | null => {
    const [first, second] = rows.filter((row) => row.variant === variant);
    if (first !== undefined && second !== undefined) {
      throw new Mistake(`Lines ${first.line} and ${second.line} of the trace are the same tick of ${first.guard}.`);
    }
    return first ?? null;
  };
  return { candidate: of(arms.candidate), incumbent: of(arms.incumbent), shared: of(undefined) };
}

/** Requests of the candidate, by the guard that counts them most directly; labels stand for none, the predictions they are about do. */
function requests(
  rows: readonly TraceRow[],
  candidate: string
): { readonly candidateRequests: number; readonly countedBy: string | null } {
  const own = rows.flatMap(({ variant, guard, n, predicted, predictedAt }) => {
    const count = predicted ?? (predictedAt === undefined ? n : undefined);
    return variant === candidate && count !== undefined ? [{ guard, count }] : [];
  });
  const countedBy =
    ['errors', 'split', 'captureLoss', 'latency'].find((guard) => own.some((row) => row.guard === guard)) ??
    own[0]?.guard ??
    null;
  return {
    candidateRequests: own.filter(({ guard }) => guard === countedBy).reduce((sum, { count }) => sum + count, 0),
    countedBy,
  };
}
