import type { GuardrailShift, HoldUntil, OnInconclusive, RolloutSpec, Stage } from '../spec/types';
import type { Layout, LayoutKind } from './types';

/**
 * A stage of the file as the steps that the machine takes one by one. Shares are of all running candidates together; which of them run is
 * known only when a rung is entered.
 */
export type Rung =
  | { readonly kind: 'calibrate'; readonly stage: number; readonly atLeastMs: number; readonly atMostMs: number }
  | { readonly kind: 'warmUp'; readonly stage: number; readonly requests: number }
  | {
      readonly kind: 'hold';
      readonly stage: number;
      readonly layout: LayoutKind;
      /** Of the live requests, all candidates together. */
      readonly sharePct: number;
      readonly copyPct: number;
      readonly groups: readonly string[];
      /** Who sets the share: the file, evidence of little harm, or the rewards. */
      readonly follows: 'file' | 'harm' | 'rewards';
      readonly until: Until;
      readonly onInconclusive: OnInconclusive;
    }
  | {
      readonly kind: 'guardrails';
      readonly stage: number;
      /** Percent of the fleet on the candidate, step by step, as the file asks for it; SageMaker rounds to whole instances. */
      readonly sharesPct: readonly number[];
      readonly atMostMs: number;
      readonly onInconclusive: OnInconclusive;
    }
  | { readonly kind: 'approval'; readonly stage: number };

export type Hold = Extract<Rung, { kind: 'hold' }>;

/** All of it must be true before the next rung; past `atMostMs` the file's `onInconclusive` is obeyed. */
export interface Until {
  readonly atLeastMs: number;
  /** Least share that the candidates must have reached. */
  readonly sharePct: number;
  /** Candidate requests since the rung began. */
  readonly requests: number;
  /** Answers compared pair by pair, over the whole rollout. */
  readonly pairs: number;
  /** Whether the guards must have decided: all required ones, or those that judge pairs, or one arm must be the best. */
  readonly needs: 'nothing' | 'decision' | 'pairs' | 'winner';
  readonly atMostMs: number;
}

/** The steps of a rollout; promotion follows the last. */
export function rungsOf(spec: RolloutSpec): readonly Rung[] {
  return spec.stages.flatMap((stage, index) => rungsOfStage(stage, { index, spec }));
}

/** How long guards may judge before the promotion, all stages together: what their plans take as the horizon. */
export function horizonMs(spec: RolloutSpec): number {
  return rungsOf(spec).reduce((sum, rung) => sum + longestOf(rung), 0);
}

function longestOf(rung: Rung): number {
  switch (rung.kind) {
    case 'hold':
      return rung.until.atMostMs;
    case 'guardrails':
      return rung.atMostMs;
    default:
      return 0;
  }
}

function rungsOfStage(
  stage: Stage,
  { index, spec }: { readonly index: number; readonly spec: RolloutSpec }
): readonly Rung[] {
  const hold = (p: {
    readonly sharePct?: number;
    readonly copyPct?: number;
    readonly until: Partial<Until> & Pick<Until, 'atMostMs'>;
    readonly onInconclusive: OnInconclusive;
    readonly layout?: LayoutKind;
    readonly groups?: readonly string[];
    readonly follows?: 'file' | 'harm' | 'rewards';
  }): Rung => ({
    kind: 'hold',
    stage: index,
    layout: p.layout ?? 'split',
    sharePct: p.sharePct ?? 0,
    copyPct: p.copyPct ?? 0,
    groups: p.groups ?? [],
    follows: p.follows ?? 'file',
    until: { atLeastMs: 0, sharePct: 0, requests: 0, pairs: 0, needs: 'nothing', ...p.until },
    onInconclusive: p.onInconclusive,
  });
  switch (stage.kind) {
    case 'calibrate':
      return [{ kind: 'calibrate', stage: index, atLeastMs: stage.ticks * spec.tickMs, atMostMs: stage.atMostMs }];
    case 'canary': {
      const { sharePct, groups, onInconclusive } = stage;
      return [hold({ sharePct, groups, onInconclusive, until: untilOf(stage.until) })];
    }
    case 'linear': {
      const { sharesPct, bakeMs, decideWithinMs, onInconclusive, extraFailures } = stage;
      const last = sharesPct.length - 1;
      const atMostMs = bakeMs + decideWithinMs;
      if (extraFailures !== null) {
        const until = {
          atLeastMs: bakeMs,
          sharePct: sharesPct[last] ?? 0,
          needs: 'decision',
          atMostMs: bakeMs * sharesPct.length + decideWithinMs,
        } as const;
        return [hold({ sharePct: sharesPct[0], follows: 'harm', onInconclusive, until })];
      }
      return sharesPct.map((sharePct, i) =>
        // A step without a single request has shown nothing: time alone never lets a share grow.
        hold({
          sharePct,
          onInconclusive,
          until: { atLeastMs: bakeMs, requests: 1, needs: i === last ? 'decision' : 'nothing', atMostMs },
        })
      );
    }
    case 'blueGreen':
      return stage.engine === 'guardrails'
        ? [
            {
              kind: 'guardrails',
              stage: index,
              sharesPct: shiftSteps(stage.shift),
              atMostMs: stage.maximumMs,
              onInconclusive: stage.onInconclusive,
            },
          ]
        : [
            { kind: 'warmUp', stage: index, requests: stage.warmUp },
            hold({
              sharePct: 100 - stage.holdbackPct,
              onInconclusive: stage.onInconclusive,
              until: untilOf(stage.until),
            }),
          ];
    case 'shadow': {
      const { samplePct, until, onInconclusive, engine } = stage;
      const { pairs, atMostMs } = until;
      // The gateway mirrors to a dark variant, so the endpoint itself is split.
      const layout = engine === 'gateway' ? 'split' : 'shadowed';
      return [hold({ layout, copyPct: samplePct, onInconclusive, until: { pairs, needs: 'pairs', atMostMs } })];
    }
    case 'abTest': {
      const { sharePct, atMostMs, onInconclusive } = stage;
      return [hold({ sharePct, onInconclusive, until: { needs: 'decision', atMostMs } })];
    }
    case 'bandit': {
      const { atMostMs, onInconclusive } = stage;
      const sharePct = (100 * spec.candidates.length) / (spec.candidates.length + 1);
      return [hold({ sharePct, follows: 'rewards', onInconclusive, until: { needs: 'winner', atMostMs } })];
    }
    case 'approval':
      return [{ kind: 'approval', stage: index }];
  }
}

function untilOf(until: HoldUntil): Partial<Until> & Pick<Until, 'atMostMs'> {
  switch (until.kind) {
    case 'decided':
      return { needs: 'decision', atMostMs: until.atMostMs };
    case 'requests':
      return { requests: until.requests, atMostMs: until.atMostMs };
  }
}

/** The layout that a rung needs; null where the traffic stays as it is. */
export function layoutOf(rung: Rung): LayoutKind | null {
  switch (rung.kind) {
    case 'calibrate':
      return 'sliced';
    case 'warmUp':
      return 'split';
    case 'hold':
      return rung.layout;
    case 'guardrails':
    case 'approval':
      return null;
  }
}

/** The split that a rung holds, with these shares. */
export function splitOf(
  rung: Rung | undefined,
  { sharesPct, segments }: Pick<Layout, 'sharesPct' | 'segments'>
): Omit<Layout, 'epoch'> {
  const { copyPct, groups } = rung?.kind === 'hold' ? rung : { copyPct: 0, groups: [] };
  return { kind: 'split', sharesPct, ...(segments !== undefined && { segments }), copyPct, groups };
}

/** The steps of a shift in percent of the fleet. */
export function shiftSteps(shift: GuardrailShift): readonly number[] {
  const by = (size: number): readonly number[] =>
    Array.from({ length: Math.ceil(100 / size) }, (_, step) => Math.min(100, (step + 1) * size));
  switch (shift.kind) {
    case 'allAtOnce':
      return [100];
    case 'canary':
      return [shift.sizePct, 100];
    case 'linear':
      return by(shift.stepPct);
    case 'rolling':
      return by(shift.batchPct);
  }
}

/** Whether SageMaker runs the shadow stage, as an inference experiment. */
export function hasExperiment({ stages }: RolloutSpec): boolean {
  return stages.some((stage) => stage.kind === 'shadow' && stage.engine === 'experiment');
}
