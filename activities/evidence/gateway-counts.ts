import { parseCounts } from '../../gateway/counts-format';
import type { CountsDocument } from '../../gateway/counts-format';
import { hourPrefixes, parseS3Location } from '../../gateway/s3-location';
import type { CountsReading, VariantTotals } from './counts-types';
import { readAll } from './objects';
import type { ObjectReader } from './objects';

/** How long a gateway that has fallen silent holds up a tick before its part is given up. */
const PATIENCE_MS = 15_000;

/** Counts that gateways wrote to S3. A tick is closed when every gateway has reported past its end, or has been silent for 15 s. */
export async function readGatewayCounts(input: {
  readonly objects: ObjectReader;
  readonly uri: string;
  readonly endpoint: string;
  readonly fromMs: number;
  readonly nowMs: number;
}): Promise<CountsReading> {
  const { objects, endpoint, nowMs } = input;
  const { bucket, prefix } = parseS3Location(input.uri);
  // Reaching back for the patience shows gateways whose newest window is still on its way.
  const fromMs = input.fromMs - PATIENCE_MS;
  const folders = hourPrefixes({ prefix, folder: endpoint, fromMs, toMs: nowMs });
  const refs = (await Promise.all(folders.map((folder) => objects.list({ bucket, prefix: folder })))).flat();
  const documents = (await readAll(objects, refs, parseCounts)).flatMap(({ value }) => value);
  return {
    closedMs: closedThrough(documents, nowMs),
    totals: (tick) => totalsIn(documents, tick),
  };
}

function closedThrough(documents: readonly CountsDocument[], nowMs: number): number {
  const latest = new Map<string, CountsDocument>();
  for (const document of documents) {
    const known = latest.get(document.gateway);
    if (known === undefined || known.windowEnd < document.windowEnd) latest.set(document.gateway, document);
  }
  const givenUpMs = nowMs - PATIENCE_MS;
  const awaited = [...latest.values()]
    .filter((document) => !document.final)
    .map((document) => Date.parse(document.windowEnd))
    .filter((endMs) => endMs >= givenUpMs);
  return awaited.length === 0 ? givenUpMs : Math.min(...awaited);
}

function totalsIn(
  documents: readonly CountsDocument[],
  tick: { readonly startMs: number; readonly endMs: number }
): ReadonlyMap<string, VariantTotals> {
  const totals = new Map<string, VariantTotals>();
  for (const document of documents) {
    // A window longer than one belongs to an idle stretch, so its end says where its last (and only possible) calls are.
    const atMs = Date.parse(document.windowEnd) - 1;
    if (atMs < tick.startMs || atMs >= tick.endMs) continue;
    for (const [variant, counts] of Object.entries(document.variants)) {
      const sum = totals.get(variant);
      totals.set(variant, sum === undefined ? counts : added(sum, counts));
    }
  }
  return totals;
}

function added(sum: VariantTotals, more: VariantTotals): VariantTotals {
  return {
    requests: sum.requests + more.requests,
    errors4xx: sum.errors4xx + more.errors4xx,
    errors5xx: sum.errors5xx + more.errors5xx,
    latencyCounts: (sum.latencyCounts ?? []).map((count, i) => count + (more.latencyCounts?.[i] ?? 0)),
  };
}
