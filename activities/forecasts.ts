import { setImmediate } from 'node:timers/promises';
import type { DecisionForecast } from '../guards';
import {
  drifted,
  foretellDrift,
  foretellLatency,
  foretellMean,
  foretellPairs,
  foretellRate,
  foretellShift,
} from '../guards/foretell';
import type { GuardPlan } from '../guards/types';
import type { GuardForecast } from '../rollout';
import type { ActivityDeps } from './deps';
import type { Measured } from './measure';

/** Rate of bad events that is forecast for a failing candidate when the incumbent has none at all. */
const RATE_WITHOUT_BASE = 0.05;

/** What is known of the traffic. */
export type KnownTraffic = Pick<Measured, 'trialsPerSecond'> & Partial<Pick<Measured, 'requestsPerSecond' | 'further'>>;

/** A guard whose decisions can be foretold: of an equally good candidate, and of a worse one. */
interface Foreseeable {
  readonly perSecond: number;
  /** Absent: twice the bad events. */
  readonly worse?: string;
  readonly at: (p: {
    readonly requestsPerTick: number;
    readonly sharePct: number;
    readonly decides: 'pass' | 'fail';
  }) => DecisionForecast | null;
  /** Of a guard that an equal candidate does not pass: one that would, and when. */
  readonly better?: {
    readonly what: string;
    readonly at: (p: { readonly requestsPerTick: number; readonly sharePct: number }) => DecisionForecast | null;
  };
}

/**
 * When each guard will decide at each share: for a candidate as good as the incumbent, and for a worse one (twice the bad events; of latency, means
 * and scores, one at the margin; of answers, twice the distance); a goal is also foretold for a better one. Pairs are foretold at the shares that are copied.
 */
export async function forecasts(
  deps: ActivityDeps,
  input: {
    readonly tickMs: number;
    readonly sharesPct: readonly number[];
    readonly copiesPct: readonly number[];
    readonly guards: readonly GuardPlan[];
    readonly known: KnownTraffic;
    /** What needs no forecast any more. */
    readonly isMade?: (plan: GuardPlan, sharePct: number) => boolean;
  }
): Promise<readonly GuardForecast[]> {
  const { tickMs, guards, known, isMade = () => false } = input;
  const inMs = (ticks: number | null | undefined): number | null =>
    ticks === null || ticks === undefined ? null : Math.ceil(ticks) * tickMs;
  const forecasted: GuardForecast[] = [];
  for (const plan of guards) {
    const found = foreseeable(plan, known, tickMs);
    if (found === null || !(found.perSecond > 0)) continue;
    const requestsPerTick = (found.perSecond * tickMs) / 1000;
    for (const sharePct of new Set(isOfPairs(plan) ? input.copiesPct : input.sharesPct)) {
      if (isMade(plan, sharePct)) continue;
      const equal = found.at({ requestsPerTick, sharePct, decides: 'pass' });
      // A forecast computes for a second or so; heartbeats and other activities must get their turn.
      deps.heartbeat(`Forecasting ${plan.name} at ${sharePct} %`);
      await setImmediate();
      const bad = found.at({ requestsPerTick, sharePct, decides: 'fail' });
      await setImmediate();
      const better = found.better?.at({ requestsPerTick, sharePct });
      if (found.better !== undefined) await setImmediate();
      forecasted.push({
        guard: plan.name,
        sharePct,
        requestsPerSecond: found.perSecond,
        passMs: inMs(equal?.expectedTicks),
        failMs: inMs(bad?.expectedTicks),
        pass90Ms: inMs(equal?.ticks90),
        fail90Ms: inMs(bad?.ticks90),
        ...(found.worse !== undefined && { worse: found.worse }),
        ...(found.better !== undefined && {
          better: {
            what: found.better.what,
            passMs: inMs(better?.expectedTicks),
            pass90Ms: inMs(better?.ticks90),
          },
        }),
      });
    }
  }
  return forecasted;
}

function foreseeable(plan: GuardPlan, known: KnownTraffic, tickMs: number): Foreseeable | null {
  switch (plan.kind) {
    case 'errors':
    case 'quality':
    case 'business':
    case 'goal': {
      const incumbentRate = plan.incumbentRate?.rate ?? 0;
      const candidateRate = { pass: incumbentRate, fail: worseRate(incumbentRate) };
      return {
        perSecond: known.trialsPerSecond[plan.name] ?? 0,
        // Twice nothing is nothing.
        ...(incumbentRate === 0 && { worse: `one with ${100 * RATE_WITHOUT_BASE} % bad events` }),
        at: ({ decides, ...traffic }) =>
          foretellRate({ plan, incumbentRate, candidateRate: candidateRate[decides], ...traffic }, decides),
        ...(plan.kind === 'goal' && {
          better: {
            what: `one that meets it ${BETTER} times as often`,
            at: (traffic) =>
              foretellRate({ plan, incumbentRate, candidateRate: missesOfBetter(incumbentRate), ...traffic }, 'pass'),
          },
        }),
      };
    }
    case 'shadow': {
      const found = known.further?.[plan.name];
      if (found?.known.kind !== 'rate') return null;
      const incumbentRate = found.known.rate;
      const candidateRate = { pass: incumbentRate, fail: worseRate(incumbentRate) };
      return {
        perSecond: found.perSecond,
        worse: 'twice the wrong answers, wrong independently of the incumbent’s,',
        at: (p) => foretellPairs({ plan, incumbentRate, candidateRate: candidateRate[p.decides], ...p }),
      };
    }
    case 'latency':
      return {
        perSecond: known.requestsPerSecond ?? 0,
        worse: `${Number(plan.promoteRatio.toPrecision(3))} times the latency`,
        at: (p) => foretellLatency({ plan, times: p.decides === 'fail' ? plan.promoteRatio : 1, ...p }),
      };
    case 'mean': {
      const found = known.further?.[plan.name];
      if (found === undefined || found.known.kind === 'rate' || found.known.kind === 'labels') return null;
      const { known: values, perSecond } = found;
      const horizonTicks = Math.ceil(LONGEST_MS / tickMs);
      return {
        perSecond,
        worse: `a mean worse by ${Number(plan.promoteDifference.toPrecision(3))}`,
        at: (p) => {
          const worseBy = p.decides === 'fail' ? plan.promoteDifference : 0;
          return foretellMean({ plan, known: values, worseBy, horizonTicks, ...p });
        },
      };
    }
    case 'shadowScore': {
      const found = known.further?.[plan.name];
      if (found?.known.kind !== 'moments') return null;
      const { deviation } = found.known;
      return {
        perSecond: found.perSecond,
        worse: `a score worse by ${Number(plan.promoteDifference.toPrecision(3))}`,
        at: (p) => {
          const worseBy = p.decides === 'fail' ? plan.promoteDifference : 0;
          return foretellShift({ plan, deviation, worseBy, horizonTicks: Math.ceil(LONGEST_MS / tickMs), ...p });
        },
      };
    }
    case 'outputDrift': {
      const found = known.further?.[plan.name];
      if (found?.known.kind !== 'labels') return null;
      const { labels } = found.known;
      const { distance } = drifted(plan, labels);
      return {
        perSecond: found.perSecond,
        worse: `answers that differ by ${Number(distance.toPrecision(2))}`,
        at: (p) => foretellDrift({ plan, known: labels, ...p }),
      };
    }
    default:
      return null;
  }
}

const isOfPairs = ({ kind }: GuardPlan): boolean => kind === 'shadow' || kind === 'shadowScore';

/** How much oftener a candidate that is worth having meets the goal. */
const BETTER = 1.1;

function missesOfBetter(misses: number): number {
  return Math.max(0.001, 1 - BETTER * (1 - misses));
}

/** A guard on a mean has no horizon of its own. */
const LONGEST_MS = 14 * 86_400_000;

/** Rate of bad events of the failing candidate that is forecast. */
export function worseRate(incumbentRate: number): number {
  return Math.min(0.99, incumbentRate > 0 ? 2 * incumbentRate : RATE_WITHOUT_BASE);
}
