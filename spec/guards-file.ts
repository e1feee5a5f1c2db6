import { z } from 'zod';
import type { FurtherGuardSpec } from './guard-kinds';
import { duration, rate } from './fields';
import { furtherGuards } from './further-guards-schema';
import { guard } from './guards-schema';
import { text } from './scalar';
import { toGuard, toMargin } from './to-spec';
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
  readonly guards: readonly (GuardSpec | FurtherGuardSpec)[];
}

/** The guards file as people write it: guards as in the rollout file, and further kinds. */
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
    guards: z.array(z.discriminatedUnion('kind', [guard(), ...furtherGuards()])).min(1),
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
    guards: guards.map(toAnyGuard),
  };
}

type FileGuard = z.output<ReturnType<typeof guardsFileSchema>>['guards'][number];

function toAnyGuard(file: FileGuard): GuardSpec | FurtherGuardSpec {
  switch (file.kind) {
    case 'errors':
    case 'quality':
      return toGuard(file);
    case 'business':
      return { ...file, promoteWithin: toMargin(file.promoteWithin) };
    case 'goal':
      return { ...file, promoteWithin: null };
    case 'latency': {
      const { incumbent, mode, ...rest } = file;
      return {
        ...rest,
        quantiles: incumbent.map(({ quantile }) => quantile),
        incumbentMs: incumbent.map(({ ms }) => ms),
        mode: mode ?? null,
      };
    }
    case 'mean':
      return { ...file, points: file.points ?? null };
    case 'threshold': {
      const { above, below, window, ...rest } = file;
      const limit = above !== undefined ? { above } : { below: below ?? 0 };
      return { ...rest, limit, windowTicks: window ?? null };
    }
    case 'alarm':
    case 'webhook': {
      const { window, ...rest } = file;
      return { ...rest, windowTicks: window ?? null };
    }
    case 'outputDrift': {
      const { window, every, ...rest } = file;
      return { ...rest, windowTicks: window ?? null, everyTicks: every };
    }
    case 'shadow':
    case 'shadowScore':
    case 'split':
    case 'captureLoss':
    case 'labelLoss':
      return file;
  }
}
