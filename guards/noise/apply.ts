import type { GuardPlan, NoiseMode } from '../types';
import { chooseMode } from './mode';
import type { Dispersion } from './dispersion';

/**
 * The plan of a guard with another way to treat noise; its class follows, all margins and budgets stay. Kinds that know no noise are returned
 * as they are. For use before the candidate's first request only.
 */
export function withNoise(plan: GuardPlan, noise: NoiseMode): GuardPlan {
  switch (plan.kind) {
    case 'errors':
    case 'quality':
    case 'business':
    case 'goal':
    case 'shadow':
      return { ...plan, noise, class: noise.mode === 'fleetNoise' ? 'approximate' : 'guaranteed' };
    case 'latency':
      return { ...plan, noise, class: noise.mode === 'exact' ? 'guaranteed' : 'approximate' };
    default:
      return plan;
  }
}

/** The same with the overdispersion that an A/A phase measured (`measureDispersion`). `wanted`: what a latency guard of the file asks for. */
export function withDispersion(plan: GuardPlan, measured: Dispersion, wanted?: 'exact' | 'fleetNoise'): GuardPlan {
  return withNoise(plan, chooseMode({ subject: plan.kind === 'latency' ? 'latency' : 'rate', measured, wanted }));
}
