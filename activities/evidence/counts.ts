import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { ArmCounts } from '../../guards/types';
import type { ErrorsGuard, RolloutSpec } from '../../spec/types';
import type { ArmSources } from './arm-source';
import { readCloudWatchCounts } from './cloudwatch-counts';
import type { CountsReading, VariantTotals } from './counts-types';
import { readGatewayCounts } from './gateway-counts';
import type { ObjectReader } from './objects';

/** Reads request and error counts from where the file says. */
export async function readCounts(
  from: { readonly objects: ObjectReader; readonly cloudwatch: CloudWatchClient },
  input: {
    readonly spec: RolloutSpec;
    readonly variants: readonly string[];
    readonly fromMs: number;
    readonly nowMs: number;
    /** Where arms differ by more than the variant's name; only CloudWatch can tell those apart. */
    readonly sources?: ArmSources;
  }
): Promise<CountsReading> {
  const { spec, variants, fromMs, nowMs, sources = {} } = input;
  switch (spec.counts.from) {
    case 'gateway':
      return readGatewayCounts({
        objects: from.objects,
        uri: spec.counts.uri,
        endpoint: spec.endpoint,
        fromMs,
        nowMs,
      });
    case 'cloudwatch':
      return readCloudWatchCounts({
        cloudwatch: from.cloudwatch,
        endpoint: spec.endpoint,
        variants,
        fromMs,
        nowMs,
        sources,
      });
  }
}

/** What an errors guard counts as trials and as bad events. */
export function errorCounts(guard: ErrorsGuard, totals: VariantTotals | undefined): ArmCounts {
  if (totals === undefined) return { n: 0, bad: 0 };
  return { n: totals.requests, bad: totals.errors5xx + (guard.statuses === '4xx+5xx' ? totals.errors4xx : 0) };
}
