import { judgeTick, startGuard } from '../../guards';
import type { GuardPlan, GuardState } from '../../guards';
import { formatCount, formatRate } from '../../guards/wording';
import type { Check } from '../types';
import type { SystemLimits, VariantEvidence } from './types';

/** What data capture should have stored, by the guards' coverage test; each minute is counted once over all windows. */
export function judgeCapture(
  { variant, minutes, sampling }: VariantEvidence,
  p: { readonly limits: SystemLimits; readonly alpha: number; readonly carried: GuardState | undefined }
): { readonly check: Check; readonly state: GuardState } | null {
  if (sampling === null || sampling <= 0 || minutes.every(({ captured }) => captured === null)) return null;
  const plan: GuardPlan = {
    name: 'capture',
    class: 'approximate',
    required: false,
    kind: 'captureLoss',
    alpha: p.alpha,
    tolerated: p.limits.captureLossPct / 100,
    leastDue: p.limits.leastRequests,
  };
  let state = p.carried ?? startGuard(plan);
  let [due, got] = [0, 0];
  let verdict: Check['verdict'] = 'inconclusive';
  for (const minute of minutes) {
    if (minute.captured === null) continue;
    const own = {
      // Data capture keeps no call that failed.
      due: Math.max(0, Math.round(minute.invocations - minute.errors4xx - minute.errors5xx)),
      got: minute.captured,
    };
    due += own.due;
    got += own.got;
    const key = new Date(minute.atMs + 60_000).toISOString();
    // One arm alone: beside itself it differs from nothing, and only its own loss is judged.
    const judged = judgeTick({
      plan,
      state,
      evidence: { kind: 'coverage', key, candidate: own, incumbent: own, sampling },
    });
    state = judged.state;
    verdict = judged.verdict.holds === true || judged.verdict.kind === 'fail' ? 'fail' : judged.verdict.kind;
  }
  const expected = due * sampling;
  const loss = expected > 0 ? Math.max(0, 1 - got / expected) : null;
  return {
    state,
    check: {
      subject: variant,
      check: 'capture_loss_check',
      verdict,
      value: loss,
      interval: null,
      threshold: p.limits.captureLossPct / 100,
      reason: `${variant}: ${formatCount(got)} records of ${formatCount(expected)} that were to be captured, ${formatRate(loss ?? 0)} missing; ${formatRate(p.limits.captureLossPct / 100)} are tolerated`,
    },
  };
}
