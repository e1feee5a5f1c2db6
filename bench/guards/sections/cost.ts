import { judgeTick, measureDispersion, planLatency, startGuard } from '../../../guards';
import type { Evidence, GuardPlan, NoiseMode, RatePlan, TickEvidence } from '../../../guards';
import { errorsPlanOf } from '../plan';
import { poissonOnce } from '../numbers/poisson';
import { runUniform } from '../numbers/random';
import type { Uniform } from '../numbers/random';
import { count, table } from '../table';
import { seeds, usual } from './section';
import type { Section } from './section';

/** Requests a tick, half of them the candidate's, and ticks of a fortnight. */
const HEAVY = { perArm: 500_000, ticks: 200 } as const;
const FORTNIGHT = { perArm: 300, ticks: 14 * 24 * 60 } as const;

const key = (tick: number): string => new Date(Date.UTC(2026, 0, 1) + tick * 60_000).toISOString();

/** What a verdict costs: milliseconds of processor time a guard and tick, verdict included, and bytes of state. */
export const cost: Section = {
  name: 'cost',
  about: 'cost of deciding: processor time of one guard and tick, verdict included',
  play: () => {
    const uniform = runUniform(seeds.cost, 0);
    const heavy = plans(uniform).map((plan) => measure(plan, HEAVY, uniform));
    const fortnight = plans(uniform)
      .filter(({ kind }) => kind === 'goal' || kind === 'errors')
      .map((plan) => measure(plan, FORTNIGHT, uniform));
    const rows = [...heavy, ...fortnight];
    const text = table(
      ['guard', 'requests a tick', 'ticks', 'ms a tick', 'state, bytes', 'all ticks, s'],
      rows.map((row) => [
        row.guard,
        count(2 * row.perArm),
        count(row.ticks),
        row.meanMs.toFixed(3),
        count(row.bytes),
        row.seconds.toFixed(2),
      ])
    );
    return Promise.resolve({ text, data: rows });
  },
};

function measure(plan: GuardPlan, p: { readonly perArm: number; readonly ticks: number }, uniform: Uniform) {
  const ticks = Array.from({ length: p.ticks }, (_, t) => evidenceFor(plan, { ...p, t, uniform }));
  let state = startGuard(plan);
  // A worker has judged before: what compiles at first is not counted.
  for (const evidence of ticks.slice(0, 100)) judgeTick({ plan, state, evidence });
  const from = process.cpuUsage();
  for (const evidence of ticks) ({ state } = judgeTick({ plan, state, evidence }));
  const { user, system } = process.cpuUsage(from);
  const seconds = (user + system) / 1e6;
  const guard = 'noise' in plan && plan.noise !== undefined ? `${plan.name}, ${plan.noise.mode}` : plan.name;
  const bytes = JSON.stringify(state).length;
  return { guard, ...p, meanMs: (1000 * seconds) / p.ticks, bytes, seconds };
}

/** Guards whose work grows with traffic, each in each of its modes. */
function plans(uniform: Uniform): readonly GuardPlan[] {
  const errors: RatePlan = { ...errorsPlanOf(usual.alpha, FORTNIGHT.ticks), slo: 0.02 };
  const aa = Array.from({ length: 180 }, (_, t) => drawCounts(uniform, { t, perArm: 3000 }));
  const { ticks, blocks, blockTicks } = measureDispersion(aa);
  const noisy = (mode: NoiseMode['mode'], phi: number): RatePlan => ({
    ...errors,
    class: mode === 'both' ? 'guaranteed' : 'approximate',
    noise: { mode, phi, measured: { ticks, blocks, blockTicks }, reason: `overdispersion ${phi} measured` },
  });
  const latency = (wanted: 'exact' | 'fleetNoise') =>
    planLatency({
      name: 'latency',
      required: true,
      quantiles: [0.5, 0.9, 0.99],
      incumbentMs: [100, 216, 404],
      promoteRatio: 1.2,
      rollbackAlpha: usual.alpha,
      promoteAlpha: 0.05,
      horizonTicks: FORTNIGHT.ticks,
      measured: null,
      wanted,
    });
  const goal: RatePlan = { ...errors, name: 'goal', kind: 'goal', promoteOddsRatio: 1, slo: null };
  return [errors, noisy('both', 1), noisy('fleetNoise', 2), goal, latency('exact'), latency('fleetNoise')];
}

/** One tick of equal arms: 1 % errors, and a tenth of the requests above the second cut-off. */
function evidenceFor(
  plan: GuardPlan,
  p: { readonly t: number; readonly perArm: number; readonly uniform: Uniform }
): Evidence {
  const { t, perArm, uniform } = p;
  if (plan.kind !== 'latency') return drawCounts(uniform, { t, perArm });
  const arm = () => {
    const tails = [0.5, 0.38, 0.1, 0.055, 0.01, 0.004];
    const cells = tails.map((tail, i) => poissonOnce(uniform, perArm * (tail - (tails[i + 1] ?? 0))));
    const above = tails.map((_, i) => cells.slice(i).reduce((a, b) => a + b, 0));
    return { n: (above[0] ?? 0) + poissonOnce(uniform, perArm / 2), above };
  };
  return { kind: 'latency', key: key(t), candidate: arm(), incumbent: arm() };
}

function drawCounts(uniform: Uniform, p: { readonly t: number; readonly perArm: number }): TickEvidence {
  const arm = () => ({ n: p.perArm, bad: poissonOnce(uniform, usual.rate * p.perArm) });
  return { key: key(p.t), candidate: arm(), incumbent: arm() };
}
