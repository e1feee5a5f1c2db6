import { z } from 'zod';
import { duration, share } from './fields';
import type { Refusal } from './scalar';
import { text, wholeNumber } from './scalar';
import { formatShare } from './share';
import { onInconclusive, until } from './stage-fields';
import { misplacedKeys } from './word-or-map';

/** Where a ramp begins, ends, and how it rises, unless the file says otherwise. */
export const RAMP = { fromPct: 10, toPct: 50, stepPct: 10 } as const;

/** Every step is a deployment with a bake; more of them than this are a slope that nobody watches. */
const MAX_STEPS = 50;

export function canary() {
  return z
    .strictObject({
      share: share('Percentage of the requests that the candidate answers during this stage.').prefault('10%'),
      target: z
        .array(
          text({
            what: 'a group',
            allowed: 'the name of a group of users',
            example: 'beta',
            describe: 'A group of users that the gateway knows.',
          })
        )
        .prefault([])
        .meta({
          description: 'Groups of users that the share is taken of; empty means everybody. Needs routing by a gateway.',
        }),
      until: until().prefault({ decided: true }),
      onInconclusive: onInconclusive().optional(),
    })
    .meta({ description: 'Hold a small share on the candidate until the evidence decides.' });
}

export function linear() {
  return z
    .strictObject({
      from: share('Percentage of the first step.')
        .optional()
        .meta({ default: formatShare(RAMP.fromPct) }),
      to: share('Percentage of the last step.')
        .optional()
        .meta({ default: formatShare(RAMP.toPct) }),
      step: share('How much the percentage grows.')
        .optional()
        .meta({ default: formatShare(RAMP.stepPct) }),
      shares: z
        .array(share('Percentage of one step.'))
        .min(1)
        .max(MAX_STEPS)
        .optional()
        .meta({ description: 'The steps one by one, in place of from, to and step.' }),
      bake: duration('How long each step is held at least.').prefault('10m'),
      decideWithin: duration(
        'How long after the bake a step may wait: the last for the decision, the others for their first request.'
      ).prefault('24h'),
      harmBudget: z
        .strictObject({
          extraFailures: wholeNumber({
            min: 1,
            example: 20,
            describe: 'Failed requests beyond those of the incumbent that the ramp may be expected to cost.',
          }),
        })
        .optional()
        .meta({ description: 'Lets evidence decide how fast the share grows; without it time alone does.' }),
      onInconclusive: onInconclusive().optional(),
    })
    .check(
      misplacedKeys((map) => {
        if (map['shares'] === undefined) return {};
        const twice = {
          because: 'stands beside `shares`, which names every step',
          remedy: 'Keep one of them.',
          allowed: 'shares, or from, to and step',
        };
        return Object.fromEntries(
          ['from', 'to', 'step'].filter((key) => map[key] !== undefined).map((key) => [key, twice])
        );
      })
    )
    .check((payload) => {
      const issue = payload.issues.length > 0 ? undefined : slipOfRamp(payload.value);
      if (issue === undefined) return;
      const { key, ...params } = issue;
      payload.issues.push({ code: 'custom', input: payload.value, path: [key], message: params.allowed, params });
    })
    .meta({ description: 'Rising shares, each held for a bake; the last one needs the decision.' });
}

/** The shares of a ramp in percent: from, then a step more each, and `to` as the last one. */
export function rampOf({ from, to, step }: Ramp): readonly [number, ...number[]] {
  const [fromPct, toPct, stepPct] = [from ?? RAMP.fromPct, to ?? RAMP.toPct, step ?? RAMP.stepPct];
  const risen = Array.from({ length: stepsOf(fromPct, toPct, stepPct) }, (_, i) => fromPct + (i + 1) * stepPct);
  const plain = risen.map((pct) => Number(Math.min(toPct, pct).toPrecision(12)));
  return [fromPct, ...plain];
}

interface Ramp {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly step?: number | undefined;
  readonly shares?: unknown;
}

/** Steps after the first one; binary division would make one more of 10 %, 10.1 %, … */
function stepsOf(fromPct: number, toPct: number, stepPct: number): number {
  return Math.max(0, Math.ceil(Number(((toPct - fromPct) / stepPct).toPrecision(12))));
}

function slipOfRamp(ramp: Ramp): (Refusal & { readonly key: string }) | undefined {
  if (ramp.shares !== undefined) return undefined;
  const [fromPct, toPct, stepPct] = [ramp.from ?? RAMP.fromPct, ramp.to ?? RAMP.toPct, ramp.step ?? RAMP.stepPct];
  if (fromPct <= 0 || fromPct >= 100) {
    const because = fromPct <= 0 ? 'the candidate gets no requests' : 'no requests are left for the incumbent';
    return {
      key: 'from',
      what: 'a share to begin with',
      allowed: 'more than 0% and less than 100%',
      example: '5%',
      because,
    };
  }
  if (toPct >= 100) {
    const because = 'no requests are left for the incumbent, so there is nothing to compare';
    const example = formatShare(Math.max(RAMP.toPct, fromPct));
    const remedy = 'Write for example `to: 50%`; promotion goes on to 100%.';
    return { key: 'to', what: 'a share to end with', allowed: 'less than 100%', example, because, remedy };
  }
  if (toPct < fromPct) {
    const key = ramp.to === undefined ? 'from' : 'to';
    const because = `it begins at ${formatShare(fromPct)} and ends at ${formatShare(toPct)}`;
    const allowed = key === 'to' ? `${formatShare(fromPct)} or more` : `${formatShare(toPct)} or less`;
    const example = formatShare(key === 'to' ? fromPct : toPct);
    return { key, what: `the ${key === 'to' ? 'end' : 'beginning'} of a rising ramp`, allowed, example, because };
  }
  if (stepPct > 0 && stepsOf(fromPct, toPct, stepPct) < MAX_STEPS) return undefined;
  const because =
    stepPct > 0 ? `the ramp would have ${stepsOf(fromPct, toPct, stepPct) + 1} steps` : 'the ramp would never rise';
  const example = formatShare(Math.max(1, Math.ceil((toPct - fromPct) / 5)));
  return { key: 'step', what: 'a step of a ramp', allowed: `at most ${MAX_STEPS} steps`, example, because };
}
