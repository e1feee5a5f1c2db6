import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import {
  isGrpcCancelledError,
  isGrpcDeadlineError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { bundleFrom } from '../../worker/bundle';
import { createWorker } from '../../worker/create-worker';
import { withDevServer } from '../support/dev-server';
import {
  answer,
  finish,
  greeting,
  increase,
  throwsApplicationFailure,
  throwsPlainError,
  validatesLater,
  validatesNow,
  waits,
} from './support/fixture-workflows';

/**
 * What Sluice's design rests on in this version of the SDK. A failure here is no bug of ours: the world has changed, and the code
 * that works around the old fact, or relies on it, has to be looked at.
 */

const dev = withDevServer();
let bundle: WorkflowBundle;

beforeAll(async () => {
  bundle = await bundleFrom(path.join(__dirname, 'support', 'fixture-workflows.ts'));
});

async function whileWorking<T>(taskQueue: string, use: () => Promise<T>): Promise<T> {
  const worker = await createWorker({
    connection: dev().env.nativeConnection,
    namespace: 'default',
    taskQueue,
    activities: { greet: async (name: string) => `Hello, ${name}` },
    bundle,
    shutdownGraceMs: 0,
  });
  return worker.runUntil(use);
}

/** Waits until the history holds an event with these attributes. */
async function untilEvent(handle: WorkflowHandle, attributes: string): Promise<void> {
  for (;;) {
    const { events } = await handle.fetchHistory();
    if (events?.some((event) => attributes in event && Reflect.get(event, attributes) !== null)) return;
  }
}

test('protobufjs is there once, so that a history survives JSON and can be replayed', async () => {
  const options = { taskQueue: 'replay', workflowId: 'replayed', args: ['Ana'] as [string] };
  const history = await whileWorking('replay', async () => {
    const handle = await dev().env.client.workflow.start(greeting, options);
    expect(await handle.result()).toBe('Hello, Ana');
    return handle.fetchHistory();
  });
  const json: unknown = JSON.parse(historyToJSON(history));
  await Worker.runReplayHistory({ workflowBundle: bundle }, json, 'replayed');
});

describe('what is thrown in a workflow', () => {
  test('leaves it running for ever when it is a plain Error', async () => {
    await whileWorking('plain', async () => {
      const options = { taskQueue: 'plain', workflowId: 'plain' };
      const handle = await dev().env.client.workflow.start(throwsPlainError, options);
      await untilEvent(handle, 'workflowTaskFailedEventAttributes');
      expect((await handle.describe()).status.name).toBe('RUNNING');
      await handle.terminate();
    });
  });

  test('fails it when it is an ApplicationFailure', async () => {
    await whileWorking('failure', async () => {
      const options = { taskQueue: 'failure', workflowId: 'failure' };
      const running = dev().env.client.workflow.execute(throwsApplicationFailure, options);
      await expect(running).rejects.toThrow(WorkflowFailedError);
    });
  });
});

describe('an update that its validator refuses', () => {
  test('reaches the caller when the validator is synchronous', async () => {
    await whileWorking('now', async () => {
      const handle = await dev().env.client.workflow.start(validatesNow, { taskQueue: 'now', workflowId: 'now' });
      await expect(handle.executeUpdate(increase, { args: [1] })).resolves.toBe(2);
      await expect(handle.executeUpdate(increase, { args: [-1] })).rejects.toThrow(WorkflowUpdateFailedError);
      await handle.terminate();
    });
  });

  test('fails the workflow task again and again when the validator is asynchronous', async () => {
    await whileWorking('later', async () => {
      const handle = await dev().env.client.workflow.start(validatesLater, { taskQueue: 'later', workflowId: 'later' });
      let answered = false;
      const update = handle.executeUpdate(increase, { args: [-1] }).finally(() => (answered = true));
      const ended = update.catch((error: unknown) => error);
      await untilEvent(handle, 'workflowTaskFailedEventAttributes');
      expect(answered).toBe(false);
      await handle.terminate();
      await ended;
    });
  });
});

test('a query without a worker is never answered, so that it needs a deadline', async () => {
  const handle = await whileWorking('query', async () => {
    const started = await dev().env.client.workflow.start(waits, { taskQueue: 'query', workflowId: 'query' });
    expect(await started.query(answer)).toBe(42);
    await started.signal(finish);
    await started.result();
    return started;
  });
  const { connection } = dev().env;
  const failure = await connection
    .withDeadline(Date.now() + 500, () => handle.query(answer))
    .catch((error: unknown) => error);
  // The server sees the same deadline and may hang up a moment before the client does: callers must know both answers.
  expect(isGrpcDeadlineError(failure) || isGrpcCancelledError(failure)).toBe(true);
  // What needs no worker is answered at once.
  expect((await handle.describe()).status.name).toBe('COMPLETED');
});
