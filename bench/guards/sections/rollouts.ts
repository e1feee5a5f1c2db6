import { calibrate } from '../cell';
import { count, percent, table } from '../table';
import type { Policy, RolloutRun } from './rollouts-play';
import { seeds, usual } from './section';
import type { Section } from './section';

const rates = [0.01, 0.015, 0.02, 0.05, 0.5] as const;
const requestsPerTick = usual.requestsPerTick(10);

/** Whole rollouts: what was promoted, when, and how many requests a bad candidate served in three hours. */
export const rollouts: Section = {
  name: 'rollouts',
  about:
    'whole rollouts, 10 requests/s, 180 min: promoted, mean minutes to the end, candidate requests served in the window',
  play: async ({ pool, runs }) => {
    // The alarm is calibrated to 1 % over the two hours in which SageMaker watches it, on this very traffic.
    const watched = { ticks: 120, share: 0.1, requestsPerTick, incumbentRate: usual.rate, candidateRate: usual.rate };
    const calibration = await calibrate(pool, {
      traffic: watched,
      alpha: usual.alpha,
      seed: seeds.calibration + 3,
      runs: runs(20_000),
    });
    const threshold = calibration['CloudWatch 3 of 3 × 60 s'] ?? NaN;
    const policies: readonly (readonly [string, Policy])[] = [
      ['SageMaker canary 10 %, bake 60 min, calibrated alarm', { kind: 'sagemaker', share: 0.1, bake: 60, threshold }],
      ['Flagger 10–50 %, 1 min, > 5 %, threshold 5', { kind: 'flagger', threshold: 0.05 }],
      ['Argo 20-40-60-80 %, 10 min each, > 5 %, failureLimit 3', { kind: 'argo', threshold: 0.05, failureLimit: 3 }],
      ['Sluice, 10 % until it decides', { kind: 'guard', share: 0.1 }],
      ['Sluice, harm-budget ramp 5–50 %, h 0.25', { kind: 'ramp', from: 0.05, to: 0.5, harm: 0.25 }],
      ['Sluice, harm-budget ramp 5–50 %, h 0.5', { kind: 'ramp', from: 0.05, to: 0.5, harm: 0.5 }],
      ['Sluice, harm-budget ramp 5–50 %, h 1', { kind: 'ramp', from: 0.05, to: 0.5, harm: 1 }],
    ];
    const cells: ({ name: string; candidateRate: number } & ReturnType<typeof summary>)[] = [];
    for (const [i, candidateRate] of rates.entries()) {
      for (const [name, policy] of policies) {
        const cell = { policy, ticks: usual.ticks, requestsPerTick, incumbentRate: usual.rate, candidateRate };
        const played = await pool.run('rollout', cell, { seed: seeds.rollout + i, count: runs(4000) });
        cells.push({ name, candidateRate, ...summary(played.flat()) });
      }
    }
    const text = table(
      ['policy', ...rates.map((rate) => `${percent(rate, 1)}: promoted, back, min, served`)],
      policies.map(([name]) => [
        name,
        ...cells
          .filter((cell) => cell.name === name)
          .map(({ promoted, rolledBack, minutes, served }) =>
            [percent(promoted, 1), percent(rolledBack, 1), count(minutes), count(served)]
              .map((cell) => cell.padStart(7))
              .join(' ')
          ),
      ])
    );
    return { text, data: cells };
  },
};

function summary(runs: readonly RolloutRun[]) {
  const share = (outcome: RolloutRun['outcome']) => runs.filter((run) => run.outcome === outcome).length / runs.length;
  const mean = (value: (run: RolloutRun) => number) => runs.reduce((sum, run) => sum + value(run), 0) / runs.length;
  return {
    runs: runs.length,
    promoted: share('promoted'),
    rolledBack: share('rolledBack'),
    minutes: mean((run) => run.minutes),
    served: mean((run) => run.served),
  };
}
