import { giveUp } from './back';
import { enterRung } from './climb';
import { enter, note } from './moves';
import { rungsOf } from './rungs';
import type { Incumbent, LiveEndpoint, LiveVariant, RolloutEvent, RolloutState } from './types';

type Read = Extract<RolloutEvent, { kind: 'endpointRead' }>;
type Planned = Extract<RolloutEvent, { kind: 'planFixed' }>;

/** What serves now is known: it becomes the incumbent, unless there is none, or more than one. */
export function afterRead(before: RolloutState, { live, names, prices, checked }: Read, atMs: number): RolloutState {
  if (before.phase.kind !== 'reading') return before;
  const read = { ...before, names, prices: prices ?? null };
  const state = typeof checked === 'string' ? note(read, atMs, checked) : read;
  const { endpoint, candidates } = state.spec;
  const phase = { kind: 'planning', next: 0, calibrated: null } as const;
  if (live === null) return enter(state, { phase, atMs, text: 'There is no such endpoint yet.' });
  const [variant, ...others] = live.variants;
  if (variant === undefined || others.length > 0) {
    const what = `Endpoint ${endpoint} serves ${live.variants.length} variants (${live.variants.map((v) => v.name).join(', ')}), so there is no single incumbent.`;
    const next = 'Bring it back to one variant (an earlier rollout may have been terminated), then deploy again.';
    return giveUp(state, { type: 'OutsideChange', what, next }, atMs);
  }
  const version = variant.version ?? variant.name;
  const taken = candidates.find(({ name }) => name === variant.name || name === version)?.name;
  if (taken !== undefined) {
    const what =
      taken === version
        ? `${taken} is what endpoint ${endpoint} serves already.`
        : `The variant of endpoint ${endpoint} is still named ${taken}, though it serves ${version}.`;
    return giveUp(state, { type: 'NameCollision', what, next: 'Give the candidate a new name.' }, atMs);
  }
  const incumbent = incumbentOf(live, variant);
  const known = { ...state, incumbent };
  // How much the incumbent differs from itself goes into the plan, so it is measured before.
  if (rungsOf(state.spec)[0]?.kind === 'calibrate') return enterRung(known, { index: 0, atMs });
  return enter(known, { phase, atMs, text: `Measure the incumbent ${version} and fix the plan.` });
}

/** A variant that serves alone, as what a rollout would replace. */
export function incumbentOf({ configName }: LiveEndpoint, variant: LiveVariant): Incumbent {
  const { name, version = name, modelName, instanceType, instanceCount, scaling } = variant;
  const own = { variant: name, version, modelName, configName, instanceType, instanceCount };
  return scaling === undefined ? own : { ...own, scaling };
}

/** Everything is fixed: from here on candidates may get requests. */
export function afterPlan(before: RolloutState, event: Planned, atMs: number): RolloutState {
  if (before.phase.kind !== 'planning') return before;
  const state = { ...before, plan: event.plan, guards: event.guards, bandit: event.bandit };
  if (state.incumbent !== null) return enterRung(state, { index: before.phase.next, atMs });
  return enter(state, {
    phase: { kind: 'creating' },
    atMs,
    text: 'First deployment: create the endpoint; the stages are skipped, there is nothing to compare with.',
  });
}
