import { rungsOf } from '../rollout';
import type { PlanInput } from './plan-input';
import { harmText } from './plan-power';
import type { PlanFinding } from './plan-view';
import { count, duration, percent } from './words';

/** A watch that could not notice anything, harm budgets that do not bind, and a fleet that shrinks. */
export function watchFindings(input: PlanInput): readonly PlanFinding[] {
  return [...ofWatch(input), ...ofHarmBudget(input), ...ofFleet(input)];
}

function ofWatch({ spec, foreseen }: PlanInput): readonly PlanFinding[] {
  const { watch } = spec;
  if (watch === undefined || watch.keep === 'cold') return [];
  const sharePct = 100 - watch.holdbackPct;
  return foreseen
    .filter((one) => one.sharePct === sharePct)
    .flatMap((one): readonly PlanFinding[] => {
      const [worst] = [...one.failing].sort((a, b) => b.rate - a.rate);
      if (worst === undefined || (worst.failMs !== null && worst.failMs <= watch.forMs)) return [];
      const held = count((one.perSecond * watch.holdbackPct * watch.forMs) / 100_000);
      const takes = worst.failMs === null ? 'is not expected to show' : `takes ~${duration(worst.failMs)} to show`;
      return [
        {
          level: 'warning',
          place: 'watch',
          what: `${one.guard}: ${harmText(worst)} ${takes}; the watch of ${duration(watch.forMs)} compares with ${held} requests to the old model (${percent(watch.holdbackPct)}).`,
          remedy: 'Watch longer, or hold more back.',
        },
      ];
    });
}

/** Failures of both arms that an upper bound of the odds ratio below 20 takes, at the shares that ramps begin with. */
const LEAST_FAILURES = 5;

/** A harm budget that allows more than it guards against moves nothing by evidence; one where hardly anything fails never grows. */
function ofHarmBudget({ spec, foreseen, traffic }: PlanInput): readonly PlanFinding[] {
  return rungsOf(spec).flatMap((rung): readonly PlanFinding[] => {
    const stage = spec.stages[rung.stage];
    if (rung.kind !== 'hold' || stage?.kind !== 'linear' || stage.extraFailures === null) return [];
    const errors = foreseen.find(({ guard, sharePct }) => guard === 'errors' && sharePct === rung.sharePct);
    if (errors === undefined) return [];
    const requests = (traffic.requestsPerSecond * rung.until.atMostMs) / 1000;
    const own = requests * errors.baseRate;
    if (own < LEAST_FAILURES) {
      const seen = own === 0 ? 'never failed in the lookback' : `fails ${count(own)} times in all of the ramp`;
      return [
        {
          level: 'warning',
          place: `stages[${rung.stage}] linear`,
          what: `The incumbent ${seen}: harm is measured against its failures, so no odds ratio can be ruled out and the share stays at its first step, ${percent(stage.sharesPct[0])}.`,
          remedy: 'Leave `harmBudget` out, so that the share grows by time and guards, or count `4xx+5xx`.',
        },
      ];
    }
    if (stage.extraFailures <= own) return [];
    return [
      {
        level: 'warning',
        place: `stages[${rung.stage}] linear`,
        what: `The harm budget of ${count(stage.extraFailures)} extra failures is more than the incumbent's own ${count(own)} in ${duration(rung.until.atMostMs)}: it would let twice the failures pass.`,
        remedy: 'Lower `harmBudget.extraFailures`, or leave it out.',
      },
    ];
  });
}

function ofFleet({ spec, live }: PlanInput): readonly PlanFinding[] {
  const [variant] = live?.endpoint?.variants ?? [];
  if (variant === undefined) return [];
  return spec.candidates.flatMap(({ name, instance }): readonly PlanFinding[] =>
    instance.type !== variant.instanceType
      ? [
          {
            level: 'note',
            place: 'candidates',
            what: `${name} runs on ${instance.type}, ${variant.name} on ${variant.instanceType}: as many instances are started for the same share, whatever they can do.`,
            remedy: 'Set `instance.count` for the live load.',
          },
        ]
      : []
  );
}
