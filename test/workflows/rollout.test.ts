import { describe, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { verbSignal, verbUpdate } from '../../workflows/messages';
import { brokenTick, dullTick, fakeActivities, goodTick, wrongTick } from '../support/fake-activities';
import { runRollout, say, untilState } from '../support/run-rollout';
import { quietRuntime } from '../support/quiet';
import { aSpec } from '../support/spec';
import { withTimeSkipping } from '../support/time-skipping';

quietRuntime();
const env = withTimeSkipping();
const ana = 'ana@example.org';

describe('a rollout', () => {
  test('promotes a better candidate: 5 %, approval, 50 %, all, alone', async () => {
    const fake = fakeActivities({ tick: () => goodTick });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'promoted',
      story: async (handle) => {
        await untilState(env(), handle, (state) => state.phase.kind === 'approving');
        expect(await say(handle, verbUpdate('approve'), ana)).toBe(`Accepted: approve by ${ana}.`);
        const result = await handle.result();
        expect(result.outcome.kind).toBe('promoted');
        expect(result.serving).toBe('v2');
        expect(result.approvals).toMatchObject([{ who: ana, why: 'the numbers say so' }]);
      },
    });
    expect(fake.live()?.variants.map((variant) => variant.name)).toEqual(['v2']);
    expect(fake.calls.filter((call) => call.startsWith('shift'))).toEqual([
      'shift 5 % to v2',
      'shift 50 % to v2',
      'shift 100 % to v2',
    ]);
    expect(fake.calls.at(-1)).toBe('keep v2');
  });

  test.each([
    ['errors', brokenTick, 'rolled-back-by-errors'],
    ['quality', wrongTick, 'rolled-back-by-quality'],
  ] as const)('rolls back by itself when %s say so, and names the guard', async (guard, tick, golden) => {
    const fake = fakeActivities({ tick: () => tick });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden,
      story: async (handle) => {
        const result = await handle.result();
        expect(result.outcome).toMatchObject({ kind: 'rolledBack', because: { kind: 'evidence', guard } });
        expect(result.verdicts[guard]?.kind).toBe('fail');
      },
    });
    expect(fake.live()?.configName).toBe('config-before');
    expect(fake.calls.slice(-2)).toEqual(['restoreIncumbent', 'keep the incumbent']);
  });

  test('rolls back while a person is awaited, when the evidence turns', async () => {
    const fake = fakeActivities({
      tick: (look) =>
        look <= 2
          ? {
              ...goodTick,
              quality: [
                { n: 250, bad: 70 },
                { n: 5_000, bad: 1_400 },
              ],
            }
          : brokenTick,
    });
    await runRollout(env(), {
      spec: aSpec({
        stages: [
          {
            kind: 'canary',
            sharePct: 5,
            groups: [],
            until: { kind: 'requests', requests: 500, atMostMs: 7_200_000 },
            onInconclusive: 'hold',
          },
          ...aSpec().stages.slice(1),
        ],
      }),
      fake,
      story: async (handle) => {
        expect((await handle.result()).outcome).toMatchObject({ kind: 'rolledBack', because: { guard: 'errors' } });
      },
    });
  });

  test('is rejected by a person, who must say who and why and be permitted', async () => {
    const fake = fakeActivities({ tick: () => goodTick });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'rejected',
      story: async (handle) => {
        await untilState(env(), handle, (state) => state.phase.kind === 'approving');
        expect(await say(handle, verbUpdate('approve'), 'mallory@example.org')).toContain('may not decide here');
        expect(await say(handle, verbUpdate('reject'), ana)).toContain('Accepted');
        const result = await handle.result();
        expect(result.outcome).toMatchObject({
          kind: 'rejected',
          because: { kind: 'person', verb: 'reject', by: { who: ana } },
        });
      },
    });
    expect(fake.live()?.configName).toBe('config-before');
  });

  test('takes the approval as the Temporal UI sends it, and ignores one that a person mistyped', async () => {
    const fake = fakeActivities({ tick: () => goodTick });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      story: async (handle) => {
        await untilState(env(), handle, (state) => state.phase.kind === 'approving');
        await handle.signal('approve', 'yes please');
        await handle.signal('approve', { who: 'mallory@example.org', why: 'me' });
        const { phase, log } = await untilState(env(), handle, () => true);
        expect(phase.kind).toBe('approving');
        expect(log.slice(-2).map(({ text }) => text)).toEqual([
          expect.stringMatching(/^Ignored the signal approve: The message must be/),
          expect.stringMatching(/^Ignored the signal approve: mallory@example.org may not decide here/),
        ]);
        await handle.signal(verbSignal('approve'), { who: ana, why: 'fine' });
        expect((await handle.result()).outcome.kind).toBe('promoted');
      },
    });
  });

  test('that wants tokens counts no typed name, neither by update nor by signal, and keeps who the token says', async () => {
    const fake = fakeActivities({ tick: () => goodTick });
    const identity = {
      kind: 'token',
      issuer: 'https://id.example.org',
      audience: 'sluice',
      jwks: 'https://id.example.org/keys',
      claim: 'email',
    } as const;
    const stages = aSpec().stages.map((stage) => (stage.kind === 'approval' ? { ...stage, identity } : stage));
    await runRollout(env(), {
      spec: aSpec({ stages }),
      fake,
      golden: 'approved-by-token',
      story: async (handle) => {
        await untilState(env(), handle, (state) => state.phase.kind === 'approving');
        expect(await say(handle, verbUpdate('approve'), ana)).toMatch(/refused: .*needs a token/);
        await handle.signal(verbSignal('approve'), { who: ana, why: 'typed' });
        const message = (token: string): { who: string; why: string; token: string } => ({
          who: 'x',
          why: 'ok',
          token,
        });
        // The fake reads a token's text as the name of its bearer.
        await expect(
          handle.executeUpdate(verbUpdate('approve'), { args: [message('mallory@example.org')] })
        ).rejects.toMatchObject({ cause: { message: expect.stringMatching(/may not decide here/) } });
        expect(await handle.executeUpdate(verbUpdate('approve'), { args: [message(ana)] })).toBe(
          `Accepted: approve by ${ana}.`
        );
        const result = await handle.result();
        expect(result.outcome.kind).toBe('promoted');
        expect(result.approvals).toMatchObject([{ who: ana, identity: { issuer: identity.issuer } }]);
        expect(JSON.stringify(result)).not.toContain('"token"');
      },
    });
  });

  test('an approval that nobody gives in time ends as the file says', async () => {
    const fake = fakeActivities({ tick: () => goodTick });
    await runRollout(env(), {
      spec: aSpec({
        stages: [
          ...aSpec().stages.slice(0, 1),
          {
            kind: 'approval',
            approvers: [ana],
            need: 1,
            withinMs: 1_200_000,
            otherwise: 'reject',
            identity: { kind: 'asserted' },
          },
          ...aSpec().stages.slice(2),
        ],
      }),
      fake,
      golden: 'approval-timed-out',
      story: async (handle) => {
        const result = await handle.result();
        expect(result.outcome).toMatchObject({ kind: 'rejected', because: { kind: 'deadline' } });
        expect(result.endedAtMs - result.startedAtMs).toBeGreaterThanOrEqual(1_200_000);
      },
    });
    expect(fake.live()?.configName).toBe('config-before');
  });

  test('without evidence it never passes: it rolls back as undecided when the file says so', async () => {
    const fake = fakeActivities({ tick: () => dullTick });
    await runRollout(env(), {
      spec: aSpec({
        stages: [
          {
            kind: 'canary',
            sharePct: 5,
            groups: [],
            until: { kind: 'decided', atMostMs: 1_200_000 },
            onInconclusive: 'rollBack',
          },
          ...aSpec().stages.slice(1),
        ],
      }),
      fake,
      golden: 'undecided',
      story: async (handle) => {
        expect((await handle.result()).outcome.kind).toBe('undecided');
      },
    });
    expect(fake.calls).not.toContain('shift 50 % to v2');
  });

  test('asks a person when evidence does not decide, and the person may override it', async () => {
    const fake = fakeActivities({ tick: () => dullTick });
    const stages = [
      { kind: 'canary', sharePct: 5, groups: [], until: { kind: 'decided', atMostMs: 600_000 }, onInconclusive: 'ask' },
    ] as const;
    await runRollout(env(), {
      spec: aSpec({ stages }),
      fake,
      story: async (handle) => {
        const asked = await untilState(env(), handle, (state) => state.phase.kind === 'approving');
        expect(asked.phase).toMatchObject({ gate: { reason: 'undecided' } });
        await say(handle, verbUpdate('approve'), 'bo@example.org');
        expect((await handle.result()).outcome).toMatchObject({ kind: 'promoted', because: { kind: 'undecided' } });
      },
    });
  });

  test('the first deployment creates the endpoint and says that the stages were skipped', async () => {
    const fake = fakeActivities({ serving: null });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'first-deployment',
      story: async (handle) => {
        expect((await handle.result()).outcome).toMatchObject({
          kind: 'promoted',
          because: { kind: 'firstDeployment' },
        });
      },
    });
    expect(fake.live()?.variants[0]?.name).toBe('v2');
  });

  test('a first deployment that fails is removed', async () => {
    const fake = fakeActivities({ serving: null, failures: { awaitEndpoint: ['EndpointFailed'] } });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'first-deployment-failed',
      story: async (handle) => {
        expect((await handle.result()).outcome).toMatchObject({
          kind: 'rolledBack',
          because: { failure: { type: 'EndpointFailed' } },
        });
      },
    });
    expect(fake.live()).toBeNull();
  });

  test('a candidate that cannot be deployed leaves the endpoint as it was', async () => {
    const fake = fakeActivities({ failures: { awaitEndpoint: ['SilentRollback'] } });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'deploy-failed',
      story: async (handle) => {
        expect((await handle.result()).outcome).toMatchObject({
          kind: 'rolledBack',
          because: { failure: { type: 'SilentRollback' } },
        });
      },
    });
    expect(fake.calls).not.toContain('shift 5 % to v2');
    expect(fake.live()?.configName).toBe('config-before');
  });

  test('a provider that silently goes back during the bake is noticed at the next look', async () => {
    const fake = fakeActivities({ failures: { judge: [null, 'SilentRollback'] } });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'silent-rollback',
      story: async (handle) => {
        expect((await handle.result()).outcome).toMatchObject({
          kind: 'rolledBack',
          because: { failure: { type: 'SilentRollback' } },
        });
      },
    });
  });

  test('looks that fail are no evidence: they neither pass nor roll back', async () => {
    const fake = fakeActivities({ tick: () => goodTick, failures: { judge: ['AccessDenied', 'AccessDenied'] } });
    await runRollout(env(), {
      spec: aSpec({ stages: aSpec().stages.slice(0, 1) }),
      fake,
      story: async (handle) => {
        expect((await handle.result()).outcome.kind).toBe('promoted');
      },
    });
    expect(fake.calls.filter((call) => call === 'judge at 5 %').length).toBeGreaterThan(0);
  });

  test('throttled calls are tried again until they get through', async () => {
    const fake = fakeActivities({
      serving: null,
      failures: { createEndpoint: ['Throttled', 'Throttled', 'ProviderUnavailable'] },
    });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      story: async (handle) => {
        expect((await handle.result()).outcome.kind).toBe('promoted');
      },
    });
  });

  test('a rollback that fails for long says that it is incomplete, goes on trying, and gets there', async () => {
    const fake = fakeActivities({
      tick: () => brokenTick,
      failures: { restoreIncumbent: Array<'AccessDenied'>(13).fill('AccessDenied') },
    });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'rollback-incomplete',
      story: async (handle) => {
        const result = await handle.result();
        expect(result.outcome.kind).toBe('rolledBack');
        expect((await untilState(env(), handle, () => true)).log.map((entry) => entry.text).join('\n')).toContain(
          'ROLLBACK INCOMPLETE'
        );
      },
    });
    expect(fake.live()?.configName).toBe('config-before');
  });

  test('a Temporal cancel rolls back first and then ends as cancelled', async () => {
    const fake = fakeActivities({ tick: () => dullTick });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'cancelled',
      story: async (handle) => {
        await untilState(env(), handle, (state) => state.phase.kind === 'baking');
        await handle.cancel();
        await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
        expect((await handle.describe()).status.name).toBe('CANCELLED');
      },
    });
    expect(fake.live()?.configName).toBe('config-before');
  });

  test('a candidate of the incumbent’s own name is refused and nothing is touched', async () => {
    const fake = fakeActivities({ serving: 'v2' });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      story: async (handle) => {
        expect((await handle.result()).outcome).toMatchObject({ because: { failure: { type: 'NameCollision' } } });
      },
    });
    expect(fake.calls).toEqual(['inspectEndpoint']);
  });

  test('transforms that differ from the container’s end it before anything is touched', async () => {
    const fake = fakeActivities({ failures: { checkTransforms: ['InvalidRequest'] } });
    await runRollout(env(), {
      spec: aSpec({ transforms: { definition: 's3://control/t.json', samples: 's3://control/s.jsonl' } }),
      fake,
      story: async (handle) => {
        const { outcome } = await handle.result();
        expect(outcome).toMatchObject({ because: { kind: 'failure', failure: { type: 'InvalidRequest' } } });
      },
    });
    expect(fake.calls).toEqual(['inspectEndpoint']);
  });
});

describe('abort is accepted at once and nothing goes forward after it', () => {
  test('in phase approving', async () => {
    const fake = fakeActivities({ tick: () => goodTick });
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      golden: 'aborted-approving',
      story: async (handle) => {
        await untilState(env(), handle, (state) => state.phase.kind === 'approving');
        await say(handle, verbUpdate('abort'), ana);
        expect((await handle.result()).outcome).toMatchObject({ kind: 'rolledBack', because: { verb: 'abort' } });
      },
    });
    expect(fake.calls).not.toContain('shift 50 % to v2');
  });

  test('a second abort, and one after the end of a promotion, are refused with the reason', async () => {
    const fake = fakeActivities({
      tick: () => dullTick,
      on: {
        restoreIncumbent: async () => {
          expect(await say(handleOf(), verbUpdate('abort'), ana)).toContain('rolling back already');
        },
      },
    });
    let handleOf: () => Parameters<typeof say>[0] = () => {
      throw new Error('not started');
    };
    await runRollout(env(), {
      spec: aSpec(),
      fake,
      story: async (handle) => {
        handleOf = () => handle;
        await untilState(env(), handle, (state) => state.phase.kind === 'baking');
        await say(handle, verbUpdate('abort'), ana);
        await handle.result();
      },
    });
    expect(fake.calls).toContain('restoreIncumbent');
  });
});
