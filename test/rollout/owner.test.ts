import { describe, expect, test } from '@jest/globals';
import { afterEnd, afterWatching, ownerState, runningOf, servingNow } from '../../rollout';
import type { EndpointState, EndpointStateV1, RolloutResult, Served } from '../../rollout';
import { aSpec } from '../support/spec';

const spec = aSpec();
const served = (version: string): Served => ({
  version,
  variant: version,
  modelName: `model-${version}`,
  configName: `config-${version}`,
});

function owned(incumbent: Served | null, number = 1): EndpointState {
  const by = { id: `rollout/e/${number}`, number, who: 'ana', sinceMs: 1, follower: null, baselines: {} };
  const pointer = incumbent && { ...incumbent, sinceMs: 0, rollout: null, spec: null, baselines: {} };
  return { ...ownerState('e', null), count: number, incumbent: pointer, running: runningOf(spec, by) };
}

function ended(kind: 'promoted' | 'rolledBack', serves: Served | null): RolloutResult {
  const because = { kind: 'evidence', reason: 'numbers' } as const;
  const result: Partial<RolloutResult> = { served: serves, endedAtMs: 99, outcome: { kind, because } as never };
  return result as RolloutResult;
}

describe('the incumbent pointer', () => {
  test('moves to the winner when its rollout ends as promoted, and says by which rollout and file', () => {
    const { incumbent, running } = afterEnd(owned(served('v1'), 4), {
      number: 4,
      result: ended('promoted', served('v2')),
    });
    expect(running).toBeNull();
    expect(incumbent).toEqual({
      ...served('v2'),
      sinceMs: 99,
      rollout: { id: 'rollout/e/4', number: 4 },
      spec,
      baselines: {},
    });
  });

  test('stays while a promoted model is only watched, though that one serves', () => {
    const state = afterWatching(owned(served('v1')), { number: 1, watched: served('v2') });
    expect(state.incumbent).toMatchObject(served('v1'));
    expect(servingNow(state)).toEqual({ ...served('v2'), baselines: {} });
    const back = afterEnd(state, { number: 1, result: ended('rolledBack', served('v1')) });
    expect(back.incumbent).toBe(state.incumbent);
    expect(servingNow(back)).toMatchObject(served('v1'));
  });

  test('stays where it is when a rollout was rolled back, or nobody knows how it ended', () => {
    const state = owned(served('v1'));
    for (const result of [ended('rolledBack', served('v1')), ended('rolledBack', null), null])
      expect(afterEnd(state, { number: 1, result }).incumbent).toBe(state.incumbent);
  });

  test('is found where a first look meets a model that Sluice did not bring, or another one than it had brought', () => {
    for (const before of [null, served('v1')]) {
      const { incumbent } = afterEnd(owned(before), { number: 1, result: ended('rolledBack', served('v0')) });
      expect(incumbent).toEqual({ ...served('v0'), sinceMs: 99, rollout: null, spec: null, baselines: {} });
    }
  });

  test('does not move by news of a rollout that is not the running one', () => {
    const state = owned(served('v1'), 2);
    expect(afterEnd(state, { number: 1, result: ended('promoted', served('v2')) })).toBe(state);
    expect(afterWatching(state, { number: 1, watched: served('v2') })).toBe(state);
  });
});

test('an owner of an older Sluice goes on with all it knew, and with no incumbent yet', () => {
  const {
    watched: _w,
    spec: _s,
    ...running
  } = runningOf(spec, {
    id: 'rollout/e/7',
    number: 7,
    who: 'ana',
    sinceMs: 1,
    follower: null,
    baselines: {},
  });
  const { served: _served, ...result } = ended('promoted', null);
  const old: EndpointStateV1 = { schema: 1, endpoint: 'e', count: 7, running, queued: null, past: [result] };
  expect(ownerState('e', old)).toEqual({
    ...ownerState('e', null),
    count: 7,
    running: { ...running, watched: null, spec: null, baselines: {} },
    past: [{ ...result, served: null }],
  });
});
