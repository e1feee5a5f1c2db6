/** Environment variables as a value, so that nothing below this file has to read the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's own environment: the one place where the worker room reads it. */
export function environment(): Environment {
  return process.env;
}

export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Task queue that workers poll and that the CLI starts workflows on, unless `SLUICE_TASK_QUEUE` says otherwise. */
export const DEFAULT_TASK_QUEUE = 'sluice';

export interface WorkerConfig {
  /** `SLUICE_TASK_QUEUE`, by default `sluice`. */
  readonly taskQueue: string;
  /** `SLUICE_LOG_LEVEL`, in any case, by default `INFO`. */
  readonly logLevel: LogLevel;
  /** `SLUICE_SEARCH_ATTRIBUTES=off` runs without custom search attributes, for clusters where nobody may register them. */
  readonly searchAttributes: 'on' | 'off';
  /** `SLUICE_PRICES`: a file with prices of your own, in the form of `report/prices.json`; null: the ones that come with Sluice. */
  readonly pricesFile: string | null;
  /** `SLUICE_DEPLOYMENT`: name of the worker deployment whose versions rollouts are pinned to; null: the worker is unversioned. */
  readonly deployment: string | null;
}

/** A setting from the environment that cannot be used; exit code 2 in the CLI. */
export class InvalidSetting extends Error {
  override readonly name = 'InvalidSetting';
  readonly exitCode = 2;

  constructor(
    readonly variable: string,
    readonly found: string,
    readonly allowed: readonly string[]
  ) {
    super(`${variable} is "${found}"; allowed: ${allowed.join(', ')}`);
  }
}

function oneOf<T extends string>(
  variable: string,
  { found, allowed }: { readonly found: string; readonly allowed: readonly T[] }
): T {
  const match = allowed.find((value) => value.toLowerCase() === found.toLowerCase());
  if (match === undefined) throw new InvalidSetting(variable, found, allowed);
  return match;
}

/** Temporal writes a version as `deployment.build`, so the name has no dot of its own. */
function deploymentOf(name: string | null): string | null {
  if (name !== null && !/^[\w-]{1,128}$/.test(name))
    throw new InvalidSetting('SLUICE_DEPLOYMENT', name, ['letters, digits, _ and -, at most 128']);
  return name;
}

/** Reads the worker's settings; throws `InvalidSetting` rather than guess. Empty variables count as unset. */
export function readWorkerConfig(env: Environment = environment()): WorkerConfig {
  return {
    taskQueue: env.SLUICE_TASK_QUEUE || DEFAULT_TASK_QUEUE,
    logLevel: oneOf('SLUICE_LOG_LEVEL', { found: env.SLUICE_LOG_LEVEL || 'INFO', allowed: LOG_LEVELS }),
    searchAttributes: oneOf('SLUICE_SEARCH_ATTRIBUTES', {
      found: env.SLUICE_SEARCH_ATTRIBUTES || 'on',
      allowed: ['on', 'off'],
    }),
    pricesFile: env.SLUICE_PRICES || null,
    deployment: deploymentOf(env.SLUICE_DEPLOYMENT || null),
  };
}
