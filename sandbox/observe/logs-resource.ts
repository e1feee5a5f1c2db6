import type { ControlResource } from '../http/control';
import { ControlError, PlainText } from '../http/control';
import type { LogFile } from './log-files';
import { listLogs, tailOf } from './log-files';

const DEFAULT_BYTES = 64 * 1024;
const MAX_BYTES = 10 * 1024 * 1024;

/**
 * `GET` the list of logs as JSON; with `?endpoint=` (and `variant=`, `instance=`, `container=`) what the containers printed, as text,
 * the last `bytes=` of each. Logs of instances that are gone are there too.
 */
export function logsResource(dir: string): ControlResource {
  return async ({ method, exchange: { query } }) => {
    if (method !== 'GET') return undefined;
    const bytes = Number(query.get('bytes') ?? DEFAULT_BYTES);
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > MAX_BYTES)
      throw new ControlError(`bytes must be a number from 1 to ${MAX_BYTES}`);
    const isAsked = (name: 'endpoint' | 'variant' | 'instance' | 'container') => (log: LogFile) =>
      (query.get(name) ?? log[name]) === log[name];
    const logs = (['endpoint', 'variant', 'instance', 'container'] as const).reduce(
      (left, name) => left.filter(isAsked(name)),
      listLogs(dir)
    );
    if (!query.has('endpoint')) return { logs };
    if (logs.length === 0) throw new ControlError('no container of that name has written a log');
    const oldestFirst = [...logs].reverse();
    return new PlainText(oldestFirst.map((log) => withTitle(log, tailOf(log.file, bytes), logs.length > 1)).join(''));
  };
}

/** As `tail` does it for several files. */
function withTitle({ variant, instance, container }: LogFile, text: string, isOneOfMany: boolean): string {
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  if (!isOneOfMany) return whole;
  return `==> ${[variant, instance, container].filter((part) => part !== '').join('/')} <==\n${whole}\n`;
}
