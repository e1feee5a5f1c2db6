import { scaledReward } from '../../guards/bandits';
import type { ArmCounts } from '../../guards/types';
import { FailureError } from '../../sagemaker/faults';
import type { MeanGuard, OutcomeGuard } from '../../spec/types';
import { captureClosedMs, readAnswers } from './answers';
import { fieldReader } from './field';
import { configuredSharePct } from './look';
import type { Look } from './look';
import { readOutcomes } from './outcomes';
import { histogram, momentsOf, numberOf, worstOf } from './points';
import { byTick, everyTick } from './reading';
import type { GuardReading } from './reading';
import type { Only } from './segments';

/** Trials by arm, and those of them that the event did not follow: a miss is the bad event. */
export async function readBusiness(
  look: Look,
  guard: Pick<OutcomeGuard, 'event' | 'unit'>,
  range: { readonly sinceMs: number; readonly only?: Only | undefined }
): Promise<GuardReading> {
  if (guard.event === null) throw new FailureError('InvalidRequest', 'What follows a request is judged by an `event`.');
  const { unit } = guard;
  const outcomes = await readOutcomes(look, { event: guard.event, unit, ...range });
  return everyTick({ closedMs: outcomes.closedMs, tickMs: look.spec.tickMs }, ({ key, endMs }, pair) => {
    const counts = (variant: string): ArmCounts => {
      const trials = outcomes.of(variant, endMs);
      return { n: trials.length, bad: trials.filter(({ happened }) => !happened).length };
    };
    return { key, unit, candidate: counts(pair.candidate), incumbent: counts(pair.incumbent) };
  });
}

/**
 * What requests earned by arm, on the scale of 0 to 1 between the bounds: the sum of what their events carried, 0 without any.
 */
export async function readEarned(
  look: Look,
  reward: { readonly event: string; readonly value: readonly [low: number, high: number] },
  range: { readonly sinceMs: number; readonly only?: Only | undefined }
): Promise<GuardReading> {
  const outcomes = await readOutcomes(look, { event: reward.event, unit: 'request', ...range });
  return everyTick({ closedMs: outcomes.closedMs, tickMs: look.spec.tickMs }, ({ key, endMs }, pair) => {
    const earned = (variant: string) =>
      momentsOf(outcomes.of(variant, endMs).map(({ value }) => scaledReward(reward.value, value)));
    const [candidate, incumbent] = [earned(pair.candidate), earned(pair.incumbent)];
    return { kind: 'moments', key, unit: 'request', candidate, incumbent };
  });
}

interface Values {
  readonly closedMs: number;
  of(variant: string, endMs: number): readonly { readonly id: string; readonly value: number }[];
}

/** Values by arm: at the guard's points, or as sums where the value has no bounds. */
export async function readMean(look: Look, guard: MeanGuard, sinceMs: number): Promise<GuardReading> {
  const { closedMs, of } = await readValues(look, guard, sinceMs);
  const { points, unit } = guard;
  return everyTick({ closedMs, tickMs: look.spec.tickMs }, (tick, pair) => {
    const { key, endMs } = tick;
    const [candidate, incumbent] = [of(pair.candidate, endMs), of(pair.incumbent, endMs)];
    if (points === null) {
      const moments = (values: typeof candidate) => momentsOf(values.map(({ value }) => value));
      return { kind: 'moments', key, unit, candidate: moments(candidate), incumbent: moments(incumbent) };
    }
    return {
      kind: 'histogram',
      key,
      unit,
      candidate: histogram(points, candidate),
      incumbent: histogram(points, incumbent),
      sharePct: configuredSharePct(look, tick, pair),
    };
  });
}

async function readValues(look: Look, guard: MeanGuard, sinceMs: number): Promise<Values> {
  const { of, points, higherIs, unit } = guard;
  if (of === null) throw new FailureError('InvalidRequest', `A ${guard.kind} guard needs \`value\` or \`event\`.`);
  if (of.from === 'event') {
    const outcomes = await readOutcomes(look, { event: of.event, unit, sinceMs });
    return {
      closedMs: outcomes.closedMs,
      of: (variant, endMs) =>
        outcomes.of(variant, endMs).map(({ unit: id, atMs, value }) => ({ id: `${id} ${atMs}`, value })),
    };
  }
  const closedMs = captureClosedMs(look);
  const valueOf = fieldReader(of.path);
  const answers = await readAnswers(look, { fromMs: sinceMs, toMs: closedMs });
  const ticks = new Map(
    [...answers].map(([variant, own]) => [variant, byTick(own, look.spec.tickMs, ({ atMs }) => atMs)])
  );
  return {
    closedMs,
    of: (variant, endMs) =>
      (ticks.get(variant)?.get(endMs) ?? []).flatMap(({ id, output }) => {
        // An answer without its value is the worst answer; where values have no bounds there is no worst, and it is left out.
        const value = numberOf(valueOf(output)) ?? (points === null ? null : worstOf(points, higherIs));
        return value === null ? [] : [{ id, value }];
      }),
  };
}
