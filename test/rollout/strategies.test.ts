import { describe, expect, test } from '@jest/globals';
import { costOf, nextCommand, refuseVerb, resultOf, step } from '../../rollout';
import type { RolloutEvent, RolloutState } from '../../rollout';
import type { RolloutSpec, Stage } from '../../spec/types';
import { aSpec } from '../support/spec';
import { ANA, EVENTS, looked, play, START_MS, stateIn } from './states';
import type { EventName } from './states';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const V3 = { ...aSpec().candidates[0], name: 'v3' };

function fileOf(stages: readonly Stage[], changes: Partial<RolloutSpec> = {}): RolloutSpec {
  return aSpec({ stages, ...changes });
}

function after(state: RolloutState, ...events: readonly (readonly [RolloutEvent | EventName, number])[]): RolloutState {
  return events.reduce(
    (sofar, [event, afterMs]) => step(sofar, typeof event === 'string' ? EVENTS[event] : event, START_MS + afterMs),
    state
  );
}

function begun(stages: readonly Stage[], ...names: readonly EventName[]): RolloutState {
  const events: readonly EventName[] = ['endpointRead', 'planFixed', ...names];
  return play(
    events.map((name) => EVENTS[name]),
    fileOf(stages)
  );
}

const linear: Stage = {
  kind: 'linear',
  sharesPct: [10, 20, 50],
  bakeMs: 10 * MINUTE_MS,
  decideWithinMs: HOUR_MS,
  extraFailures: null,
  onInconclusive: 'rollBack',
};

describe('linear', () => {
  test('bakes every share, goes on without a decision but not without a request, and needs the decision at the last', () => {
    const ten = begun([linear], 'done', 'done');
    expect(ten.phase).toMatchObject({ kind: 'baking', rung: 0 });
    const early = after(ten, [looked('promote', 500), 5 * MINUTE_MS]);
    expect(early.phase.kind).toBe('baking');
    const idle = after(ten, [looked('undecided', 0), 11 * MINUTE_MS]);
    expect(idle.phase.kind).toBe('baking');
    const twenty = after(ten, [looked('undecided', 1), 11 * MINUTE_MS]);
    expect(nextCommand(twenty)).toMatchObject({ kind: 'setShares', layout: { sharesPct: { v2: 20 } } });
    const fifty = after(
      twenty,
      ['done', 11 * MINUTE_MS],
      [looked('undecided', 50), 22 * MINUTE_MS],
      ['done', 22 * MINUTE_MS],
      [looked('undecided', 90), 40 * MINUTE_MS]
    );
    expect(fifty.phase).toMatchObject({ kind: 'baking', rung: 2 });
    expect(after(fifty, [looked('promote', 99), 41 * MINUTE_MS]).phase.kind).toBe('promoting');
  });

  test('by a harm budget moves to the share that the evidence allows, and back into the same bake', () => {
    const ramp = begun([{ ...linear, extraFailures: 20 }], 'done', 'done');
    const proposal = { sharesPct: { v2: 17 }, reason: 'the test says 17 %', winner: null };
    const moving = after(ramp, [looked('undecided', 100, { proposal }), 5 * MINUTE_MS]);
    expect(moving.phase).toMatchObject({ kind: 'shifting', sharesPct: { v2: 17 } });
    const baking = after(moving, ['done', 6 * MINUTE_MS]);
    expect(baking.phase).toEqual(ramp.phase);
    expect(baking.layout.sharesPct).toEqual({ v2: 17 });
  });
});

describe('blue/green by weights', () => {
  const swap: Stage = {
    kind: 'blueGreen',
    engine: 'weights',
    warmUp: 25,
    holdbackPct: 5,
    until: { kind: 'decided', atMostMs: HOUR_MS },
    onInconclusive: 'rollBack',
  };

  test('warms the dark candidate, swaps all but the holdback in one call, and promotes on the decision', () => {
    const dark = begun([swap], 'done');
    expect(nextCommand(dark)).toEqual({ kind: 'warmUp', candidates: ['v2'], requests: 25 });
    const swapping = after(dark, ['done', MINUTE_MS]);
    expect(nextCommand(swapping)).toMatchObject({ kind: 'setShares', layout: { sharesPct: { v2: 95 } } });
    expect(after(swapping, ['done', MINUTE_MS], ['promote', 2 * MINUTE_MS]).phase.kind).toBe('promoting');
  });

  test('turns back before any user saw it when the warm-up fails', () => {
    expect(after(begun([swap], 'done'), ['failed', MINUTE_MS]).phase.kind).toBe('rollingBack');
  });
});

describe('shadow', () => {
  const shadow: Stage = {
    kind: 'shadow',
    engine: 'variant',
    samplePct: 20,
    until: { pairs: 2_000, atMostMs: 6 * HOUR_MS },
    onInconclusive: 'rollBack',
  };
  const canary = aSpec().stages[0] as Stage;

  test('copies to the candidate without a live share, and deploys it beside the incumbent for the stage that follows', () => {
    const deploying = begun([shadow, canary]);
    expect(nextCommand(deploying)).toEqual({ kind: 'deploy', to: 'shadowed' });
    const copying = after(deploying, ['done', MINUTE_MS]);
    expect(copying).toMatchObject({
      phase: { kind: 'baking' },
      layout: { kind: 'shadowed', copyPct: 20, sharesPct: {} },
    });
    expect(after(copying, [looked('undecided', 0, { pairs: 1_999 }), HOUR_MS]).phase.kind).toBe('baking');
    const enough = after(copying, [looked('undecided', 0, { pairs: 2_000 }), HOUR_MS]);
    expect(nextCommand(enough)).toEqual({ kind: 'deploy', to: 'split' });
  });

  test('by the gateway mirrors to a dark variant', () => {
    const dark = begun([{ ...shadow, engine: 'gateway' }, canary], 'done');
    expect(nextCommand(dark)).toMatchObject({
      kind: 'setShares',
      layout: { kind: 'split', copyPct: 20, sharesPct: { v2: 0 } },
    });
  });
});

describe('several candidates', () => {
  const abTest: Stage = {
    kind: 'abTest',
    sharePct: 50,
    by: 'request',
    atMostMs: 24 * HOUR_MS,
    onInconclusive: 'rollBack',
  };
  const bandit: Stage = {
    kind: 'bandit',
    allocator: 'thompson',
    reward: { kind: 'quality' },
    intervalMs: 5 * MINUTE_MS,
    floorPct: 2,
    deadBandPct: 1,
    discount: 1,
    atMostMs: 24 * HOUR_MS,
    onInconclusive: 'rollBack',
  };
  const testing = (stage: Stage): RolloutState =>
    play(
      (['endpointRead', 'planFixed', 'done', 'done'] as const).map((name) => EVENTS[name]),
      fileOf([stage], { candidates: [aSpec().candidates[0], V3] })
    );

  test('share an A/B test in equal parts, and the first whose guards all pass wins it', () => {
    const both = testing(abTest);
    expect(both.layout.sharesPct).toEqual({ v2: 25, v3: 25 });
    const won = after(both, [looked('undecided', 9, { decisions: { v2: 'undecided', v3: 'promote' } }), HOUR_MS]);
    expect(won.phase).toMatchObject({ kind: 'promoting', winner: 'v3' });
    expect(nextCommand(won)).toMatchObject({ layout: { sharesPct: { v2: 0, v3: 100 } } });
    const ended = after(won, ['done', HOUR_MS], ['done', HOUR_MS], ['done', HOUR_MS]);
    expect(resultOf(ended)).toMatchObject({ candidate: 'v3', serving: 'v3', outcome: { kind: 'promoted' } });
    expect(ended.arms.map(({ standing }) => standing)).toEqual(['lost', 'running']);
  });

  test('lose one that a guard fails, whose share goes to the others, and turn back with the last', () => {
    const one = after(testing(abTest), [
      looked('undecided', 9, { decisions: { v2: 'rollBack', v3: 'undecided' } }),
      HOUR_MS,
    ]);
    expect(one.phase).toMatchObject({ kind: 'shifting', sharesPct: { v2: 0, v3: 50 } });
    expect(one.arms[0]).toMatchObject({ name: 'v2', standing: 'benched' });
    const held = after(one, ['done', HOUR_MS]);
    expect(held.phase.kind).toBe('baking');
    expect(after(held, [looked('rollBack', 9), 2 * HOUR_MS]).phase.kind).toBe('assessing');
  });

  test('follow a bandit’s shares until one is shown to be the best', () => {
    const race = testing(bandit);
    const move = { sharesPct: { v2: 10, v3: 60 }, reason: 'the test says so', winner: null };
    const moved = after(race, [looked('undecided', 9, { proposal: move }), HOUR_MS], ['done', HOUR_MS]);
    expect(moved.layout.sharesPct).toEqual({ v2: 10, v3: 60 });
    const best = { ...move, winner: 'v3' };
    expect(after(moved, [looked('undecided', 9, { proposal: best }), HOUR_MS]).phase).toMatchObject({
      kind: 'promoting',
      winner: 'v3',
    });
  });

  test('change nothing when the incumbent wins the race', () => {
    const best = { sharesPct: {}, reason: 'the test says so', winner: 'v1' };
    const kept = after(testing(bandit), [looked('undecided', 9, { proposal: best }), HOUR_MS]);
    expect(kept.phase).toMatchObject({ kind: 'assessing', outcome: { kind: 'rolledBack' } });
  });

  test('cannot be promoted by a word while they compete', () => {
    expect(refuseVerb(testing(abTest), { verb: 'promote', ...ANA })).toMatch(/2 candidates compete/);
  });
});

describe('calibrate', () => {
  const ticks: Stage = { kind: 'calibrate', ticks: 10, atMostMs: HOUR_MS };

  test('compares the incumbent with itself before the plan is fixed, and the candidate gets nothing until then', () => {
    const slicing = play([EVENTS.endpointRead], fileOf([ticks, ...aSpec().stages]));
    expect(nextCommand(slicing)).toEqual({ kind: 'deploy', to: 'sliced' });
    const measured = after(slicing, ['done', 0], ['done', 10 * MINUTE_MS]);
    expect(nextCommand(measured)).toMatchObject({
      kind: 'fixPlan',
      calibrated: { fromMs: START_MS, toMs: START_MS + 10 * MINUTE_MS },
    });
    expect(nextCommand(after(measured, ['planFixed', 11 * MINUTE_MS]))).toEqual({ kind: 'deploy', to: 'split' });
  });
});

describe('the watch after a promotion', () => {
  test('keeps a holdback on the old model, judges on, and rolls back days later', () => {
    const watching = stateIn('watching');
    expect(watching.layout.sharesPct).toEqual({ v2: 98 });
    expect(after(watching, [looked('rollBack', 9), 20 * HOUR_MS]).phase.kind).toBe('assessing');
    expect(after(watching, [looked('undecided', 9), 20 * HOUR_MS]).phase.kind).toBe('watching');
    const over = after(watching, [looked('undecided', 9), 25 * HOUR_MS]);
    expect(nextCommand(over)).toMatchObject({ kind: 'finalise', winner: 'v2' });
  });

  test('that keeps the old model cold rewrites the endpoint first and watches then', () => {
    const cold = aSpec({ stages: [], watch: { forMs: HOUR_MS, holdbackPct: 0, keep: 'cold' } });
    const state = { ...stateIn('finalising'), spec: { ...cold, stages: stateIn('finalising').spec.stages } };
    const watching = after(state, ['done', MINUTE_MS]);
    expect(watching).toMatchObject({ phase: { kind: 'watching' }, layout: { kind: 'single' } });
    expect(nextCommand(after(watching, [looked('undecided', 9), 2 * HOUR_MS]))).toEqual({ kind: 'clean', keep: 'v2' });
  });
});

describe('a rollback', () => {
  test('is not begun while what it returns to is unhealthy and the candidate serves better, unless a person says abort', () => {
    const stranded = stateIn('stranded');
    expect(stranded.log.at(-1)?.text).toMatch(/NOT ROLLING BACK: v1.*unhealthy/);
    expect(after(stranded, ['healthy', HOUR_MS]).phase.kind).toBe('rollingBack');
    expect(after(stranded, ['abort', HOUR_MS]).phase.kind).toBe('rollingBack');
  });

  test('goes to the incumbent all the same when the candidate fails no less', () => {
    expect(after(stateIn('assessing'), ['bothSick', MINUTE_MS]).phase.kind).toBe('rollingBack');
  });

  test('waits out a call that got no answer', () => {
    const lost = after(stateIn('shifting'), ['failed', MINUTE_MS]);
    expect(nextCommand(lost)).toEqual({ kind: 'restore', afterMs: 0, doubtful: true });
    expect(nextCommand(stateIn('rollingBack'))).toEqual({ kind: 'restore', afterMs: 0, doubtful: false });
  });
});

describe('a pause', () => {
  test('holds back every change, judges on, and gives its time back to the deadline', () => {
    const paused = after(stateIn('baking'), ['pause', MINUTE_MS]);
    expect(after(paused, [looked('promote', 9), 3 * HOUR_MS]).phase.kind).toBe('baking');
    expect(after(paused, [looked('rollBack', 9), 3 * HOUR_MS]).phase.kind).toBe('assessing');
    const [before, then] = [paused, after(paused, ['resume', HOUR_MS + MINUTE_MS])].map(({ phase }) =>
      phase.kind === 'baking' ? phase.untilMs : NaN
    );
    expect((then ?? NaN) - (before ?? NaN)).toBe(HOUR_MS);
  });

  test('before a change lets it stand until it is resumed', () => {
    const paused = after(stateIn('promoting'), ['pause', MINUTE_MS]);
    expect(nextCommand(paused)).toEqual({ kind: 'standStill' });
    expect(nextCommand(after(paused, ['resume', 2 * MINUTE_MS])).kind).toBe('setShares');
  });
});

describe('an approval', () => {
  const two: Stage = {
    kind: 'approval',
    approvers: ['ana@example.org', 'bo@example.org'],
    need: 2,
    withinMs: HOUR_MS,
    otherwise: 'reject',
    identity: { kind: 'asserted' },
  };
  const waiting = (): RolloutState =>
    after(begun([aSpec().stages[0] as Stage, two], 'done', 'done'), ['promote', MINUTE_MS], ['approve', 2 * MINUTE_MS]);

  test('is asked for again when a verdict changes, because another evidence was approved', () => {
    const changed = after(waiting(), [looked('promote', 9, { verdict: 'pass' }), 3 * MINUTE_MS]);
    expect(changed.phase).toMatchObject({ kind: 'approving', given: [] });
    expect(changed.log.at(-1)?.text).toMatch(/Asking again, because a verdict has changed: errors is pass now/);
    expect(after(waiting(), [looked('promote', 9), 3 * MINUTE_MS]).phase).toMatchObject({ given: [{ who: ANA.who }] });
  });

  test('can be taken back until it was acted on, by who gave it', () => {
    expect(after(waiting(), ['revoke', 3 * MINUTE_MS]).phase).toMatchObject({ kind: 'approving', given: [] });
    const bo = { verb: 'revoke', who: 'bo@example.org', why: 'not so sure' } as const;
    expect(refuseVerb(waiting(), bo)).toMatch(/has not approved/);
  });

  test('that asks for a token takes no typed name', () => {
    const token = {
      kind: 'token',
      issuer: 'https://id.example.org',
      audience: 'sluice',
      jwks: 'https://x',
      claim: 'email',
    } as const;
    const state = after(begun([aSpec().stages[0] as Stage, { ...two, identity: token }], 'done', 'done'), [
      'promote',
      MINUTE_MS,
    ]);
    expect(refuseVerb(state, { verb: 'approve', ...ANA })).toMatch(/needs a token/);
    expect(
      refuseVerb(state, { verb: 'approve', ...ANA, identity: { issuer: 'i', subject: null, tokenId: null } })
    ).toBeNull();
  });
});

describe('the time of a rollout', () => {
  test('is booked to the stage and to whom it was spent on', () => {
    const events = (['endpointRead', 'planFixed', 'done', 'done'] as const).map((name) => EVENTS[name]);
    const state = after(
      play(events, aSpec({ stages: aSpec().stages.slice(0, 2) })),
      [looked('promote', 9), HOUR_MS],
      ['approve', 3 * HOUR_MS]
    );
    expect(state.accounts.map(({ stage }) => stage)).toEqual([-1, 0, 1]);
    expect(state.accounts[1]).toMatchObject({ bakingMs: HOUR_MS - 4_000, awsMs: 2_000 });
    expect(state.accounts[2]).toMatchObject({ personMs: 2 * HOUR_MS });
    // One instance of the candidate beside the incumbent from when it is up, which costs while people think, too.
    expect(state.accounts.map(({ capacityMs }) => capacityMs['ml.m5.large'] ?? 0)).toEqual([
      0,
      HOUR_MS - 2_000,
      2 * HOUR_MS,
    ]);
  });

  test('costs money by the prices known at its beginning, and an unknown price leaves the sum unknown', () => {
    const prices = { currency: 'USD', date: '2026-11-28', region: 'us-east-1', perHour: { 'ml.m5.large': 0.1 } };
    const known = { 'ml.m5.large': 3 * HOUR_MS };
    expect(costOf(known, prices)).toEqual({ amount: expect.closeTo(0.3), currency: 'USD', unknown: [] });
    const other = { ...known, 'ml.g5.xlarge': 1 };
    expect(costOf(other, prices)).toMatchObject({ amount: null, unknown: ['ml.g5.xlarge'] });
    const events = [{ ...EVENTS.endpointRead, prices }, EVENTS.planFixed, EVENTS.done, EVENTS.done] as const;
    const baking = play(events, aSpec({ stages: aSpec().stages.slice(0, 1) }));
    const aborted = after(baking, [EVENTS.abort, 2 * HOUR_MS], ['done', 2 * HOUR_MS], ['done', 2 * HOUR_MS]);
    const result = resultOf(aborted);
    // The candidate is up from the third second on.
    expect(result.cost.amount).toBeCloseTo((0.1 * (2 * HOUR_MS - 2_000)) / HOUR_MS, 6);
    expect(result.accounts.map(({ cost }) => cost.amount)).toEqual([0, result.cost.amount]);
    expect(result.prices).toEqual(prices);
    // An alternative that AWS had is what is paid for.
    const other2 = play([
      ...events.slice(0, 2),
      { ...EVENTS.done, instances: { v2: { type: 'ml.g5.xlarge', count: 2 } } },
    ]);
    expect(after(other2, ['done', HOUR_MS]).accounts[1]?.capacityMs).toEqual({ 'ml.g5.xlarge': 2 * (HOUR_MS - 2_000) });
  });
});
