import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderCard } from '../../report/card/card';
import { measurementOf } from '../../report/card/measurement';
import type { Measurement } from '../../report/card/measurement';
import { startRollout } from '../../rollout';
import type { RolloutState } from '../../rollout';
import { aSpec } from '../support/spec';
import { STORIES, nowAt, stateAt } from './states';
import type { Story } from './states';

const stories = Object.keys(STORIES) as readonly Story[];

/** Two looks made of the state's own evidence, so that there is something to draw. */
function measurementsFor(state: RolloutState): readonly Measurement[] {
  const { plan, guards, decisions, traffic, layout, bandit } = state;
  if (plan === null) return [];
  return [0, 10_000].map((afterMs) =>
    measurementOf({
      atMs: state.startedAtMs + afterMs,
      layout,
      plan,
      look: { guards, decisions, traffic, bandit, proposal: null },
    })
  );
}

describe('the card of a rollout', () => {
  test.each(stories)('%s: one page that needs nothing but itself, with every guard drawn', (story) => {
    const state = stateAt(story);
    const page = renderCard({ state, measurements: measurementsFor(state), nowMs: nowAt(story) });
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|https?:\/\/|undefined|NaN|Infinity|\[object/);
    expect(page).toContain(state.spec.endpoint);
    for (const guard of state.incumbent === null ? [] : (state.plan?.guards ?? []))
      expect(page).toContain(`${guard.name}: evidence`);
  });

  test('a reason that a person typed is text, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), (why) => {
        const state = {
          ...startRollout({ id: 'rollout/e/1', number: 1, spec: aSpec(), atMs: 0 }),
          approvals: [{ verb: 'approve' as const, who: '<b>ana', why, atMs: 0, identity: null }],
        };
        const page = renderCard({ state, measurements: [], nowMs: 0 });
        const tags = page.match(/<(?!\/|!)([a-z0-9]+)/g) ?? [];
        expect(tags).not.toContain('<b');
        expect(tags).not.toContain('<script');
        expect(page.slice(page.indexOf('Decided by people'))).not.toContain('<b>');
      })
    );
  });

  test('without a look at the evidence there is nothing to draw, and the page says how many there were', () => {
    const state = startRollout({ id: 'rollout/e/1', number: 1, spec: aSpec(), atMs: 0 });
    const page = renderCard({ state, measurements: [], nowMs: 1_000 });
    expect(page).not.toContain('<svg');
    expect(page).toContain('0 looks at the evidence');
  });
});
