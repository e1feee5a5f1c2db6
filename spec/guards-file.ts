import { z } from 'zod';
import { duration, rate } from './fields';
import { guard } from './guards-schema';
import { text } from './scalar';
import { toGuard } from './to-guard';
import type { Budget, GuardSpec } from './types';

/** A guards file after checking, with every default filled in. */
export interface GuardsFile {
  /** Variants of the trace; null when the file does not name them. */
  readonly candidate: string | null;
  readonly incumbent: string | null;
  readonly tickMs: number;
  readonly horizonMs: number;
  readonly maturityMs: number | null;
  readonly budget: Budget;
  readonly guards: readonly GuardSpec[];
}

/** The guards file as people write it: guards as in the rollout file. */
export function guardsFileSchema() {
  const variant = (describe: string) =>
    text({ what: 'a variant', allowed: 'the name of a variant in the trace', example: 'v8', describe });
  return z.strictObject({
    candidate: variant('Variant under test.').optional(),
    incumbent: variant('Variant it is compared with.').optional(),
    tick: duration('Length of one closed evidence window.').prefault('60s'),
    horizon: duration('How long the rollout is expected to take; sets when late onsets are looked for.').prefault('3h'),
    maturity: duration('Age at which a cohort of predictions is closed.').optional(),
    budget: z
      .strictObject({
        falseRollback: rate('Probability of rolling back a candidate that is no worse.', '1%').prefault('1%'),
        falsePromotion: rate('Probability of promoting one that is worse than the margin.', '5%').prefault('5%'),
        falseWinner: rate('Probability of declaring a winner that is none.', '5%').prefault('5%'),
      })
      .prefault({}),
    guards: z.array(guard()).min(1),
  });
}

/** The checked file in the words of the program. */
export function toGuardsFile(file: z.output<ReturnType<typeof guardsFileSchema>>): GuardsFile {
  const { candidate, incumbent, tick, horizon, maturity, budget, guards } = file;
  return {
    candidate: candidate ?? null,
    incumbent: incumbent ?? null,
    tickMs: tick,
    horizonMs: horizon,
    maturityMs: maturity ?? null,
    budget,
    guards: guards.map((one) => toGuard(one)),
  };
}
