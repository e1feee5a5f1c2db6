import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, type LogEntry, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { LogLevel } from './config';

export interface RuntimeSettings {
  readonly logLevel: LogLevel;
  /** Takes each log entry; stderr, one line each, unless given. */
  readonly sink?: (entry: LogEntry) => void;
  /** `process`: SIGINT and SIGTERM stop all workers, the rule for a worker process. `none`: the caller stops them in its own order. */
  readonly signals: 'process' | 'none';
}

let installed: Runtime | undefined;

/**
 * Installs Temporal's native runtime, which a process has once: the first call decides, later ones return the same. Must come
 * before anything connects; an application that has its own runtime keeps it.
 */
export function installRuntime({ logLevel, sink, signals }: RuntimeSettings): Runtime {
  if (installed !== undefined) return installed;
  try {
    installed = Runtime.install({
      logger: new DefaultLogger(logLevel, sink),
      // The native core speaks of its own pollers; only what needs attention comes through.
      telemetryOptions: {
        logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      },
      shutdownSignals: signals === 'process' ? ['SIGINT', 'SIGTERM'] : [],
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
    installed = Runtime.instance();
  }
  return installed;
}
