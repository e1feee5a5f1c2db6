import { describe, expect, test } from '@jest/globals';
import { nextCommand, step } from '../../rollout';
import type { RolloutEvent, RolloutState } from '../../rollout';
import type { CanaryStage, Stage } from '../../spec/types';
import { aSpec } from '../support/spec';
import { ANA, EVENTS, looked, NAMES, play, START_MS } from './states';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const BEGIN: readonly RolloutEvent[] = [EVENTS.endpointRead, EVENTS.planFixed, EVENTS.done];
const approval: Stage = {
  kind: 'approval',
  approvers: [],
  need: 1,
  withinMs: DAY_MS,
  otherwise: 'reject',
  identity: { kind: 'asserted' },
};

function canary(changes: Partial<CanaryStage> = {}): CanaryStage {
  return {
    kind: 'canary',
    sharePct: 5,
    groups: [],
    until: { kind: 'decided', atMostMs: 10 * MINUTE_MS },
    onInconclusive: 'rollBack',
    ...changes,
  };
}

/** In the bake of the first of `stages`. */
function baking(...stages: readonly Stage[]): RolloutState {
  return play([...BEGIN, EVENTS.done], aSpec({ stages }));
}

function after(state: RolloutState, ...events: readonly (readonly [RolloutEvent, number])[]): RolloutState {
  return events.reduce((sofar, [event, afterMs]) => step(sofar, event, START_MS + afterMs), state);
}

describe('a canary until decided', () => {
  test('holds its share while the guards are undecided and goes on when they promote', () => {
    const held = after(baking(canary(), canary({ sharePct: 50 })), [EVENTS.undecided, MINUTE_MS]);
    expect(held.phase.kind).toBe('baking');
    expect(nextCommand(after(held, [EVENTS.promote, MINUTE_MS]))).toMatchObject({
      kind: 'setShares',
      layout: { sharesPct: { v2: 50 } },
    });
  });

  test.each([
    ['rollBack', 'assessing', { kind: 'undecided' }],
    ['ask', 'approving', undefined],
    ['advance', 'promoting', undefined],
    ['hold', 'baking', undefined],
  ] as const)('whose time is up without a decision does as the file says: %s', (onInconclusive, phase, outcome) => {
    const late = after(baking(canary({ onInconclusive })), [EVENTS.undecided, 11 * MINUTE_MS]);
    expect(late.phase).toMatchObject({ kind: phase, ...(outcome && { outcome }) });
  });

  test('that holds says so once, however many looks fail meanwhile', () => {
    const state = baking(canary({ onInconclusive: 'hold' }));
    const looks = [EVENTS.undecided, EVENTS.failed, EVENTS.failed, EVENTS.undecided, EVENTS.failed];
    const late = after(state, ...looks.map((look, i) => [look, (11 + i) * MINUTE_MS] as const));
    expect(late.log.filter(({ text }) => text.endsWith('Holding 5 %.'))).toHaveLength(1);
    expect(late.log.filter(({ text }) => text.startsWith('Could not judge')).length).toBeLessThan(3);
  });

  test('that asks takes nobody’s silence for a yes: after a day it ends as undecided', () => {
    const asked = after(baking(canary({ onInconclusive: 'ask' })), [EVENTS.undecided, 11 * MINUTE_MS]);
    const silent = after(asked, [EVENTS.undecided, 11 * MINUTE_MS + DAY_MS]);
    expect(silent.phase).toMatchObject({ kind: 'assessing', outcome: { kind: 'undecided' } });
  });

  test('a look that fails counts as no evidence, but the deadline still holds', () => {
    const state = baking(canary());
    expect(after(state, [EVENTS.failed, MINUTE_MS]).phase.kind).toBe('baking');
    expect(after(state, [EVENTS.failed, 11 * MINUTE_MS]).phase).toMatchObject({ outcome: { kind: 'undecided' } });
  });
});

describe('a canary of some requests', () => {
  const requests = canary({ until: { kind: 'requests', requests: 500, atMostMs: 10 * MINUTE_MS } });

  test('counts only the requests since its own beginning', () => {
    const second = canary({ sharePct: 50, until: { kind: 'requests', requests: 500, atMostMs: 10 * MINUTE_MS } });
    const state = after(
      baking(requests, second, approval),
      [looked('undecided', 400), MINUTE_MS],
      [looked('undecided', 600), MINUTE_MS],
      [EVENTS.done, MINUTE_MS],
      [looked('undecided', 1_000), MINUTE_MS]
    );
    expect(state.phase).toMatchObject({ kind: 'baking', rung: 1 });
    expect(after(state, [looked('undecided', 1_100), MINUTE_MS]).phase.kind).toBe('approving');
  });

  test('that is the last stage still needs the decision to promote', () => {
    const state = after(baking(requests), [looked('undecided', 5_000), MINUTE_MS]);
    expect(state.phase.kind).toBe('baking');
    expect(after(state, [looked('promote', 5_100), MINUTE_MS]).phase.kind).toBe('promoting');
  });
});

describe('an approval', () => {
  const many = canary({ until: { kind: 'requests', requests: 10, atMostMs: 10 * MINUTE_MS } });

  test('before the evidence is in does not promote, and is not asked for again: the share is held until the guards promote', () => {
    const approved = after(baking(many, approval), [looked('undecided', 10), MINUTE_MS], [EVENTS.approve, MINUTE_MS]);
    expect(approved.phase).toMatchObject({ kind: 'baking', rung: 0 });
    const held = after(approved, [looked('undecided', 900), 2 * MINUTE_MS]);
    expect(held.phase.kind).toBe('baking');
    expect(after(held, [looked('promote', 901), 3 * MINUTE_MS]).phase.kind).toBe('promoting');
  });

  test('of a candidate that stays undecided is asked for once more as an override, and then promotes', () => {
    const ask = canary({ ...many, onInconclusive: 'ask' });
    const overridden = after(
      baking(ask, approval),
      [looked('undecided', 10), MINUTE_MS],
      [EVENTS.approve, MINUTE_MS],
      [EVENTS.undecided, 12 * MINUTE_MS],
      [EVENTS.approve, 13 * MINUTE_MS]
    );
    expect(overridden.phase.kind).toBe('promoting');
    expect(overridden.approvals).toHaveLength(2);
  });

  test('by two people needs two different people', () => {
    const two: Stage = { ...approval, need: 2 };
    const once = after(
      baking(canary(), two),
      [EVENTS.promote, MINUTE_MS],
      [EVENTS.approve, MINUTE_MS],
      [EVENTS.approve, MINUTE_MS]
    );
    expect(once.phase).toMatchObject({ kind: 'approving', given: [{ who: ANA.who }] });
    const bo: RolloutEvent = { kind: 'verb', verb: 'approve', who: 'bo@example.org', why: 'me too' };
    expect(after(once, [bo, MINUTE_MS]).phase.kind).toBe('promoting');
  });

  test.each([
    ['reject', 'assessing'],
    ['approve', 'promoting'],
  ] as const)('that nobody gives in time means %s when the file says so', (otherwise, phase) => {
    const state = after(baking(canary(), { ...approval, otherwise }), [EVENTS.promote, MINUTE_MS]);
    expect(after(state, [EVENTS.promote, DAY_MS]).phase.kind).toBe('approving');
    expect(after(state, [EVENTS.promote, DAY_MS + MINUTE_MS]).phase.kind).toBe(phase);
  });

  test('does not end the judging: a guard that fails meanwhile rolls back', () => {
    const state = after(baking(canary(), approval), [EVENTS.promote, MINUTE_MS], [EVENTS.rollBack, 2 * MINUTE_MS]);
    expect(state.phase).toMatchObject({ kind: 'assessing', outcome: { because: { kind: 'evidence' } } });
  });
});

describe('the endpoint as it is found', () => {
  test.each([
    ['two variants, left by a rollout that was terminated', ['v1', 'v7'], 'OutsideChange'],
    ['the candidate itself', ['v2'], 'NameCollision'],
    ['nothing yet, because somebody is creating it', [], 'OutsideChange'],
  ] as const)('with %s ends the rollout before anything is touched', (_what, names, type) => {
    const variants = names.map((name) => ({
      name,
      modelName: name,
      sharePct: 50,
      instanceType: 'ml.m5.large',
      instanceCount: 1,
    }));
    const live = { status: 'InService', configName: 'c', variants };
    expect(play([{ kind: 'endpointRead', live, names: NAMES }]).phase).toMatchObject({
      kind: 'ended',
      outcome: { kind: 'rolledBack', because: { failure: { type } } },
    });
  });
});

describe('evidence', () => {
  test('counts from the first whole tick after the share was read back, once and for all stages', () => {
    const opened = play([...BEGIN, EVENTS.done], aSpec({ tickMs: 60_000 }));
    expect(opened.traffic.throughMs).toBe(START_MS + 60_000);
    expect(opened.guards.map(({ throughMs }) => throughMs)).toEqual([START_MS + 60_000, START_MS + 60_000]);
  });
});
