import { afterAll, beforeAll } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { type DevServer, type DevServerOptions, startDevServer } from '../../worker/server';
import { quietRuntime } from './quiet-runtime';

export interface DevServerEnvironment {
  readonly server: DevServer;
  readonly env: TestWorkflowEnvironment;
}

/**
 * One full Temporal dev server for the calling file or `describe`, on free ports, in memory, without UI, with Sluice's search attributes.
 * Returns the getter for it; valid inside tests and hooks. Ours rather than `createLocal`: it is given a minute to start
 * where the SDK's gives up after five seconds, and it does not outlive a test run that was killed.
 */
export function withDevServer(options: Pick<DevServerOptions, 'dynamicConfig'> = {}): () => DevServerEnvironment {
  let running: DevServerEnvironment | undefined;
  let server: DevServer | undefined;
  beforeAll(async () => {
    quietRuntime();
    server = await startDevServer({ ...options, port: 0, uiPort: 'off' });
    const env = await TestWorkflowEnvironment.createFromExistingServer({
      address: server.address,
      namespace: server.namespace,
    });
    running = { server, env };
  });
  afterAll(async () => {
    await running?.env.teardown();
    await server?.stop();
  });
  return () => {
    if (running === undefined) throw new Error('the dev server is available inside tests only');
    return running;
  };
}
