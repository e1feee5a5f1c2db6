import { describe, expect, test } from '@jest/globals';
import { Context } from '@temporalio/activity';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import type { BatchActivities, PartContext } from '../../activities/batch/types';
import type { batch } from '../../workflows';
import type { BatchInput } from '../../workflows/batch';
import { startBatch } from '../../batch';
import type { OpenedBatch } from '../../batch';
import { aRequest } from '../support/batch-world';
import { recordHistory } from '../support/histories';
import { quietRuntime } from '../support/quiet';
import { workflowBundle } from '../support/run-rollout';
import { withTimeSkipping } from '../support/time-skipping';

quietRuntime();
const env = withTimeSkipping();
const NOMINAL_MS = Date.UTC(2026, 10, 28, 2);
/** Records of each part. */
const RECORDS = 10;
const OPENED: OpenedBatch = {
  ...{ run: 'a1b2c3d4', nominalMs: NOMINAL_MS, input: 's3://data/in/', output: 's3://data/out/x', challenger: null },
  model: { name: 'echo', version: 'v7', from: 'owner', isOwn: false },
};

/** What a run did outside, in order: `startJob 2`. */
type Calls = string[];

function outside(calls: Calls, parts: number, changes: Partial<BatchActivities> = {}): BatchActivities {
  const told = <I, O>(name: string, answer: (input: I) => O) =>
    async function (input: I): Promise<O> {
      const part = (input as Partial<PartContext>).part;
      calls.push(part === undefined ? name : `${name} ${part}`);
      return answer(input);
    };
  return {
    openBatch: told('openBatch', ({ run, nominalMs, batch: { input, output } }) => ({
      ...{ run, nominalMs, input, output, challenger: null },
      model: { name: 'echo', version: 'v7', from: 'owner', isOwn: false } as const,
    })),
    listInput: told('listInput', () => ({
      parts: Array.from({ length: parts }, (_, i) => ({ part: i + 1, objects: 1, bytes: 100 })),
      bad: [],
    })),
    scanPart: told('scanPart', () => ({ records: RECORDS, refused: 0, pieces: 1, bad: [] })),
    startJob: told('startJob', () => undefined),
    awaitJob: told('awaitJob', () => ({ status: 'Completed', reason: null }) as const),
    checkPart: told('checkPart', () => ({ good: RECORDS, bad: 0, labels: { positive: RECORDS } })),
    carvePart: told('carvePart', () => ({ pieces: 0, quarantined: 0, bad: [] })),
    comparePart: told('comparePart', () => ({ pairs: 0, different: 0, refused: 0, changes: {} })),
    assemblePart: told('assemblePart', () => undefined),
    publishBatch: told('publishBatch', ({ opened }) => ({ manifest: `${opened.output}/manifest.json`, drift: null })),
    cleanBatch: told('cleanBatch', () => undefined),
    discardBatch: told('discardBatch', () => undefined),
    ...changes,
  };
}

async function withBatch<T>(
  activities: BatchActivities,
  story: (handle: WorkflowHandleWithFirstExecutionRunId<typeof batch>) => Promise<T>,
  { parallel = 2, ...more }: Partial<BatchInput> & { readonly parallel?: number } = {}
): Promise<T> {
  const taskQueue = `batch-${randomUUID()}`;
  const worker = await Worker.create({
    ...{ connection: env().nativeConnection, taskQueue, activities },
    workflowBundle: await workflowBundle(),
  });
  return worker.runUntil(async () =>
    story(
      await env().client.workflow.start<typeof batch>('batch', {
        workflowId: `batch/reviews/${taskQueue}`,
        taskQueue,
        args: [
          {
            request: aRequest({ parts: { bytes: 100, sliceBytes: 100, parallel } }),
            ...{ nominalMs: NOMINAL_MS, carried: null },
            ...more,
          },
        ],
      })
    )
  );
}

describe('the workflow of a batch', () => {
  test('transforms every part and publishes once, at the end', async () => {
    const calls: Calls = [];
    await withBatch(outside(calls, 2), async (handle) => {
      expect(await handle.result()).toMatchObject({ records: 20, quarantined: 0, jobs: 2, model: 'v7' });
      await recordHistory(handle, 'batch-complete');
    });
    expect(calls.slice(0, 2)).toEqual(['openBatch', 'listInput']);
    expect(calls.slice(-2)).toEqual(['publishBatch', 'cleanBatch']);
  });

  test('cuts what failed, puts a record aside, and waits out trouble that is SageMaker’s own', async () => {
    const calls: Calls = [];
    const bad = [{ object: 's3://data/in/a.csv', line: 4, why: 'ClientError: 400' }];
    const activities = outside(calls, 1, {
      awaitJob: async ({ attempt }) => {
        calls.push(`awaitJob ${attempt}`);
        if (attempt === 1) return { status: 'Failed', reason: 'CapacityError: no machines' };
        return attempt === 2 ? { status: 'Failed', reason: 'ClientError: 400' } : { status: 'Completed', reason: null };
      },
      checkPart: async ({ round }) => ({ good: round === 0 ? 0 : 9, bad: round < 2 ? 1 : 0, labels: {} }),
      carvePart: async ({ round }) =>
        round === 0 ? { pieces: 10, quarantined: 0, bad: [] } : { pieces: 0, quarantined: 1, bad },
    });
    await withBatch(activities, async (handle) => {
      expect(await handle.result()).toMatchObject({ records: 10, quarantined: 1, jobs: 3, bad });
      await recordHistory(handle, 'batch-quarantined');
    });
    expect(calls.filter((call) => call.startsWith('awaitJob'))).toEqual(['awaitJob 1', 'awaitJob 2', 'awaitJob 3']);
  });

  test('that is cancelled stops its jobs, publishes nothing, and ends as cancelled', async () => {
    const calls: Calls = [];
    let begin: (() => void) | undefined;
    const isWaiting = new Promise<void>((resolve) => (begin = resolve));
    const activities = outside(calls, 1, {
      awaitJob: () => {
        begin?.();
        return Context.current().cancelled;
      },
    });
    await withBatch(activities, async (handle) => {
      await isWaiting;
      await handle.cancel();
      await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      await recordHistory(handle, 'batch-cancelled');
    });
    expect(calls).toContain('discardBatch');
    expect(calls).not.toContain('publishBatch');
  });

  test('that was cancelled while it went on as a new run ends as cancelled there', async () => {
    const calls: Calls = [];
    const { request, ...carried } = startBatch({ id: 'batch/reviews/x', request: aRequest(), atMs: NOMINAL_MS });
    const stopped = { who: 'Temporal', why: 'the workflow was cancelled' };
    await withBatch(
      outside(calls, 1),
      async (handle) => {
        await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      },
      { carried: { ...carried, request, stopped, phase: 'transforming', opened: OPENED }, isCancelled: true }
    );
    expect(calls).toEqual(['discardBatch']);
  });

  test('of many parts goes on as a new run before its history is too long, and does no part twice', async () => {
    const calls: Calls = [];
    const parts = 240;
    const { result, runs } = await withBatch(
      outside(calls, parts),
      async (handle) => {
        const [first, result] = [handle.firstExecutionRunId, await handle.result()];
        return { result, runs: [first, (await handle.describe()).runId] };
      },
      { parallel: 8 }
    );
    expect(result).toMatchObject({ records: parts * RECORDS, jobs: parts, outcome: { kind: 'published' } });
    expect(runs[1]).not.toBe(runs[0]);
    expect(calls.filter((call) => /^(openBatch|listInput|publishBatch)/.test(call))).toHaveLength(3);
    for (const name of ['scanPart', 'startJob', 'assemblePart'])
      expect(new Set(calls.filter((call) => call.startsWith(`${name} `))).size).toBe(parts);
    expect(calls.filter((call) => call.startsWith('startJob '))).toHaveLength(parts);
  });
});
