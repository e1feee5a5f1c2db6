import type { ErrorsGuard } from '../../spec/types';
import { errorCounts } from './counts';
import { configuredSharePct } from './look';
import type { Look } from './look';
import { everyTick } from './reading';
import type { GuardReading } from './reading';

/** Failed requests of those that each arm answered. */
export function readErrors({ counts, spec }: Look, guard: ErrorsGuard): GuardReading {
  return everyTick({ closedMs: counts.closedMs, tickMs: spec.tickMs }, (tick, pair) => {
    const totals = counts.totals(tick);
    return {
      key: tick.key,
      candidate: errorCounts(guard, totals.get(pair.candidate)),
      incumbent: errorCounts(guard, totals.get(pair.incumbent)),
    };
  });
}

/** Requests of each arm against the configured split. */
export function readSplit(look: Look): GuardReading {
  const { counts, spec } = look;
  return everyTick({ closedMs: counts.closedMs, tickMs: spec.tickMs }, (tick, pair) => {
    const totals = counts.totals(tick);
    return {
      kind: 'split',
      key: tick.key,
      candidate: totals.get(pair.candidate)?.requests ?? 0,
      incumbent: totals.get(pair.incumbent)?.requests ?? 0,
      sharePct: configuredSharePct(look, tick, pair),
    };
  });
}
