import { readWorkerConfig } from '../../worker/config';
import { installRuntime } from '../../worker/runtime';

/** Keeps workers of tests silent: failures on purpose would fill the screen. `SLUICE_LOG_LEVEL=info` lets them speak. */
export function quietRuntime(): void {
  const wanted = process.env.SLUICE_LOG_LEVEL;
  installRuntime(
    wanted
      ? { logLevel: readWorkerConfig().logLevel, signals: 'none' }
      : { logLevel: 'ERROR', signals: 'none', sink: () => undefined }
  );
}
