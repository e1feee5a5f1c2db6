import type { GuardPlan, NoiseMode } from '../guards/types';
import { count, percent, plural } from './words';

/** What was fixed for one guard before the candidate's first request, as a sentence: limits, and how it treats noise and why. */
export function planSentence(plan: GuardPlan): string {
  return `${plan.name}: ${limits(plan)}${'noise' in plan && plan.noise !== undefined ? `; ${mode(plan.noise)}` : ''}.`;
}

function limits(plan: GuardPlan): string {
  switch (plan.kind) {
    case 'errors':
    case 'quality':
    case 'business':
    case 'goal':
    case 'shadow': {
      const { rollbackOddsRatio, promoteOddsRatio, slo, incumbentRate, alone } = plan;
      const base =
        incumbentRate === null
          ? 'the incumbent’s rate is not known'
          : `the incumbent has ${percent(100 * incumbentRate.rate)} bad of ${count(incumbentRate.n)}`;
      const own = slo === null ? '' : `, or below ${percent(100 * slo)} by itself`;
      const later = alone === undefined ? '' : `; once it serves alone, fails above ${percent(100 * alone.limit)}`;
      const passes =
        plan.kind === 'goal' ? 'passes once it is shown to be better' : `passes within ${ratio(promoteOddsRatio)}`;
      return `${base}; fails beyond an odds ratio of ${ratio(rollbackOddsRatio)}, ${passes}${own}${later}`;
    }
    case 'latency': {
      const at = plan.quantiles.map(
        ({ quantile, cutoff }) => `p${ratio(100 * quantile)} at ${ratio(plan.cutoffsMs[cutoff] ?? 0)} ms`
      );
      return `the incumbent has ${at.join(', ')}; fails when the candidate exceeds them more often, passes within ${ratio(plan.promoteRatio)} times`;
    }
    case 'mean':
    case 'shadowScore': {
      const how = plan.kind === 'mean' && plan.method === 'score' ? ' (taken as normal, as it has no bounds)' : '';
      return `higher is ${plan.higherIs}; passes when no more than ${ratio(plan.promoteDifference)} worse in the mean${how}`;
    }
    case 'split':
      return 'holds when the traffic is not split as configured';
    case 'captureLoss':
    case 'labelLoss': {
      const own = plan.tolerated === null ? '' : `, or more than ${percent(100 * plan.tolerated)} is missing on one`;
      return `holds when the arms’ ${plan.kind === 'labelLoss' ? 'labels' : 'captured records'} are missing unlike${own}`;
    }
    case 'threshold': {
      const { limit } = plan;
      return `${plan.metric} ${'above' in limit ? `above ${limit.above}` : `below ${limit.below}`} is bad; ${tally(plan)}`;
    }
    case 'alarm':
      return `alarm ${plan.alarm}; ${tally(plan)}`;
    case 'webhook':
      return `${plan.url} is asked at every look; ${tally(plan)}`;
    case 'outputDrift':
      return `answers further apart than ${ratio(plan.threshold)} are bad; ${tally(plan)}`;
    case 'inputDrift': {
      const seen =
        plan.reference === null
          ? 'too few requests were captured to compare with'
          : `${plural(plan.reference.length, 'feature')} as before the rollout`;
      return `${seen}; a feature further away than ${ratio(plan.threshold)} is bad; ${tally(plan)}`;
    }
    case 'bias': {
      const good =
        plan.metric === 'DI'
          ? `from ${ratio(plan.threshold)} to ${ratio(1 / plan.threshold)}`
          : `within ±${ratio(plan.threshold)}`;
      const who =
        plan.values === null ? 'each value against all others' : `${plan.values.join(', ')} against all others`;
      return `${plan.metric} by ${plan.facet} (${who}) is good ${good}; ${tally(plan)}`;
    }
    case 'attribution':
      return `an NDCG of attributions below ${ratio(plan.ndcg)} is bad; ${tally(plan)}`;
  }
}

const CONSEQUENCE = { rollBack: 'rolls back', hold: 'holds', alert: 'alerts' } as const;

function tally(plan: Extract<GuardPlan, { readonly class: 'threshold' }>): string {
  const window = plan.windowTicks === null ? '' : ` of the last ${plan.windowTicks}`;
  return `${CONSEQUENCE[plan.then]} after more than ${plural(plan.allowedFailures, 'bad tick')}${window}`;
}

const MODES = {
  exact: 'exact mode',
  both: 'exact and fleet-noise mode together',
  fleetNoise: 'fleet-noise mode',
} as const;

function mode({ mode: chosen, reason }: NoiseMode): string {
  return `${MODES[chosen]}: ${reason}`;
}

function ratio(value: number): string {
  return String(Number(value.toPrecision(3)));
}
