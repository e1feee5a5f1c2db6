import type { CountsDocument, VariantCounts } from './counts-format';
import { latencyBucket, latencyBucketCount } from './latency-buckets';
import type { Route } from './routing';
import { noMirror, noRouting, type MirrorCounts, type RoutingCounts } from './routing-counts';

export interface CallOutcome {
  /** `null` when nobody knows what variant the call reached. */
  readonly variant: string | null;
  /** HTTP status as the caller got it. */
  readonly status: number;
  readonly latencyMs: number;
  /** When the call ended. */
  readonly atMs: number;
}

/** How a call was routed; a probe is one however it was. */
export type RouteOutcome = Route | { readonly kind: 'probe' };

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Running = Writable<Omit<VariantCounts, 'latencyCounts'>> & { readonly latencyCounts: number[] };
interface RunningDraw {
  readonly epoch: number;
  readonly segment: string | undefined;
  readonly sharesPct: Readonly<Record<string, number>>;
  readonly requests: Map<string, number>;
}

/** What is counted in one window while it runs. */
export class CountsWindow {
  private readonly variants = new Map<string | null, Running>();
  private readonly draws = new Map<string, RunningDraw>();
  private readonly byWeights = new Map<string, number>();
  private readonly others = { outside: 0, overridden: 0, probes: 0 };
  private readonly mirror: Writable<MirrorCounts> = { ...noMirror };

  record(call: CallOutcome): void {
    const counts = getOrSet(this.variants, call.variant, emptyCounts);
    const bucket = latencyBucket(call.latencyMs);
    counts.requests++;
    counts.latencyCounts[bucket] = (counts.latencyCounts[bucket] ?? 0) + 1;
    if (call.status >= 500) counts.errors5xx++;
    else if (call.status >= 400) counts.errors4xx++;
  }

  recordRoute(route: RouteOutcome): void {
    switch (route.kind) {
      case 'drawn': {
        const { epoch, segment, sharesPct } = route;
        const make = (): RunningDraw => ({ epoch, segment, sharesPct, requests: new Map() });
        return addOne(getOrSet(this.draws, `${epoch} ${segment ?? ''}`, make).requests, route.variant);
      }
      case 'weights':
        return addOne(this.byWeights, route.why);
      case 'outside':
        return void this.others.outside++;
      case 'override':
        return void this.others.overridden++;
      case 'probe':
        return void this.others.probes++;
    }
  }

  recordMirror(what: keyof MirrorCounts): void {
    this.mirror[what]++;
  }

  counts(): Pick<CountsDocument, 'variants' | 'unattributed' | 'routing' | 'mirror'> {
    const named = [...this.variants].flatMap(([name, counts]) => (name === null ? [] : [[name, counts] as const]));
    const routing = this.routing();
    return {
      variants: Object.fromEntries(named),
      unattributed: this.variants.get(null) ?? emptyCounts(),
      ...(routing && { routing }),
      ...(Object.values(this.mirror).some((n) => n > 0) && { mirror: this.mirror }),
    };
  }

  /** Undefined when nothing was routed but by the weights of an endpoint without assignment. */
  private routing(): RoutingCounts | undefined {
    const onlyWeights = [...this.byWeights.keys()].every((why) => why === 'unassigned');
    if (this.draws.size === 0 && onlyWeights && Object.values(this.others).every((n) => n === 0)) return undefined;
    const drawn = [...this.draws.values()].map(({ epoch, segment, sharesPct, requests }) => ({
      epoch,
      ...(segment !== undefined && { segment }),
      sharesPct,
      requests: Object.fromEntries(requests),
    }));
    return { ...noRouting, drawn, byWeights: Object.fromEntries(this.byWeights), ...this.others };
  }
}

function emptyCounts(): Running {
  return {
    requests: 0,
    errors4xx: 0,
    errors5xx: 0,
    latencyCounts: Array.from({ length: latencyBucketCount }, () => 0),
  };
}

function addOne<K>(map: Map<K, number>, key: K): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function getOrSet<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}
