import { normalCdf } from '../numbers/normal';
import { at } from '../trace';
import type { PerTick } from '../trace';
import { pooledDifference, stopOnTotals } from './rule';
import type { Rule } from './rule';

/**
 * Mixture SPRT on the difference of proportions with a normal mixture of deviation `tau` and a plug-in variance (Johari,
 * Pekelis and Walsh 2015): log e-value, −Infinity while the candidate is not worse.
 */
export function msprtLogE(p: {
  readonly difference: number;
  readonly variance: number;
  readonly tau: number;
  readonly sides: 1 | 2;
}): number {
  const { difference, variance, tau, sides } = p;
  if (variance <= 0 || difference <= 0) return -Infinity;
  const sum = variance + tau * tau;
  const two = 0.5 * Math.log(variance / sum) + (difference * difference * tau * tau) / (2 * variance * sum);
  return sides === 2 ? two : two + Math.log(2 * normalCdf((difference * tau) / Math.sqrt(variance * sum)));
}

export function msprt(p: { readonly tau: number; readonly alpha: number; readonly sides: 1 | 2 }): Rule {
  const needs = -Math.log(p.alpha);
  return {
    name: `mSPRT ${p.sides === 1 ? 'one' : 'two'}-sided, tau ${p.tau * 100} pt`,
    stop: (trace) =>
      stopOnTotals(trace, (sums) => msprtLogE({ ...pooledDifference(sums), tau: p.tau, sides: p.sides }) >= needs),
  };
}

/** One-sided asymptotic confidence sequence, sharpest at `sharpestAt` requests in all (Waudby-Smith et al. 2021). */
export function asymptoticSequence(p: { readonly sharpestAt: number; readonly alpha: number }): Rule {
  const a = -2 * Math.log(2 * p.alpha);
  const rho2 = (a + Math.log(a + 1)) / p.sharpestAt;
  return {
    name: `asymptotic confidence sequence, n* ${p.sharpestAt}`,
    stop: (trace) =>
      stopOnTotals(trace, ({ n1, bad1, n0, bad0 }) => {
        if (n1 < 2 || n0 < 2) return false;
        const [p1, p0] = [bad1 / n1, bad0 / n0];
        const variance = (p1 * (1 - p1)) / n1 + (p0 * (1 - p0)) / n0;
        const n = n1 + n0;
        const width = ((2 * (n * rho2 + 1)) / (n * n * rho2)) * Math.log(Math.sqrt(n * rho2 + 1) / (2 * p.alpha) + 1);
        return variance > 0 && p1 - p0 > Math.sqrt(variance * n) * Math.sqrt(width);
      }),
  };
}

const fractions: readonly number[] = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95];

/**
 * Betting on inverse-propensity-weighted outcomes (Waudby-Smith and Ramdas 2023; Waudby-Smith, Wu, Ramdas, Karampatziakis
 * and Mineiro 2022), an even mixture over seven bets. It must know the share of every tick.
 */
export function betting(p: { readonly share: PerTick; readonly alpha: number }): Rule {
  const needs = -Math.log(p.alpha);
  return {
    name: 'betting, inverse propensity',
    stop: ({ candidate, incumbent }) => {
      const logs = fractions.map(() => -Math.log(fractions.length));
      let [bad, trials] = [0.5, 50];
      for (let t = 0; t < candidate.n.length; t++) {
        const [n1, bad1, n0, bad0] = [
          candidate.n[t] ?? 0,
          candidate.bad[t] ?? 0,
          incumbent.n[t] ?? 0,
          incumbent.bad[t] ?? 0,
        ];
        const mean = Math.min(0.5, bad / trials);
        const w = at(p.share, t);
        const most = Math.min(w / mean, (1 - w) / (1 - mean));
        let e = 0;
        fractions.forEach((fraction, j) => {
          const bet = fraction * most;
          logs[j] =
            (logs[j] ?? 0) +
            bad1 * Math.log(1 + (bet * (1 - mean)) / w) +
            (n1 - bad1) * Math.log(1 - (bet * mean) / w) +
            bad0 * Math.log(1 - (bet * (1 - mean)) / (1 - w)) +
            (n0 - bad0) * Math.log(1 + (bet * mean) / (1 - w));
          e += Math.exp(logs[j] ?? 0);
        });
        bad += bad1 + bad0;
        trials += n1 + n0;
        if (Math.log(e) >= needs) return t;
      }
      return candidate.n.length;
    },
  };
}
