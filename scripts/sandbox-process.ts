import { startSandbox } from '../sandbox/start';
import type { SandboxOptions } from '../sandbox/options';

/** What the parent of a sandbox process hears once it serves. */
export interface SandboxReady {
  readonly kind: 'sandbox ready';
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A sandbox as a process of its own, with its options as JSON. Ends on SIGTERM and with its parent. */
async function main(argument: string): Promise<void> {
  const options = JSON.parse(argument) as Pick<SandboxOptions, 'port' | 'dataDir' | 'speed' | 'images'>;
  const sandbox = await startSandbox({ ...options, onInternalError: (error, where) => console.error(where, error) });
  const stop = (): void => void sandbox.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
  console.log(`SageMaker sandbox at ${sandbox.url}, state in ${sandbox.dataDir}`);
  process.send?.({ kind: 'sandbox ready', url: sandbox.url, env: sandbox.env } satisfies SandboxReady);
}

if (require.main === module) {
  main(process.argv[2] ?? '{}').catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(70);
  });
}
