import type { GuardPlan } from '../../guards/types';
import { FailureError } from '../../sagemaker/faults';
import type { GuardSpec } from '../../spec/types';
import { readAlarm } from './alarm';
import { readAttributions } from './attributions';
import { readBusiness, readMean } from './business';
import { readCapture } from './coverage';
import { readDrift } from './drift';
import { readFacets } from './facets';
import { readInputs } from './inputs';
import { readLatency } from './latency';
import type { Look } from './look';
import { readScoreShift, readShadowPairs } from './pairs';
import { readCohorts } from './quality';
import type { GuardReading, Pair } from './reading';
import { readErrors, readSplit } from './request-counts';
import { bySegment } from './segments';
import type { Only } from './segments';
import { readThreshold } from './threshold';
import { readExposedErrors, readUserSplit } from './user-trials';
import { readWebhook } from './webhook';

/** What one guard asks of its source. */
export interface GuardQuestion {
  readonly guard: GuardSpec;
  /** Null before the plan is fixed, when only the incumbent's own counts are read. */
  readonly plan: GuardPlan | null;
  readonly pair: Pair;
  /** Ticks that end here or earlier have been judged. */
  readonly sinceMs: number;
  readonly late: { readonly seenMs: number; readonly openMs: number };
}

/** Late labels are looked for an hour back. */
const HOUR_MS = 3_600_000;

/** Guards whose evidence is counts of bad events by arm. */
export const OF_RATES: ReadonlySet<GuardSpec['kind']> = new Set(['errors', 'quality', 'business', 'goal']);

/** Reads the evidence of one guard, whatever its kind. */
export async function readGuard(look: Look, question: GuardQuestion): Promise<GuardReading> {
  const { guard, sinceMs } = question;
  if (look.bySegment !== true || !OF_RATES.has(guard.kind)) return readKind(look, question);
  return bySegment(look, sinceMs - backOf(look, guard), (only) => readKind(look, question, only));
}

/** How far before the first tick lies what a guard reads to judge it. */
function backOf({ spec }: Look, guard: GuardSpec): number {
  const users = guard.kind === 'errors' || guard.kind === 'quality' ? guard.users?.windowMs : undefined;
  const event =
    guard.kind === 'business' || guard.kind === 'goal' ? spec.events?.[guard.event ?? '']?.windowMs : undefined;
  return HOUR_MS + (users ?? event ?? 0);
}

async function readKind(look: Look, question: GuardQuestion, only?: Only): Promise<GuardReading> {
  const { guard, plan, sinceMs } = question;
  switch (guard.kind) {
    case 'errors':
      return guard.users === undefined && only === undefined
        ? readErrors(look, guard)
        : readExposedErrors(look, guard, { sinceMs, only });
    case 'split':
      return guard.unit === 'user' ? readUserSplit(look) : readSplit(look);
    case 'quality':
      return readCohorts(look, { kind: guard.kind, sinceMs, late: question.late, users: guard.users, only });
    case 'labelLoss':
      return readCohorts(look, { kind: guard.kind, sinceMs, late: question.late });
    case 'business':
    case 'goal':
      return readBusiness(look, guard, { sinceMs, only });
    case 'mean':
      return readMean(look, guard, sinceMs);
    case 'shadow':
      return readShadowPairs(look, guard, sinceMs);
    case 'shadowScore':
      return readScoreShift(look, guard, sinceMs);
    case 'latency':
      if (plan?.kind !== 'latency') throw new FailureError('Internal', 'A latency guard has no plan of its kind.');
      return readLatency(look, plan, sinceMs);
    case 'captureLoss':
      return readCapture(look, sinceMs);
    case 'outputDrift':
      return readDrift(look, guard, sinceMs);
    case 'bias':
      return readFacets(look, guard, sinceMs);
    case 'inputDrift':
      return readInputs(look, { guard, plan, sinceMs });
    case 'attribution':
      return readAttributions(look, { guard, plan, sinceMs, pair: question.pair });
    case 'threshold':
      return readThreshold(look, guard, sinceMs);
    case 'alarm':
      return readAlarm(look, guard);
    case 'webhook':
      return readWebhook(look, guard, question.pair);
  }
}
