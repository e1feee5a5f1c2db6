/** The little of a logger that this room needs; Temporal's `Logger` fits it. */
export interface Log {
  debug(message: string, data?: Record<string, unknown>): void;
  info(message: string, data?: Record<string, unknown>): void;
  warn(message: string, data?: Record<string, unknown>): void;
}

const nothing = (): void => undefined;

/** For callers that do not want to hear about the steps. */
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing };
