import { OptionReader } from '../option-reader';
import type { Json, OptionProblem } from '../types';
import type { SystemLimits } from './types';

const KNOWN = [
  ...['errorsPct', 'p99Ms', 'cpuPct', 'vCpus', 'memoryPct', 'diskPct', 'coldStartPct', 'scalingsPerHour'],
  ...['captureLossPct', 'lateMs', 'historyMs', 'leastRequests', 'falseAlarm'],
];
const PERCENT = { low: 0, high: 100 };
const HOUR_MS = 3_600_000;

/** Reads the options of the system monitor. A disk above 75 % makes data capture stop, as AWS says. */
export function parseSystemOptions(
  raw: Readonly<Record<string, Json>>
): { readonly options: SystemLimits } | { readonly problems: readonly OptionProblem[] } {
  const read = new OptionReader(raw, KNOWN);
  const options: SystemLimits = {
    errorsPct: read.number('errorsPct', PERCENT) ?? null,
    p99Ms: read.number('p99Ms', { low: 0.001, high: HOUR_MS }) ?? null,
    cpuPct: read.number('cpuPct', PERCENT) ?? 80,
    vCpus: read.whole('vCpus', 1) ?? null,
    memoryPct: read.number('memoryPct', PERCENT) ?? 85,
    diskPct: read.number('diskPct', PERCENT) ?? 75,
    coldStartPct: read.number('coldStartPct', PERCENT) ?? null,
    scalingsPerHour: read.number('scalingsPerHour', { low: 0, high: 1_000 }) ?? 6,
    captureLossPct: read.number('captureLossPct', PERCENT) ?? 5,
    lateMs: read.number('lateMs', { low: 0, high: 24 * HOUR_MS }) ?? 300_000,
    historyMs: read.number('historyMs', { low: 60_000, high: 15 * 24 * HOUR_MS }) ?? 24 * HOUR_MS,
    leastRequests: read.whole('leastRequests', 1) ?? 100,
    falseAlarm: read.number('falseAlarm', { low: 1e-6, high: 0.5 }) ?? 0.01,
  };
  return read.problems.length === 0 ? { options } : { problems: read.problems };
}
