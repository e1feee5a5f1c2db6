import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { GuardSpec, RolloutSpec } from '../../spec/types';
import type { ArmSources } from './arm-source';
import type { ArmCopies } from './attributions';
import { readCounts } from './counts';
import type { CountsReading } from './counts-types';
import type { ObjectReader, ObjectRef } from './objects';
import type { Pair } from './reading';
import type { Tick } from './ticks';

/** Shares in percent by variant, from a moment on; null while they were being changed. */
export interface SharesSince {
  readonly sinceMs: number;
  readonly sharesPct: Readonly<Record<string, number>> | null;
}

/** What one look reads: where from, about whom, up to when. All variants are read alike. */
export interface Look {
  readonly spec: RolloutSpec;
  readonly variants: readonly string[];
  readonly nowMs: number;
  readonly objects: ObjectReader;
  readonly cloudwatch: CloudWatchClient;
  readonly counts: CountsReading;
  /** Ascending by time. */
  readonly shares: readonly SharesSince[];
  /** What a webhook is told about the rollout. */
  readonly about: { readonly rollout: string };
  /** Copies of models to ask; absent in a look back, when none is explained. */
  readonly copies?: ArmCopies;
  /** Where arms differ by more than the variant's name. */
  readonly sources?: ArmSources;
  /** Whether requests of different segments have different shares, so that arms are compared segment by segment. */
  readonly bySegment?: boolean;
}

/** Kinds of guard that count requests. */
const COUNTING: ReadonlySet<GuardSpec['kind']> = new Set(['errors', 'split', 'captureLoss', 'latency']);

export function countsRequests(guard: GuardSpec): boolean {
  return COUNTING.has(guard.kind);
}

/** Opens a look: request counts are read at once, since every look counts the traffic; everything else when a guard asks. */
export async function openLook(
  sources: { readonly objects: ObjectReader; readonly cloudwatch: CloudWatchClient },
  input: Omit<Look, 'objects' | 'cloudwatch' | 'counts'> & { readonly countsFromMs: number }
): Promise<Look> {
  const { countsFromMs, ...about } = input;
  const objects = listingOnce(sources.objects);
  const { cloudwatch } = sources;
  const counts = await readCounts({ objects, cloudwatch }, { ...about, fromMs: countsFromMs });
  return { ...about, objects, cloudwatch, counts };
}

/** The candidate's part of what both arms of a pair were to get throughout a tick, in percent; 0, which is no evidence, when it changed. */
export function configuredSharePct({ shares }: Look, tick: Tick, { candidate, incumbent }: Pair): number {
  const before = shares.findLast(({ sinceMs }) => sinceMs <= tick.startMs)?.sharesPct ?? null;
  const changed = shares.some(({ sinceMs }) => sinceMs > tick.startMs && sinceMs < tick.endMs);
  if (before === null || changed) return 0;
  const [own, other] = [before[candidate] ?? 0, before[incumbent] ?? 0];
  return own + other > 0 ? (100 * own) / (own + other) : 0;
}

/** Several guards read the same folders; within one look they see the same listing. */
function listingOnce(objects: ObjectReader): ObjectReader {
  const listed = new Map<string, Promise<readonly ObjectRef[]>>();
  return {
    list(at) {
      const name = `${at.bucket}/${at.prefix}`;
      const known = listed.get(name) ?? objects.list(at);
      listed.set(name, known);
      return known;
    },
    read: (ref, parse) => objects.read(ref, parse),
  };
}
