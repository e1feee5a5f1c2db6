import { afterAll, beforeAll } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { addSearchAttributes } from '../../worker/search-attributes';
import { resolveBinary } from '../../worker/server';
import { quietRuntime } from './quiet-runtime';

/** The SDK waits five seconds for the server, which a busy machine can miss; a fault would show again. */
async function start(path: string): Promise<TestWorkflowEnvironment> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path } },
      });
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

/**
 * One time-skipping Temporal server for the calling file or `describe`, with Sluice's search attributes. Returns the getter for
 * the environment; valid inside tests and hooks. It has no Schedules and no List: those need `withDevServer`.
 */
export function withTimeSkipping(): () => TestWorkflowEnvironment {
  let environment: TestWorkflowEnvironment | undefined;
  beforeAll(async () => {
    quietRuntime();
    const { path } = await resolveBinary('test-server');
    environment = await start(path);
    await addSearchAttributes(environment.connection, { namespace: environment.namespace ?? 'default' });
  });
  afterAll(async () => {
    await environment?.teardown();
  });
  return () => {
    if (environment === undefined) throw new Error('the time-skipping server is available inside tests only');
    return environment;
  };
}
