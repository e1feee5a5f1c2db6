import { describe, expect, test } from '@jest/globals';
import { resultOf, step } from '../../rollout';
import type { RolloutEvent, RolloutState } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import { outcomeSentence, rolloutView, toMarkdown } from '../../report';
import { renderCard } from '../../report/card/card';
import { renderTerminal } from '../../report/terminal';
import { SPEC, START_MS, nowAt, stateAt } from './states';
import type { Story } from './states';

const LATER_MS = START_MS + 1_000_000;
const ladderText = (state: RolloutState): string =>
  rolloutView(state, LATER_MS)
    .ladder.map(({ label, state: how }) => `${label}: ${how}`)
    .join(', ');
const abort: RolloutEvent = { kind: 'verb', verb: 'abort', who: 'ana@example.org', why: 'wrong artifact' };

test('a bandit that learns segments apart shows each one’s shares with what they rest on', () => {
  const baking = stateAt('baking');
  const arm = (name: string, sum: number) => ({
    name,
    recent: { n: 100, sum },
    total: { n: 100, sum },
    served: 120,
    censored: 0,
    benched: null,
  });
  const learnt = (own: number) => ({
    version: 1 as const,
    lastKey: null,
    batch: 3,
    arms: [arm(baking.incumbent?.variant ?? '', 40), arm('v2', own)],
    pairs: [],
    weights: [],
  });
  const state: RolloutState = {
    ...baking,
    layout: { ...baking.layout, sharesPct: { v2: 60 }, segments: { phones: { v2: 90 }, other: { v2: 30 } } },
    bandit: { state: learnt(35), bySegment: { phones: learnt(70) }, throughMs: START_MS, batches: [] },
  };
  const view = rolloutView(state, LATER_MS);
  expect(view.segments.map(({ segment, text }) => `${segment}: ${text}`)).toEqual([
    'phones: 10 % to v1 (earned 40 of 100), 90 % to v2 (earned 70 of 100)',
    'other: 70 % to v1 (earned 40 of 100), 30 % to v2 (earned 35 of 100)',
  ]);
  for (const page of [renderTerminal(view, { width: 100, color: false }).join(' '), toMarkdown(view)])
    expect(page.replace(/\s+/g, ' ')).toContain('90 % to v2');
  expect(renderCard({ state, measurements: [], nowMs: LATER_MS })).toContain('Shares by segment');
});

describe('the ladder', () => {
  test('shows where it turned back, also when that was at the very last step', () => {
    const aborted = step(step(stateAt('promoting'), abort, LATER_MS), { kind: 'done' }, LATER_MS);
    expect(ladderText(aborted)).toBe(
      'prepare: done, canary 5 %: done, approval: done, canary 50 %: done, promote: stopped'
    );
  });

  test('does not go back to an earlier stage while the promotion waits for the evidence', () => {
    const spec: RolloutSpec = { ...SPEC, stages: SPEC.stages.slice(0, 2) };
    const approving = stateAt('approving', spec);
    const undecided = { ...approving, decision: stateAt('baking').decision };
    const waiting = step(undecided, { kind: 'verb', verb: 'approve', who: 'bo@example.org', why: 'fine' }, LATER_MS);
    expect(waiting.phase.kind).toBe('baking');
    expect(ladderText(waiting)).toBe('prepare: done, canary 5 %: done, approval: done, promote: current');
  });

  test('skips the stages aloud on a first deployment', () => {
    expect(ladderText(stateAt('creating'))).toBe(
      'create endpoint: current, canary 5 %: skipped, approval: skipped, canary 50 %: skipped'
    );
  });
});

describe('evidence', () => {
  const evidenceOf = (story: Story): readonly (readonly [number, number])[] =>
    rolloutView(stateAt(story), nowAt(story)).guards.map((guard) => [guard.towardsFail, guard.towardsPass]);

  test('is the fraction of what a decision needs: never below nothing, never above enough', () => {
    expect(evidenceOf('baking')).toEqual([
      [0, 1],
      [0, expect.closeTo(0.62)],
    ]);
    expect(evidenceOf('rollingBack')[1]).toEqual([1, 0]);
  });

  test('is not shown where there is no incumbent to compare with', () => {
    expect(evidenceOf('creating')).toEqual([]);
  });
});

describe('what happens next', () => {
  test('a missed deadline that means holding is said, not hidden behind a time in the past', () => {
    const spec: RolloutSpec = {
      ...SPEC,
      stages: [{ ...SPEC.stages[0], onInconclusive: 'hold' } as RolloutSpec['stages'][number]],
    };
    const { next } = rolloutView(stateAt('baking', spec), LATER_MS);
    expect(next.deadline).toBeNull();
    expect(next.text).toMatch(/^Past its deadline without a decision, so it holds\./);
  });

  test.each(['reading', 'baking', 'approving', 'deploying', 'promoting'] as const)(
    'an abort can be copied from the view while %s',
    (story) => {
      expect(rolloutView(stateAt(story), nowAt(story)).abortCommand).toBe(
        "sluice abort product-reviews --why 'say why'"
      );
    }
  );

  test.each(['rollingBack', 'rollbackIncomplete', 'cleaning', 'promoted', 'abortPending'] as const)(
    'no abort is offered that would be refused: %s',
    (story) => {
      expect(rolloutView(stateAt(story), nowAt(story)).abortCommand).toBeNull();
    }
  );

  test('the command to approve names somebody who may and has not yet', () => {
    const spec: RolloutSpec = {
      ...SPEC,
      stages: SPEC.stages.map((stage) => (stage.kind === 'approval' ? { ...stage, need: 2 } : stage)),
    };
    const once = step(
      stateAt('approving', spec),
      { kind: 'verb', verb: 'approve', who: 'ana@example.org', why: 'fine' },
      LATER_MS
    );
    const { approval } = rolloutView(once, LATER_MS);
    expect(approval?.given).toEqual(['ana@example.org: fine']);
    expect(approval?.approveCommand).toBe(
      "sluice approve product-reviews --why 'numbers look right' --who bo@example.org"
    );
  });

  test('where a token says who somebody is, the command brings one, because a name is refused', () => {
    const token = {
      issuer: 'https://login.example.org',
      audience: 'sluice',
      jwks: 'https://login.example.org/jwks.json',
      claim: 'email',
    };
    const spec: RolloutSpec = {
      ...SPEC,
      stages: SPEC.stages.map((stage) =>
        stage.kind === 'approval' ? { ...stage, identity: { kind: 'token', ...token } } : stage
      ),
    };
    const { approval } = rolloutView(stateAt('approving', spec), LATER_MS);
    expect(approval?.approveCommand).toBe(
      `sluice approve product-reviews --why 'numbers look right' --token "$SLUICE_TOKEN"`
    );
    expect(approval?.rejectCommand).toBe(`sluice reject product-reviews --why 'say why' --token "$SLUICE_TOKEN"`);
  });

  test('a name that a shell would take apart is quoted', () => {
    const spec: RolloutSpec = {
      ...SPEC,
      stages: SPEC.stages.map((stage) =>
        stage.kind === 'approval' ? { ...stage, approvers: ["Ana O'Neill; rm -rf /"] } : stage
      ),
    };
    const { approval } = rolloutView(stateAt('approving', spec), LATER_MS);
    expect(approval?.approveCommand).toMatch(/ --who 'Ana O'\\''Neill; rm -rf \/'$/);
  });
});

describe('the outcome in a sentence', () => {
  test.each([
    ['promoted', 'v2 was promoted on product-reviews after 3m40s: errors and quality pass. v2 serves all traffic.'],
    [
      'rolledBack',
      'v2 was rolled back on product-reviews after 2m40s: quality: 120 of 212 predictions were wrong (56.6 %) against 18 %. v1 serves all traffic.',
    ],
    [
      'rejected',
      'v2 was rejected on product-reviews after 3m: ana@example.org said reject: too slow on long reviews. v1 serves all traffic.',
    ],
    [
      'aborted',
      'v2 was rolled back on product-reviews after 2m20s: ana@example.org said abort: wrong artifact. v1 serves all traffic.',
    ],
    [
      'firstDeployment',
      'v2 was promoted on product-reviews after 1m: First deployment: healthy, and nothing to compare with. v2 serves all traffic.',
    ],
    [
      'nothingThere',
      'v2 was rolled back on product-reviews after 20s: AccessDenied: The role may not describe endpoints. Grant sagemaker:DescribeEndpoint. Nothing was changed.',
    ],
  ] as const)('%s', (story, text) => {
    expect(outcomeSentence(resultOf(stateAt(story)))).toBe(text);
  });
});
