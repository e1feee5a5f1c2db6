import { describe, expect, test } from '@jest/globals';
import { fleetsWhile, incumbentOf, rehearse } from '../../rollout';
import type { LiveEndpoint, LiveVariant, Pace } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import { goldenText } from '../support/histories';
import { aSpec } from '../support/spec';
import { NAMES } from './states';

const HOUR_MS = 3_600_000;
const V1: LiveVariant = {
  name: 'v1',
  modelName: 'm1',
  sharePct: 100,
  instanceType: 'ml.m5.large',
  instanceCount: 2,
};
const LIVE: LiveEndpoint = { status: 'InService', configName: 'c1', variants: [V1] };
const INCUMBENT = incumbentOf(LIVE, V1);
const PACE: Pace = { requestsPerSecond: 10, passMs: () => HOUR_MS, decides: 'expected' };

const play = (spec: RolloutSpec, pace: Pace = PACE, live: LiveEndpoint | null = LIVE) =>
  rehearse({ spec, live, names: NAMES, pace });

describe('a rehearsal of a rollout', () => {
  test('goes the machine’s own way to the promotion, and holds each share until the evidence is expected', () => {
    const { spans, outcome, late } = play(aSpec());
    expect(outcome?.kind).toBe('promoted');
    expect(late).toEqual([]);
    expect(spans.map(({ phase }) => phase)).toEqual([
      'reading',
      'planning',
      'deploying',
      'shifting',
      'baking',
      'approving',
      'shifting',
      'baking',
      'promoting',
      'finalising',
      'cleaning',
    ]);
    const canary = spans[4];
    // A look comes up to 2 % later than it could.
    expect((canary?.toMs ?? 0) - (canary?.fromMs ?? 0)).toBeGreaterThanOrEqual(HOUR_MS);
    expect((canary?.toMs ?? 0) - (canary?.fromMs ?? 0)).toBeLessThan(1.05 * HOUR_MS);
    expect(canary?.layout.sharesPct).toEqual({ v2: 5 });
  });

  test('names the stages that decide too late, and goes on from their deadline', () => {
    const slow = play(aSpec(), { ...PACE, passMs: (share) => (share < 10 ? 20 * HOUR_MS : null) });
    expect(slow.late).toEqual([0]);
    expect(slow.outcome?.kind).toBe('promoted');
    const shadow = aSpec({
      stages: [
        {
          kind: 'shadow',
          engine: 'variant',
          samplePct: 10,
          until: { pairs: 100_000, atMostMs: HOUR_MS },
          onInconclusive: 'hold',
        },
        ...aSpec().stages,
      ],
    });
    expect(play(shadow).late).toEqual([0]);
  });

  test('takes all the time that the file gives when everything waits for its deadline', () => {
    const { spans, outcome } = play(aSpec(), { ...PACE, decides: 'deadline' });
    expect(outcome?.kind).toBe('promoted');
    const lasted = (phase: string): number =>
      spans.filter((span) => span.phase === phase).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    expect(lasted('baking')).toBeGreaterThanOrEqual(2 * HOUR_MS + 100_000);
    expect(lasted('approving')).toBeGreaterThan(23 * HOUR_MS);
  });

  test('evidence of one share counts at the next: a ramp of five steps decides no later than its parts allow', () => {
    const ramp = aSpec({
      stages: [
        {
          kind: 'linear',
          sharesPct: [10, 20, 30, 40, 50],
          bakeMs: HOUR_MS / 5,
          decideWithinMs: HOUR_MS,
          extraFailures: null,
          onInconclusive: 'hold',
        },
      ],
    });
    const { spans, late } = play(ramp);
    expect(late).toEqual([]);
    expect(spans.filter(({ phase }) => phase === 'baking')).toHaveLength(5);
    expect(spans.filter(({ phase }) => phase === 'baking').at(-1)?.toMs).toBeLessThan(1.5 * HOUR_MS);
  });

  test('SageMaker’s own deployment takes its bakes, with both fleets up, and is late where the guards have not decided by then', () => {
    const spec = aSpec({
      stages: [
        {
          kind: 'blueGreen',
          engine: 'guardrails',
          shift: { kind: 'canary', sizePct: 25, waitMs: HOUR_MS / 2 },
          terminationWaitMs: 0,
          maximumMs: 2 * HOUR_MS,
          alarms: [],
          onInconclusive: 'advance',
        },
      ],
    });
    for (const [passMs, late] of [
      [HOUR_MS / 2, []],
      [9 * HOUR_MS, [0]],
    ] as const) {
      const played = play(spec, { ...PACE, passMs: () => passMs });
      expect(played).toMatchObject({ outcome: { kind: 'promoted' }, late });
      const guarded = played.spans.filter(({ phase }) => phase === 'guarded');
      expect((guarded.at(-1)?.toMs ?? 0) - (guarded[0]?.fromMs ?? 0)).toBeGreaterThanOrEqual(HOUR_MS);
      expect(
        guarded.slice(0, 1).flatMap((span) => fleetsWhile(spec, INCUMBENT, span).map(({ count }) => count))
      ).toEqual([2, 2]);
    }
  });

  test('a first deployment only creates the endpoint', () => {
    expect(play(aSpec(), PACE, null).spans.map(({ phase }) => phase)).toEqual(['reading', 'planning', 'creating']);
  });

  test('expects as many Temporal actions as a recorded rollout took, look by look', () => {
    const { events } = JSON.parse(goldenText('0.1.0-promoted')) as {
      readonly events: readonly Readonly<Record<string, unknown>>[];
    };
    const number = (key: string): number => events.filter((event) => key in event).length;
    const scheduled = events.flatMap(({ activityTaskScheduledEventAttributes: a }) =>
      a === undefined ? [] : [(a as { readonly activityType: { readonly name: string } }).activityType.name]
    );
    const looks = scheduled.filter((name) => name === 'judge').length;
    const others =
      scheduled.length -
      looks +
      number('upsertWorkflowSearchAttributesEventAttributes') +
      number('workflowExecutionUpdateAcceptedEventAttributes') +
      number('workflowExecutionSignaledEventAttributes');
    const rehearsed = play(aSpec());
    // Two for its start, one for the word to its owner; a timer and an activity a look.
    expect(rehearsed.actions - 2 * rehearsed.looks).toBe(others + 2 + 1);
  });
});
