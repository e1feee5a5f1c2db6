import { describe, expect, test } from '@jest/globals';
import { failure } from '../../sagemaker/faults';
import type { FailureType } from '../../spec/failures';
import { nextCommand, refuseVerb, resultOf, step } from '../../rollout';
import type { RolloutEvent, RolloutState } from '../../rollout';
import type { OnInconclusive, Stage } from '../../spec/types';
import { rolloutView } from '../../report/model';
import { ANA, EVENTS, followed, looked, play, START_MS, stateIn } from './states';
import { aSpec } from '../support/spec';

const MINUTE_MS = 60_000;

/** Plays events, each so many minutes after the rollout was accepted. */
function after(state: RolloutState, ...events: readonly (readonly [RolloutEvent, number])[]): RolloutState {
  return events.reduce((sofar, [event, minutes]) => step(sofar, event, START_MS + minutes * MINUTE_MS), state);
}

const begun = (): RolloutState => after(stateIn('guarded'), [EVENTS.done, 1]);
const baking = (sinceMs: number, look = looked('undecided', 10)): RolloutEvent =>
  followed(look, { stage: 'Baking', stageSinceMs: sinceMs });
const through = (look = looked('undecided', 10)): RolloutEvent => followed(look, { isThrough: true });
const failed = (type: FailureType): RolloutEvent => ({ kind: 'failed', failure: failure(type, 'the test says so') });

function fileWith(onInconclusive: OnInconclusive): RolloutState {
  const stages: readonly Stage[] = stateIn('guarded').spec.stages.map((stage) =>
    stage.kind === 'blueGreen' ? { ...stage, onInconclusive } : stage
  );
  return after(play([EVENTS.endpointRead, EVENTS.planFixed], aSpec({ stages })), [EVENTS.done, 1]);
}

describe('SageMaker’s own deployment', () => {
  test('is asked for once, and followed from then on with evidence open', () => {
    expect(nextCommand(stateIn('guarded'))).toEqual({ kind: 'startGuardrails', stage: 0 });
    expect(nextCommand(begun())).toEqual({ kind: 'followGuardrails', stage: 0, afterMs: 30_000 });
    expect(begun().traffic.throughMs).toBeGreaterThan(0);
    expect(begun().doubtful).toBe(false);
  });

  test('is told step by step, each step once', () => {
    const state = after(
      begun(),
      [followed(looked('undecided'), { stage: 'Creating', stageSinceMs: 1 }), 2],
      [baking(2), 3],
      [baking(2), 4],
      [followed(looked('undecided'), { stage: 'ActivatingTraffic', stageSinceMs: 3 }), 5],
      [baking(4), 6]
    );
    expect(state.log.map(({ text }) => text).filter((text) => text.startsWith('SageMaker is'))).toEqual([
      'SageMaker is starting the new fleet.',
      'SageMaker is baking 50 % (step 1 of 2).',
      'SageMaker is shifting traffic.',
      'SageMaker is baking 100 % (step 2 of 2).',
    ]);
    expect(rolloutView(state, START_MS).headline).toMatch(/SageMaker is baking 100 % \(step 2 of 2\)$/);
    // Who looks at the share must not read that nothing has moved.
    const setPct = (one: RolloutState): number => rolloutView(one, START_MS).share.setPct;
    expect([begun(), after(begun(), [baking(2), 3]), state].map(setPct)).toEqual([0, 50, 100]);
  });

  test('that is through counts as promoted only with a decision behind it', () => {
    const decided = after(begun(), [through(looked('promote', 10)), 9]);
    expect(nextCommand(decided)).toEqual({ kind: 'clean', keep: 'v2' });
    expect(resultOf(after(decided, [EVENTS.done, 10]))).toMatchObject({
      serving: 'v2',
      outcome: { kind: 'promoted', because: { kind: 'evidence' } },
    });
  });

  test('waits for the evidence of its last bake, which comes late', () => {
    const settling = after(begun(), [through(), 9]);
    expect(settling).toMatchObject({ phase: { kind: 'guarded' }, layout: { sharesPct: { v2: 100 } } });
    expect(nextCommand(after(settling, [through(looked('promote', 10)), 11]))).toMatchObject({ kind: 'clean' });
    expect(after(settling, [through(looked('rollBack', 10)), 11]).phase.kind).toBe('assessing');
  });

  test.each([
    ['rollBack', 'assessing'],
    ['ask', 'approving'],
    ['hold', 'approving'],
    ['advance', 'cleaning'],
  ] as const)('without a decision after that does as the file says: %s', (onInconclusive, phase) => {
    const late = after(fileWith(onInconclusive), [through(), 9], [through(), 15]);
    expect(late.phase.kind).toBe(phase);
  });

  test('that a person approves is not deployed a second time', () => {
    const asked = after(fileWith('ask'), [through(), 9], [through(), 15]);
    expect(nextCommand(after(asked, [EVENTS.approve, 16]))).toEqual({ kind: 'clean', keep: 'v2' });
  });

  test('turns back when a guard fails on the way', () => {
    const failing = after(begun(), [baking(2, looked('rollBack', 10)), 3]);
    expect(failing.phase).toMatchObject({ kind: 'assessing', outcome: { because: { guard: 'errors' } } });
    expect(nextCommand(after(failing, [EVENTS.healthy, 4]))).toMatchObject({ kind: 'restore', doubtful: false });
  });

  test.each(['SilentRollback', 'OutsideChange', 'EndpointFailed'] as const)('that ended as %s is over', (type) => {
    expect(after(begun(), [failed(type), 3]).phase).toMatchObject({ outcome: { because: { failure: { type } } } });
  });

  test('that cannot be read goes on, but not for ever', () => {
    const blind = after(begun(), [failed('ProviderUnavailable'), 3]);
    expect(blind.phase.kind).toBe('guarded');
    expect(after(blind, [failed('ProviderUnavailable'), 4]).log).toEqual(blind.log);
    expect(after(blind, [failed('ProviderUnavailable'), 200]).phase.kind).toBe('assessing');
  });

  test('that was never asked for is undone as soon as asking fails', () => {
    const refused = after(stateIn('guarded'), [failed('InvalidRequest'), 1]);
    expect(refused.phase).toMatchObject({ kind: 'rollingBack', outcome: { because: { failure: {} } } });
  });
});

describe('people', () => {
  test.each(['abort', 'cancel'] as const)('turn it back at once by %s', (verb) => {
    expect(after(begun(), [EVENTS[verb], 3]).phase).toMatchObject({
      kind: 'rollingBack',
      outcome: { because: { verb } },
    });
  });

  test('turn it back by rollback, once both sides have been looked at', () => {
    expect(after(begun(), [EVENTS.rollback, 3]).phase.kind).toBe('assessing');
  });

  test('cannot pause what SageMaker does', () => {
    expect(refuseVerb(begun(), { verb: 'pause', ...ANA })).toMatch(/cannot be paused: abort it/);
    expect(refuseVerb(stateIn('guarded'), { verb: 'pause', ...ANA })).toBeNull();
  });
});

describe('the next rollout', () => {
  const read = (candidate: string): RolloutState => {
    const file = aSpec({ candidates: [{ ...aSpec().candidates[0], name: candidate }] });
    const variant = { ...EVENTS.endpointRead.live.variants[0], version: 'v7' };
    return play([{ ...EVENTS.endpointRead, live: { ...EVENTS.endpointRead.live, variants: [variant] } }], file);
  };

  test('calls the incumbent by its version, though the variant has kept its name', () => {
    const state = read('v8');
    expect(state.incumbent).toMatchObject({ variant: 'v1', version: 'v7' });
    expect(rolloutView(state, START_MS).headline).toMatch(/Rolling out v8 over v7 on/);
  });

  test.each([
    ['v7', /v7 is what endpoint .* serves already/],
    ['v1', /still named v1, though it serves v7/],
  ])('refuses a candidate named %s', (name, text) => {
    const { phase } = read(name);
    expect(phase).toMatchObject({ kind: 'ended', outcome: { because: { failure: { type: 'NameCollision' } } } });
    expect(JSON.stringify(phase)).toMatch(text);
  });
});
