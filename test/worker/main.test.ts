import type { ChildProcess } from 'node:child_process';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort } from '../../worker/server/ports';
import { withDevServer } from '../support/dev-server';
import { forkSource, nextMessage, untilEnd } from '../support/processes';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function startWorker(env: Record<string, string | undefined>): ChildProcess {
  const child = forkSource('worker/main.ts', { env: { AWS_REGION: 'eu-west-1', ...env } });
  children.push(child);
  return child;
}

describe('the worker process', () => {
  const dev = withDevServer();

  test('says when it polls, and ends with 0 on SIGTERM', async () => {
    const { address } = dev().server;
    const worker = startWorker({ TEMPORAL_ADDRESS: address, SLUICE_TASK_QUEUE: 'term' });
    const ended = untilEnd(worker);
    expect(await nextMessage(worker)).toEqual({ kind: 'ready', address, namespace: 'default', taskQueue: 'term' });
    worker.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
  });

  test('ends when its parent goes away', async () => {
    const worker = startWorker({ TEMPORAL_ADDRESS: dev().server.address, SLUICE_TASK_QUEUE: 'orphan' });
    const ended = untilEnd(worker);
    await nextMessage(worker);
    worker.disconnect();
    expect(await ended).toMatchObject({ code: 0 });
  });

  test('says the command when search attributes are missing', async () => {
    const { connection } = dev().env;
    const namespace = 'bare';
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    const worker = startWorker({ TEMPORAL_ADDRESS: dev().server.address, TEMPORAL_NAMESPACE: namespace });
    const ended = untilEnd(worker);
    await nextMessage(worker);
    worker.kill('SIGTERM');
    const { output } = await ended;
    expect(output).toContain('temporal operator search-attribute create');
  });
});

test('without a cluster it ends with 3 and says what to start', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const { code, output } = await untilEnd(startWorker({ TEMPORAL_ADDRESS: address }));
  expect(code).toBe(3);
  expect(output).toContain(`Cannot reach Temporal at ${address} (from TEMPORAL_ADDRESS): nobody listens there.`);
  expect(output).not.toContain('    at ');
});

test('with a setting that cannot be it ends with 2', async () => {
  const { code, output } = await untilEnd(startWorker({ SLUICE_LOG_LEVEL: 'chatty' }));
  expect(code).toBe(2);
  expect(output).toContain('SLUICE_LOG_LEVEL is "chatty"; allowed: TRACE, DEBUG, INFO, WARN, ERROR');
});
