import { rungsOf } from '../rollout';
import type { Failing, Foreseen, PlanInput } from './plan-input';
import { rungLabel } from './ladder';
import { count, duration, percent } from './words';

/** What each guard on a rate will show at each share that the file holds, and what nobody could. */
export function powerOf({ spec, foreseen }: PlanInput): readonly string[] {
  const held = rungsOf(spec).flatMap((rung) => {
    const label = rungLabel(rung, spec.stages);
    switch (rung.kind) {
      case 'hold':
        return [rung.sharePct, rung.copyPct]
          .filter((pct) => pct > 0)
          .map((sharePct) => ({ label, sharePct, forMs: rung.until.atMostMs }));
      case 'guardrails':
        return rung.sharesPct.slice(0, 1).map((sharePct) => ({ label, sharePct, forMs: rung.atMostMs }));
      default:
        return [];
    }
  });
  const { watch } = spec;
  const watched =
    watch?.keep === 'warm' ? [{ label: 'watch', sharePct: 100 - watch.holdbackPct, forMs: watch.forMs }] : [];
  const texts = [...held, ...watched].flatMap(({ label, sharePct, forMs }) =>
    foreseen.filter((one) => one.sharePct === sharePct).map((one) => `${label}, ${one.guard}: ${powerText(one, forMs)}`)
  );
  return [...new Set(texts)];
}

function powerText(one: Foreseen, atMostMs: number): string {
  const pass =
    one.passMs === null
      ? 'an equal model is not expected to pass'
      : `an equal model passes in ~${duration(one.passMs)}${within(one.pass90Ms, one.passMs)}`;
  return [pass, ...betterText(one), ...one.failing.map((failing) => failText(one, failing, atMostMs))].join('; ');
}

function betterText({ better }: Foreseen): readonly string[] {
  if (better === undefined) return [];
  const { what, passMs, pass90Ms } = better;
  return [
    passMs === null
      ? `${what} is not expected to win`
      : `${what} wins in ~${duration(passMs)}${within(pass90Ms, passMs)}`,
  ];
}

function failText(one: Foreseen, failing: Failing, atMostMs: number): string {
  const rates = failing.what === undefined ? ` (${rate(one.baseRate)} → ${rate(failing.rate)})` : '';
  const what = `${harmText(failing)}${rates}`;
  if (isBeyondAnybody(one, failing, atMostMs)) {
    const brings = count(trialsOf(one, atMostMs));
    return `${what}: nobody could show it in ${duration(atMostMs)} (any test needs ${count(failing.leastTrials)} of its requests on average, ${brings} come)`;
  }
  return failing.failMs === null || failing.failMs > atMostMs
    ? `${what}: not shown within ${duration(atMostMs)}`
    : `${what} fails in ~${duration(failing.failMs)}${within(failing.fail90Ms, failing.failMs)}`;
}

/** What nine in ten take, where it differs. */
function within(ms: number | null | undefined, meanMs: number): string {
  return ms === null || ms === undefined || ms <= meanMs ? '' : ` (9 in 10 in ${duration(ms)})`;
}

/** A candidate's harm in words: `1.5× the bad events`. */
export function harmText({ what, times, rate: bad }: Failing): string {
  if (what !== undefined) return what;
  return times === null ? `${rate(bad)} bad events` : `${times}× the bad events`;
}

/** Whether no test at all could show it in the time: fewer trials come than Wald's bound asks for. */
export function isBeyondAnybody(one: Foreseen, failing: Failing, atMostMs: number): boolean {
  return failing.leastTrials > trialsOf(one, atMostMs);
}

/** Trials of the candidate within a time. */
function trialsOf({ perSecond, sharePct }: Foreseen, ms: number): number {
  return (perSecond * (sharePct / 100) * ms) / 1000;
}

function rate(value: number): string {
  const pct = 100 * value;
  return pct > 0 && pct < 1 ? `${Number(pct.toPrecision(2))} %` : percent(pct);
}
