import { Runtime } from '@temporalio/worker';

/** Keeps Temporal's own log out of test output; once per test file, before the first worker. */
export function quietRuntime(): void {
  const silent = (): void => undefined;
  Runtime.install({ logger: { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent } });
}
