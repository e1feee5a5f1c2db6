import type { Coverage } from '../../guards/traffic/coverage';
import { captureClosedMs, readAnswers } from './answers';
import type { Look } from './look';
import { byTick, everyTick } from './reading';
import type { GuardReading } from './reading';

/** Captured records against the calls that a model answered: data capture keeps no call that failed. */
export async function readCapture(look: Look, sinceMs: number): Promise<GuardReading> {
  const { spec, counts } = look;
  const closedMs = Math.min(counts.closedMs, captureClosedMs(look));
  // CloudWatch counts probes among the invocations, a gateway does not.
  const withProbes = spec.counts.from === 'cloudwatch';
  const answers = await readAnswers(look, { fromMs: sinceMs, toMs: closedMs, withProbes });
  const captured = new Map(
    [...answers].map(([variant, own]) => [variant, byTick(own, spec.tickMs, (one) => one.atMs)])
  );
  return everyTick({ closedMs, tickMs: spec.tickMs }, (tick, pair) => {
    const totals = counts.totals(tick);
    const of = (variant: string): Coverage => {
      const { requests = 0, errors4xx = 0, errors5xx = 0 } = totals.get(variant) ?? {};
      return { due: requests - errors4xx - errors5xx, got: captured.get(variant)?.get(tick.endMs)?.length ?? 0 };
    };
    return {
      kind: 'coverage',
      key: tick.key,
      candidate: of(pair.candidate),
      incumbent: of(pair.incumbent),
      sampling: spec.capture.samplingPct / 100,
    };
  });
}
