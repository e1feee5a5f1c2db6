import { describe, expect, test } from '@jest/globals';
import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointWorkflowId } from '../../rollout';
import type { EndpointState } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import type { endpoint, rollout } from '../../workflows';
import type { EndpointInput } from '../../workflows/endpoint';
import { endpointQuery, submitUpdate, verbUpdate, withdrawUpdate } from '../../workflows/messages';
import type { SubmitReceipt } from '../../workflows/messages';
import { withDevServer } from '../support/dev-server';
import { dullTick, fakeActivities, goodTick } from '../support/fake-activities';
import type { Scenario } from '../support/fake-activities';
import { say, workflowBundle } from '../support/run-rollout';
import type { RolloutHandle } from '../support/run-rollout';
import { aSpec } from '../support/spec';

// The dev server: on the time-skipping one the caller of an update that is refused waits for ever. Nothing here needs time to pass.
const dev = withDevServer();

interface Owner {
  readonly client: Client;
  readonly spec: RolloutSpec;
  submit(candidate?: string, who?: string, changes?: Partial<RolloutSpec>): Promise<SubmitReceipt>;
  state(): Promise<EndpointState>;
  /** The owner's state once it fulfils `condition`. */
  until(condition: (state: EndpointState) => boolean): Promise<EndpointState>;
  handle(): WorkflowHandle<typeof endpoint>;
  rollout(receipt: SubmitReceipt): RolloutHandle;
}

/** Runs `story` with an endpoint of its own, a worker and fakes. */
async function withOwner(
  scenario: Scenario,
  story: (owner: Owner) => Promise<void>,
  input: Partial<EndpointInput> = {}
): Promise<void> {
  const taskQueue = `endpoint-${randomUUID()}`;
  const { client, nativeConnection } = dev().env;
  const spec = aSpec({ endpoint: taskQueue });
  const worker = await Worker.create({
    connection: nativeConnection,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: { ...fakeActivities(scenario).activities },
  });
  const owner: Owner = {
    client,
    spec,
    submit: (candidate = 'v2', who = 'ana@example.org', changes = {}) => {
      const [known] = spec.candidates;
      return client.workflow.executeUpdateWithStart(submitUpdate, {
        startWorkflowOperation: new WithStartWorkflowOperation<typeof endpoint>('endpoint', {
          workflowId: endpointWorkflowId(taskQueue),
          taskQueue,
          args: [{ endpoint: taskQueue, carried: null, ...input }],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
        args: [{ spec: { ...spec, candidates: [{ ...known, name: candidate }], ...changes }, who }],
      });
    },
    state: () => owner.handle().query(endpointQuery),
    async until(condition) {
      for (;;) {
        const state = await owner.state();
        if (condition(state)) return state;
        await sleep(20);
      }
    },
    handle: () => client.workflow.getHandle<typeof endpoint>(endpointWorkflowId(taskQueue)),
    rollout: ({ rolloutId }) => client.workflow.getHandle<typeof rollout>(rolloutId) as RolloutHandle,
  };
  await worker.runUntil(async () => {
    await story(owner);
    await owner.handle().terminate('the test is over');
  });
}

/** A first deployment. */
const NOTHING: Scenario = { serving: null };
/** Every rollout ends as soon as it has looked at the endpoint. */
const NOT_OURS: Scenario = { failures: { inspectEndpoint: Array<'EndpointNotOurs'>(30).fill('EndpointNotOurs') } };
/** Held at its first share until somebody acts. */
const HELD: Scenario = { tick: () => dullTick };

/** The owner names a rollout a moment before Temporal has started it. */
async function abortOnceThere(rolloutHandle: RolloutHandle): Promise<void> {
  while (!(await say(rolloutHandle, verbUpdate('abort'), 'bo@example.org')).startsWith('Accepted')) await sleep(20);
}

async function refusalOf(submission: Promise<unknown>): Promise<{ readonly type: unknown; readonly text: string }> {
  const error: unknown = await submission.then(
    () => null,
    (refused: unknown) => refused
  );
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof Error)) throw error;
  return { type: 'type' in error.cause ? error.cause.type : null, text: error.cause.message };
}

describe('the owner of an endpoint', () => {
  test('starts a rollout under the id that the endpoint’s name and a number make', async () => {
    await withOwner(NOTHING, async (owner) => {
      const receipt = await owner.submit();
      expect(receipt).toEqual({ rolloutId: `rollout/${owner.spec.endpoint}/1`, number: 1, isQueued: false });
      expect((await owner.rollout(receipt).result()).outcome.kind).toBe('promoted');
    });
  });

  test('hears the result, remembers it, and takes the next one, with the next number', async () => {
    await withOwner(NOT_OURS, async (owner) => {
      for (const number of [1, 2, 3]) {
        expect((await owner.submit(`v${number}`)).number).toBe(number);
        await owner.until((state) => state.running === null);
      }
      const state = await owner.state();
      expect(state).toMatchObject({ count: 3, running: null });
      expect(state.past.map(({ candidate }) => candidate)).toEqual(['v3', 'v2', 'v1']);
    });
  });

  test('refuses a second rollout while one runs, and says who runs what', async () => {
    await withOwner(HELD, async (owner) => {
      const first = await owner.submit('v2', 'bo@example.org');
      expect(await refusalOf(owner.submit('v3'))).toEqual({
        type: 'RolloutRunning',
        text: `bo@example.org is rolling out v2 on ${owner.spec.endpoint} (${first.rolloutId}).`,
      });
      expect((await owner.state()).count).toBe(1);
      await say(owner.rollout(first), verbUpdate('abort'), 'bo@example.org');
      const { past } = await owner.until((state) => state.running === null);
      expect(past[0]?.outcome).toMatchObject({ kind: 'rolledBack', because: { verb: 'abort' } });
      expect((await owner.submit('v3')).number).toBe(2);
    });
  });

  test('takes one of two that are submitted at the same moment', async () => {
    await withOwner(HELD, async (owner) => {
      const both = await Promise.allSettled([owner.submit('v2'), owner.submit('v3')]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await owner.state()).count).toBe(1);
    });
  });

  test('is free again when somebody terminated the rollout, though it could not say goodbye', async () => {
    await withOwner(HELD, async (owner) => {
      const first = await owner.submit();
      await owner.rollout(first).terminate('by hand');
      expect(await owner.until((state) => state.running === null)).toMatchObject({ count: 1, past: [] });
      expect((await owner.submit('v3')).number).toBe(2);
    });
  });

  test('is free again after a rollout that was cancelled, and knows how that ended', async () => {
    await withOwner(HELD, async (owner) => {
      const first = await owner.submit();
      await owner.rollout(first).cancel();
      const { past } = await owner.until((state) => state.running === null);
      expect(past[0]?.outcome).toMatchObject({ kind: 'rolledBack', because: { verb: 'cancel' } });
    });
  });

  test('that was terminated leaves its rollout alone; a new owner starts nothing beside it', async () => {
    await withOwner(HELD, async (owner) => {
      const first = await owner.submit();
      await owner.handle().terminate('by hand');
      for (const _twice of [1, 2])
        expect(await refusalOf(owner.submit('v3'))).toEqual({
          type: 'RolloutRunning',
          text: `${first.rolloutId} runs on ${owner.spec.endpoint} already; it was started by a former owner.`,
        });
      await say(owner.rollout(first), verbUpdate('abort'), 'ana@example.org');
      await expect(owner.rollout(first).result()).resolves.toMatchObject({ outcome: { kind: 'rolledBack' } });
      expect((await owner.submit('v3')).number).toBe(1);
    });
  });

  test('lets one newer rollout wait where the running one’s file says so, and starts it when its turn comes', async () => {
    await withOwner(HELD, async (owner) => {
      const first = await owner.submit('v2', 'bo@example.org', { onNewer: 'queue' });
      const second = await owner.submit('v3');
      expect(second).toEqual({ rolloutId: `rollout/${owner.spec.endpoint}/2`, number: 2, isQueued: true });
      expect((await refusalOf(owner.submit('v4'))).text).toMatch(/has v3 waiting .* one waits at most/);
      expect(await owner.state()).toMatchObject({ running: { number: 1 }, queued: { number: 2, candidate: 'v3' } });
      await say(owner.rollout(first), verbUpdate('abort'), 'bo@example.org');
      await owner.until(({ running }) => running?.number === 2);
      await abortOnceThere(owner.rollout(second));
      const { past } = await owner.until(({ running }) => running === null);
      expect(past.map(({ candidate }) => candidate)).toEqual(['v3', 'v2']);
    });
  });

  test('takes a waiting rollout back when a person says so', async () => {
    await withOwner(HELD, async (owner) => {
      const first = await owner.submit('v2', 'bo@example.org', { onNewer: 'queue' });
      await owner.submit('v3');
      const message = { who: 'ana@example.org', why: 'wrong artifact' };
      const answer = await owner.handle().executeUpdate(withdrawUpdate, { args: [message] });
      expect(answer).toBe('Taken back: v3 (rollout 2).');
      expect((await refusalOf(owner.handle().executeUpdate(withdrawUpdate, { args: [message] }))).text).toMatch(
        /No rollout waits/
      );
      await say(owner.rollout(first), verbUpdate('abort'), 'bo@example.org');
      expect((await owner.until(({ running }) => running === null)).past).toHaveLength(1);
    });
  });

  test('replaces the running one by a newer one only after it has rolled back, where its file says so', async () => {
    await withOwner(HELD, async (owner) => {
      await owner.submit('v2', 'bo@example.org', { onNewer: 'replace' });
      const second = await owner.submit('v3');
      await owner.until(({ running }) => running?.number === 2);
      const [replaced] = (await owner.state()).past;
      expect(replaced).toMatchObject({
        candidate: 'v2',
        outcome: { kind: 'rolledBack', because: { verb: 'abort', by: { why: 'v3 is to take its place (rollout 2)' } } },
      });
      await abortOnceThere(owner.rollout(second));
      await owner.until(({ running }) => running === null);
    });
  });

  test('lets a newer rollout end the watch of a promoted one, whatever the file says', async () => {
    const watch = { forMs: 86_400_000, holdbackPct: 2, keep: 'warm' } as const;
    const stages = aSpec().stages.slice(0, 1);
    await withOwner({ tick: () => goodTick }, async (owner) => {
      const first = await owner.submit('v2', 'bo@example.org', { watch, stages, tickMs: 1_000 });
      const watching = await owner.until(({ running }) => running?.isWatching === true);
      expect(watching).toMatchObject({
        incumbent: null,
        running: { watched: { version: 'v2', modelName: 'model-v2' } },
      });
      await owner.submit('v3', 'ana@example.org', { stages, tickMs: 1_000 });
      expect(await owner.rollout(first).result()).toMatchObject({ outcome: { kind: 'promoted' }, serving: 'v2' });
      const { incumbent } = await owner.until(({ past: ended }) => ended.length === 1);
      expect(incumbent).toMatchObject({ version: 'v2', configName: 'single-1-v2', rollout: { number: 1 } });
      const { past } = await owner.until(({ past: ended }) => ended.length === 2);
      expect(past[0]).toMatchObject({ candidate: 'v3', outcome: { kind: 'promoted' } });
    });
  });

  test('keeps the last twenty results', async () => {
    await withOwner(NOT_OURS, async (owner) => {
      for (let number = 1; number <= 22; number++) {
        await owner.submit(`v${number}`);
        await owner.until((state) => state.running === null);
      }
      const { past, count } = await owner.state();
      expect(count).toBe(22);
      expect(past).toHaveLength(20);
      expect(past[0]?.candidate).toBe('v22');
    });
  });

  test('goes on counting where the run before it stopped', async () => {
    const carried = { schema: 1, endpoint: 'e', count: 41, running: null, queued: null, past: [] } as const;
    await withOwner(
      NOT_OURS,
      async (owner) => {
        expect((await owner.submit()).number).toBe(42);
      },
      { carried }
    );
  });
});
