import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { explain, nextCommand, refuseVerb, resultOf, step } from '../../rollout';
import type { RolloutEvent, RolloutState } from '../../rollout';
import type { Stage } from '../../spec/types';
import { aSpec } from '../support/spec';
import { ANA, EVENTS, looked, play, START_MS, success } from './states';

const events: fc.Arbitrary<RolloutEvent> = fc.oneof(
  fc.constantFrom(...Object.values(EVENTS)),
  fc
    .tuple(fc.constantFrom('promote', 'undecided', 'rollBack'), fc.nat(3_000))
    .map(([kind, requests]) => looked(kind, requests)),
  fc.record({
    kind: fc.constant('verb' as const),
    verb: fc.constantFrom('approve', 'reject', 'revoke', 'pause', 'resume', 'advance', 'promote', 'settle', 'retry'),
    who: fc.constantFrom('ana@example.org', 'bo@example.org', 'mallory', ''),
    why: fc.constantFrom('because', ''),
  })
);

const onInconclusive = fc.constantFrom('hold', 'rollBack', 'ask', 'advance');
const until = fc.oneof(
  fc.record({ kind: fc.constant('decided' as const), atMostMs: fc.integer({ min: 1_000, max: 600_000 }) }),
  fc.record({
    kind: fc.constant('requests' as const),
    requests: fc.integer({ min: 1, max: 2_000 }),
    atMostMs: fc.integer({ min: 1_000, max: 600_000 }),
  })
);
const canary: fc.Arbitrary<Stage> = fc.record({
  kind: fc.constant('canary'),
  sharePct: fc.integer({ min: 1, max: 99 }),
  groups: fc.constant([]),
  until,
  onInconclusive,
});
const approval: fc.Arbitrary<Stage> = fc.record({
  kind: fc.constant('approval'),
  approvers: fc.constantFrom([], ['ana@example.org', 'bo@example.org']),
  need: fc.integer({ min: 1, max: 2 }),
  withinMs: fc.integer({ min: 1_000, max: 600_000 }),
  otherwise: fc.constantFrom('reject', 'approve'),
  identity: fc.constant({ kind: 'asserted' }),
});
const linear: fc.Arbitrary<Stage> = fc.record({
  kind: fc.constant('linear'),
  sharesPct: fc.constantFrom<[number, ...number[]]>([10], [1, 5, 25], [10, 20, 30, 40, 50]),
  bakeMs: fc.integer({ min: 1_000, max: 600_000 }),
  decideWithinMs: fc.integer({ min: 1_000, max: 600_000 }),
  extraFailures: fc.constantFrom(null, 10),
  onInconclusive,
});
const blueGreen: fc.Arbitrary<Stage> = fc.record({
  kind: fc.constant('blueGreen'),
  engine: fc.constant('weights'),
  warmUp: fc.nat(20),
  holdbackPct: fc.integer({ min: 1, max: 20 }),
  until,
  onInconclusive,
});
const shadow: fc.Arbitrary<Stage> = fc.record({
  kind: fc.constant('shadow'),
  engine: fc.constantFrom('variant', 'gateway'),
  samplePct: fc.integer({ min: 1, max: 100 }),
  until: fc.record({ pairs: fc.nat(10), atMostMs: fc.integer({ min: 1_000, max: 600_000 }) }),
  onInconclusive,
});
const anyStage = fc.oneof(canary, approval, linear, blueGreen, shadow);
const guardrails: fc.Arbitrary<Stage> = fc.record({
  kind: fc.constant('blueGreen'),
  engine: fc.constant('guardrails'),
  shift: fc.constantFrom({ kind: 'allAtOnce', waitMs: 0 }, { kind: 'canary', sizePct: 25, waitMs: 60_000 }),
  terminationWaitMs: fc.nat(600_000),
  maximumMs: fc.integer({ min: 600_000, max: 28_800_000 }),
  alarms: fc.constant([]),
  onInconclusive,
});
/** As the file's own rules have it: somewhere a canary that waits for a decision. */
const stages = fc
  .tuple(
    fc.array(anyStage, { maxLength: 3 }),
    canary,
    fc.array(approval, { maxLength: 2 }),
    fc.array(guardrails, { maxLength: 1 })
  )
  .map(([before, last, after, end]): Stage[] => [
    ...before,
    last.kind === 'canary' ? { ...last, until: { kind: 'decided', atMostMs: 60_000 } } : last,
    ...after,
    ...end,
  ]);
const steps = fc.array(fc.tuple(events, fc.integer({ min: 0, max: 120_000 })), { maxLength: 60 });

const FORWARD = [
  'createEndpoint',
  'startGuardrails',
  'followGuardrails',
  'deploy',
  'setShares',
  'warmUp',
  'finalise',
  'look',
  'readEndpoint',
  'fixPlan',
];

function trace(
  stagesOfFile: readonly Stage[],
  played: readonly (readonly [RolloutEvent, number])[]
): readonly RolloutState[] {
  let atMs = START_MS;
  const states = [play([], aSpec({ stages: stagesOfFile }))];
  for (const [event, afterMs] of played) {
    atMs += afterMs;
    const last = states.at(-1);
    if (last !== undefined) states.push(step(last, event, atMs));
  }
  return states;
}

describe('whatever happens, in whatever order', () => {
  test('there is a command until the end, and the end has a result with a reason', () => {
    fc.assert(
      fc.property(stages, steps, (file, played) => {
        for (const state of trace(file, played)) {
          const isOver = nextCommand(state).kind === 'end';
          expect(isOver).toBe(state.phase.kind === 'ended');
          if (state.phase.kind !== 'ended') continue;
          expect(explain(resultOf(state).outcome)).not.toBe('');
          expect(state.endedAtMs).not.toBeNull();
        }
      })
    );
  });

  test('an abort is the last forward step: nothing is created, shifted or judged after it', () => {
    fc.assert(
      fc.property(stages, steps, (file, played) => {
        const states = trace(file, played);
        const aborted = states.findIndex((state) => state.abort !== null);
        if (aborted === -1) return;
        const [first, ...later] = states.slice(aborted).map((state) => nextCommand(state));
        // What AWS was told before the abort may still be under way, but nothing new is begun.
        const begun = later.filter((command) => JSON.stringify(command) !== JSON.stringify(first));
        for (const command of begun) expect(FORWARD).not.toContain(command.kind);
        const end = states.at(-1)?.phase;
        if (end?.kind === 'ended') expect(end.outcome.kind).toBe('rolledBack');
      })
    );
  });

  test('once it turns back it never goes forward again', () => {
    fc.assert(
      fc.property(stages, steps, (file, played) => {
        const states = trace(file, played);
        const turned = states.findIndex(({ phase }) => phase.kind === 'rollingBack');
        if (turned === -1) return;
        for (const state of states.slice(turned)) expect(FORWARD).not.toContain(nextCommand(state).kind);
      })
    );
  });

  test('the state is plain JSON, and one that went through JSON goes on in the same way', () => {
    fc.assert(
      fc.property(stages, steps, (file, played) => {
        const states = trace(file, played);
        for (const [i, state] of states.entries()) {
          const copy = JSON.parse(JSON.stringify(state)) as RolloutState;
          expect(copy).toEqual(state);
          expect(nextCommand(copy)).toEqual(nextCommand(state));
          const next = played[i];
          if (next !== undefined)
            expect(step(copy, next[0], START_MS + 1e9)).toEqual(step(state, next[0], START_MS + 1e9));
        }
      }),
      { numRuns: 50 }
    );
  });

  test('nobody but a permitted person approves, and each person once', () => {
    fc.assert(
      fc.property(stages, steps, (file, played) => {
        for (const { phase } of trace(file, played)) {
          if (phase.kind !== 'approving') continue;
          const people = phase.given.map(({ who }) => who);
          expect(new Set(people).size).toBe(people.length);
          expect(people).not.toContain('');
          if (phase.gate.approvers.length > 0) expect(phase.gate.approvers).toEqual(expect.arrayContaining(people));
        }
      })
    );
  });

  test('it is promoted without the decision of the guards only where the file or a person said so', () => {
    fc.assert(
      fc.property(stages, steps, (file, played) => {
        const states = trace(file, played);
        const end = states.at(-1)?.phase;
        if (end?.kind !== 'ended' || end.outcome.kind !== 'promoted') return;
        if (end.outcome.because.kind !== 'undecided') return;
        const asksOrAdvances = file.some(
          (stage) => 'onInconclusive' in stage && ['ask', 'advance'].includes(stage.onInconclusive)
        );
        expect(asksOrAdvances).toBe(true);
      })
    );
  });
});

describe('when every command succeeds', () => {
  const live = fc.constantFrom('endpointRead', 'noEndpoint');
  const look = fc.constantFrom(looked('promote', 5_000), looked('rollBack', 5_000), looked('undecided', 5_000));

  test('an outcome is reached, from wherever random events have led it', () => {
    fc.assert(
      fc.property(stages, steps, live, look, (file, played, endpoint, seen) => {
        let state = trace(file, played).at(-1) ?? play([]);
        let atMs = START_MS + 1e8;
        for (let commands = 0; nextCommand(state).kind !== 'end' && commands < 60; commands++) {
          atMs += 86_400_001;
          const holds = seen === EVENTS.undecided || state.phase.kind === 'baking';
          // A file that says `hold` waits for a decision for ever, as it says; then the operator ends it.
          const going = commands > 40 && holds ? EVENTS.abort : success(state, endpoint, seen);
          // On the way back a pause has no meaning any more, and is not resumed.
          const isResumable =
            state.paused !== null && state.abort === null && refuseVerb(state, { verb: 'resume', ...ANA }) === null;
          const event = isResumable ? EVENTS.resume : going;
          state = step(state, event, atMs);
        }
        expect(state.phase.kind).toBe('ended');
      })
    );
  });
});
