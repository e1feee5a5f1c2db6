import { bookLabels, bookPredictions, closeCohorts, startLedger } from '../../guards';
import type { ArmCounts, ClosedCohort, LabelLedger } from '../../guards';
import { FailureError } from '../../sagemaker/faults';
import { readAnswers } from './answers';
import { fieldReader } from './field';
import { readLabels } from './labels';
import type { Look } from './look';
import { everyTick, tickEnd } from './reading';
import type { CapturedAnswer } from './predictions';
import type { GuardReading, Pair } from './reading';
import type { Only } from './segments';
import { readUsers, windowOf } from './user-trials';

/** Labels that come later than this after their cohort was closed are not even counted as late: nobody looks for them any more. */
const LATE_MS = 3_600_000;

/** One variant's predictions of one tick. */
interface Booked {
  readonly predicted: number;
  readonly labelled: ArmCounts;
  /** Labels that came after the cohort was closed, and since the last look. */
  readonly late: number;
}

const NOTHING: Booked = { predicted: 0, labelled: { n: 0, bad: 0 }, late: 0 };

/**
 * Joins captured predictions to labels by inference id and books them in a ledger, which closes each cohort once, at the fixed maturity after
 * its tick, for both arms alike: a label that arrives later does not count, so that a delay that differs between the arms cannot bias
 * the comparison. `quality` gets the outcomes of the closed cohorts, `labelLoss` how much of them was labelled.
 */
export async function readCohorts(
  look: Look,
  input: {
    readonly kind: 'quality' | 'labelLoss';
    readonly sinceMs: number;
    /** Late labels are counted when they arrived after `seenMs`, for predictions made from `openMs` on. */
    readonly late: { readonly seenMs: number; readonly openMs: number };
    /** Counts the first labelled answer of a user and window; absent: every labelled answer. */
    readonly users?: { readonly windowMs: number } | undefined;
    /** Leaves out the answers to other requests; absent: none. */
    readonly only?: Only | undefined;
  }
): Promise<GuardReading> {
  const { spec, nowMs } = look;
  const { prediction } = spec.schema;
  if (spec.groundTruth === undefined || prediction === undefined)
    throw new FailureError('InvalidRequest', `A ${input.kind} guard needs groundTruth and schema.prediction.`);
  const { tickMs } = spec;
  const { from, maturityMs } = spec.groundTruth;
  const closedMs = nowMs - maturityMs;
  const books = await bookAll(look, { ...input, from, maturityMs, prediction });

  const ledgers = new Map<
    string,
    { readonly ledger: LabelLedger; readonly byKey: ReadonlyMap<string, ClosedCohort> }
  >();
  const closedFor = (pair: Pair) => {
    const name = `${pair.candidate} ${pair.incumbent}`;
    const known = ledgers.get(name);
    if (known !== undefined) return known;
    let ledger = startLedger({ tickMs, maturityMs });
    for (const arm of ['candidate', 'incumbent'] as const) {
      for (const [endMs, { predicted, labelled, late }] of books.get(pair[arm]) ?? []) {
        const at = { predictedAtMs: endMs - 1, arm };
        ledger = bookPredictions(ledger, { atMs: endMs - 1, arm, n: predicted });
        if (labelled.n > 0) ledger = bookLabels(ledger, { ...at, arrivedAtMs: endMs + maturityMs, ...labelled });
        if (late > 0) ledger = bookLabels(ledger, { ...at, arrivedAtMs: endMs + maturityMs + 1, n: late, bad: 0 });
      }
    }
    const closed = closeCohorts(ledger, nowMs);
    const made = { ledger: closed.ledger, byKey: new Map(closed.closed.map((one) => [one.outcomes.key, one])) };
    ledgers.set(name, made);
    return made;
  };
  const none = { due: 0, got: 0 };
  return {
    ...everyTick({ closedMs, tickMs }, ({ key }, pair) => {
      const cohort = closedFor(pair).byKey.get(key);
      if (input.kind === 'labelLoss')
        return cohort?.coverage ?? { kind: 'coverage', key, candidate: none, incumbent: none, sampling: 1 };
      const outcomes = cohort?.outcomes ?? { key, candidate: NOTHING.labelled, incumbent: NOTHING.labelled };
      return input.users === undefined ? outcomes : { ...outcomes, unit: 'user' };
    }),
    late: (pair) => closedFor(pair).ledger.droppedLate,
  };
}

/** Predictions and labels of each variant, by the end of the tick of the prediction. */
async function bookAll(
  look: Look,
  input: {
    readonly sinceMs: number;
    readonly late: { readonly seenMs: number; readonly openMs: number };
    readonly from: string;
    readonly maturityMs: number;
    readonly prediction: string;
    readonly users?: { readonly windowMs: number } | undefined;
    readonly only?: Only | undefined;
  }
): Promise<ReadonlyMap<string, ReadonlyMap<number, Booked>>> {
  const { objects, nowMs, spec } = look;
  const { late, from, maturityMs } = input;
  const closedMs = nowMs - maturityMs;
  if (closedMs <= input.sinceMs) return new Map();
  const fromMs = Math.max(Math.min(late.openMs, input.sinceMs), input.sinceMs - LATE_MS);
  const range = { fromMs: fromMs - (input.users?.windowMs ?? 0), toMs: closedMs };
  const labels = await readLabels({ objects, from, fromMs: range.fromMs, toMs: nowMs });
  const { only = () => true } = input;
  const answers = new Map(
    [...(await readAnswers(look, range))].map(([variant, own]) => [variant, own.filter(({ id }) => only(id))])
  );
  const isInTime = ({ id, atMs }: CapturedAnswer): boolean =>
    (labels.get(id)?.arrivedMs ?? Infinity) <= tickEnd(atMs, spec.tickMs) + maturityMs;
  const doesCount = await trialsOf(look, { answers, isInTime, range, users: input.users });
  const predictionOf = fieldReader(input.prediction);
  return new Map(
    [...answers].map(([variant, own]) => {
      const book = new Map<number, Booked>();
      for (const answer of own.filter(({ atMs }) => atMs >= fromMs)) {
        const { id, atMs, output } = answer;
        const endMs = tickEnd(atMs, spec.tickMs);
        const { predicted, labelled, late: lates } = book.get(endMs) ?? NOTHING;
        const label = labels.get(id);
        const inTime = isInTime(answer);
        const counts = inTime && doesCount(answer);
        const isLate = label !== undefined && !inTime && label.arrivedMs > late.seenMs && label.arrivedMs <= nowMs;
        // An answer without a readable prediction is a wrong answer, not a missing one.
        const isBad = counts && predictionOf(output) !== label?.label;
        book.set(endMs, {
          predicted: predicted + 1,
          labelled: { n: labelled.n + Number(counts), bad: labelled.bad + Number(isBad) },
          late: lates + Number(isLate && atMs >= late.openMs),
        });
      }
      return [variant, book];
    })
  );
}

/** Which of the answers whose label came in time count: all of them, or of each user the first in his window. */
async function trialsOf(
  look: Look,
  p: {
    readonly answers: ReadonlyMap<string, readonly CapturedAnswer[]>;
    readonly isInTime: (answer: CapturedAnswer) => boolean;
    readonly range: { readonly fromMs: number; readonly toMs: number };
    readonly users: { readonly windowMs: number } | undefined;
  }
): Promise<(answer: CapturedAnswer) => boolean> {
  const { users } = p;
  if (users === undefined) return () => true;
  const userOf = await readUsers(look, p.range);
  const labelled = [...p.answers.values()].flat().filter(p.isInTime);
  const seen = new Set<string>();
  const counting = new Set<string>();
  for (const { id, atMs } of labelled.sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1))) {
    const window = windowOf(look, { who: userOf.get(id) ?? id, atMs, windowMs: users.windowMs });
    if (seen.has(window)) continue;
    seen.add(window);
    counting.add(id);
  }
  return ({ id }) => counting.has(id);
}
