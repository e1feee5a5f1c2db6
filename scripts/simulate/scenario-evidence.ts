import type { ArmCounts, Evidence, GuardPlan } from '../../guards';
import { gauss } from '../../guards/random';
import { binomialSampler } from '../../guards/sampler';
import { needsLabels } from '../../guards/thresholds/facet-metrics';
import type { BiasPlan, FacetCells } from '../../guards/thresholds/types';
import { slowerThan } from './truth';
import type { Truth } from './truth';

/** One arm in one tick, and the chance that it is drawn by. */
export interface Drawn {
  readonly n: number;
  readonly truth: Truth;
  readonly uniform: () => number;
}

/** What a made-up tick says to a guard. */
export function evidenceOf(
  plan: GuardPlan,
  arms: { readonly candidate: Drawn; readonly incumbent: Drawn },
  at: { readonly key: string; readonly sharePct: number; readonly copyPct: number; readonly sampling: number }
): Evidence {
  const { key, sharePct, copyPct, sampling } = at;
  const each = <T>(of: (arm: Drawn) => T) => ({ candidate: of(arms.candidate), incumbent: of(arms.incumbent) });
  switch (plan.kind) {
    case 'errors':
      return { key, unit: plan.unit ?? 'request', ...each(failures) };
    case 'quality':
      return { key, unit: plan.unit ?? 'request', ...each(wrongOf) };
    case 'business':
    case 'goal':
      return { key, unit: plan.unit ?? 'request', ...each(missesOf) };
    case 'shadow': {
      const { uniform } = arms.incumbent;
      const n = draw(arms.incumbent.n, copyPct / 100, uniform);
      const [own, other] = [arms.candidate.truth.wrong, arms.incumbent.truth.wrong];
      const worse = draw(n, own * (1 - other), uniform);
      const better = draw(n - worse, (other * (1 - own)) / (1 - own * (1 - other)), uniform);
      return { key, candidate: { n, bad: worse }, incumbent: { n, bad: better } };
    }
    case 'latency':
      return { kind: 'latency', key, ...each((arm) => ({ n: arm.n, above: slower(arm, plan.cutoffsMs) })) };
    case 'mean':
      if (plan.method === 'score') return { kind: 'moments', key, unit: plan.unit ?? 'request', ...each(moments) };
      return {
        kind: 'histogram',
        key,
        unit: plan.unit ?? 'request',
        sharePct,
        ...each((arm) => ends(arm, plan.points.length)),
      };
    case 'shadowScore': {
      const { uniform } = arms.incumbent;
      const n = draw(arms.incumbent.n, copyPct / 100, uniform);
      const shift = arms.candidate.truth.value - arms.incumbent.truth.value;
      const moved = draw(n, Math.min(1, Math.abs(shift)), uniform);
      const zero = Math.max(
        0,
        plan.points.findIndex((point) => point >= 0)
      );
      const counts = plan.points.map((_, i) => (i === zero ? n - moved : 0));
      const end = shift < 0 ? 0 : plan.points.length - 1;
      return { kind: 'differences', key, counts: counts.map((count, i) => (i === end ? count + moved : count)) };
    }
    case 'split':
      return {
        kind: 'split',
        key,
        unit: plan.unit ?? 'request',
        sharePct,
        candidate: arms.candidate.n,
        incumbent: arms.incumbent.n,
      };
    case 'captureLoss': {
      const got = ({ n, truth, uniform }: Drawn) => ({ due: n, got: draw(n, truth.captured * sampling, uniform) });
      return { kind: 'coverage', key, sampling, ...each(got) };
    }
    case 'labelLoss': {
      const got = ({ n, truth, uniform }: Drawn) => ({ due: n, got: draw(n, truth.labelled, uniform) });
      return { kind: 'coverage', key, sampling: 1, ...each(got) };
    }
    case 'outputDrift':
      return { kind: 'labels', key, ...each((arm) => labels(arm, plan.distance === 'kolmogorovSmirnov')) };
    case 'bias':
      return { kind: 'facets', key, ...each((arm) => facetCells(plan, arm)) };
    case 'inputDrift': {
      const n = arms.candidate.n + arms.incumbent.n;
      return {
        kind: 'inputs',
        key,
        counts: (plan.reference ?? []).map(({ counts }) => {
          const half = draw(n, 0.5, arms.incumbent.uniform);
          return counts.map((_, b) => (b === 0 ? half : b === 1 ? n - half : 0));
        }),
      };
    }
    case 'attribution': {
      const { n, truth } = arms.candidate;
      const ndcg = truth.isWell ? 1 : plan.ndcg / 2;
      const leading = { live: ['simulated'], baseline: ['simulated'] };
      const asked = n === 0 ? 0 : plan.leastN;
      return { kind: 'attribution', key, n: asked, ndcg, interval: null, leading, against: 'a simulated baseline' };
    }
    case 'threshold': {
      const limit = 'above' in plan.limit ? plan.limit.above : plan.limit.below;
      const beyond = ('above' in plan.limit ? 1 : -1) * (Math.abs(limit) + 1);
      return { kind: 'value', key, value: arms.candidate.truth.isWell ? limit : limit + beyond };
    }
    case 'alarm':
      return { kind: 'alarm', key, state: arms.candidate.truth.isWell ? 'OK' : 'ALARM', dataPoints: 1 };
    case 'webhook':
      return { kind: 'webhook', key, answer: arms.candidate.truth.isWell ? 'pass' : 'fail', said: 'simulated' };
  }
}

/** Half of the requests on each side; a candidate that is not well rejects all of one side. */
function facetCells(plan: BiasPlan, { n, truth, uniform }: Drawn): FacetCells {
  const [yes, no] = needsLabels(plan.metric) ? HITS[plan.metric] : [plan.positive ?? 'yes', 'no'];
  const side = (own: number, rate: number) => {
    const hits = draw(own, rate, uniform);
    return { [yes]: hits, [no]: own - hits };
  };
  const own = draw(n, 0.5, uniform);
  return { [plan.values?.[0] ?? 'd']: side(own, truth.isWell ? 0.5 : 0), '(all others)': side(n - own, 0.5) };
}

const HITS: Readonly<Record<BiasPlan['metric'], readonly [string, string]>> = {
  DPPL: ['yes', 'no'],
  DI: ['yes', 'no'],
  RD: ['tp', 'fn'],
  SD: ['tn', 'fp'],
  AD: ['tp', 'fp'],
  DAR: ['tp', 'fp'],
  DRR: ['tn', 'fn'],
};

export function failures({ n, truth, uniform }: Drawn): ArmCounts {
  const odds = (truth.failed / (1 - truth.failed)) * Math.exp(truth.wobble * gauss(uniform));
  return { n, bad: draw(n, odds / (1 + odds), uniform) };
}

/** Wrong answers among those that are labelled in time. */
export function wrongOf({ n: answers, truth, uniform }: Drawn): ArmCounts {
  const n = draw(answers, truth.labelled, uniform);
  return { n, bad: draw(n, truth.wrong, uniform) };
}

/** Units that the event does not follow. */
export const missesOf = ({ n, truth, uniform }: Drawn): ArmCounts => ({
  n,
  bad: draw(n, 1 - truth.converted, uniform),
});

/** Counts above rising cut-offs, each drawn among those above the last. */
function slower({ n, truth, uniform }: Drawn, cutoffsMs: readonly number[]): readonly number[] {
  let [left, chance] = [n, 1];
  return cutoffsMs.map((ms) => {
    const next = slowerThan(truth, ms);
    left = draw(left, chance > 0 ? Math.min(1, next / chance) : 0, uniform);
    chance = next;
    return left;
  });
}

function moments({ n, truth, uniform }: Drawn) {
  const mean = 20 * truth.value + (n > 0 ? gauss(uniform) / Math.sqrt(n) : 0);
  return { n, sum: n * mean, squares: n * (mean * mean + 1) };
}

/** A value as a coin between the first and the last point. */
function ends({ n, truth, uniform }: Drawn, points: number): readonly number[] {
  const high = draw(n, truth.value, uniform);
  return Array.from({ length: points }, (_, i) => (i === 0 ? n - high : i === points - 1 ? high : 0));
}

function labels({ n, truth, uniform }: Drawn, asNumbers: boolean): Readonly<Record<string, number>> {
  const positive = draw(n, truth.positive, uniform);
  return asNumbers ? { '1': positive, '0': n - positive } : { positive, negative: n - positive };
}

/** How many of `n` come to pass, each at `rate`. */
export function draw(n: number, rate: number, uniform: () => number): number {
  if (n <= 0 || !(rate > 0)) return 0;
  return rate >= 1 ? n : binomialSampler(n, rate)(uniform());
}
