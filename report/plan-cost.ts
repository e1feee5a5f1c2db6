import { fleetsOf } from '../rollout';
import type { Fleet, Incumbent, Rehearsal } from '../rollout';
import type { RolloutSpec } from '../spec/types';
import type { PriceTable } from './price-table';
import { fleetsDuring } from './plan-steps';
import type { CostView } from './plan-view';

const MS_PER_HOUR = 3_600_000;

/** Instance hours that the rollout takes beside the fleet that serves anyway, and what they cost where prices are known. */
export function costOf(input: {
  readonly spec: RolloutSpec;
  readonly incumbent: Incumbent | null;
  readonly expected: Rehearsal;
  readonly slowest: Rehearsal;
  readonly prices: PriceTable;
  readonly region: string | null;
}): CostView {
  const { spec, incumbent, prices, region } = input;
  // A first deployment has no fleet to be beside: what it costs is what the endpoint costs.
  const rehearsals = incumbent === null ? [] : [input.expected, input.slowest];
  const [expected, atMost] = rehearsals.map((one) => extraHours(spec, incumbent, one));
  const types = [...new Set([...Object.keys(expected ?? {}), ...Object.keys(atMost ?? {})])].sort();
  const instanceHours = types.map((type) => ({ type, expected: expected?.[type] ?? 0, atMost: atMost?.[type] ?? 0 }));
  const known = region === null ? {} : (prices.perHour[region] ?? {});
  const own = incumbent === null ? [] : [incumbent.instanceType];
  const all = [...new Set([...types, ...own, ...spec.candidates.map(({ instance }) => instance.type)])].sort();
  const unknown = all.filter((type) => known[type] === undefined);
  const hourly = (fleets: readonly Pick<Fleet, 'type' | 'count'>[]): number | null =>
    fleets.reduce<number | null>((sum, { type, count }) => {
      const price = known[type];
      return sum === null || price === undefined ? null : sum + count * price;
    }, 0);
  const total = (of: 'expected' | 'atMost'): number =>
    instanceHours.reduce((sum, hours) => sum + hours[of] * (known[hours.type] ?? 0), 0);
  return {
    instanceHours,
    extra:
      unknown.length > 0 || types.length === 0
        ? null
        : { expected: total('expected'), atMost: total('atMost'), currency: prices.currency },
    perHour: {
      before: incumbent === null ? null : hourly([{ type: incumbent.instanceType, count: incumbent.instanceCount }]),
      after: hourly(lastFleets(spec, incumbent, input.expected)),
      currency: prices.currency,
    },
    unknown: unknown.map((type) => (region === null ? type : `${type} in ${region}`)),
    basis: `prices of ${prices.date}${region === null ? ', region unknown' : ` for ${region}`}`,
  };
}

/** What serves once it is over. */
function lastFleets(spec: RolloutSpec, incumbent: Incumbent | null, { spans }: Rehearsal): readonly Fleet[] {
  const last = spans.at(-1);
  return last === undefined ? [] : fleetsOf(spec, incumbent, last.then);
}

/** Every instance hour of the rollout, without those of the incumbent's own fleet over the same time. */
function extraHours(
  spec: RolloutSpec,
  incumbent: Incumbent | null,
  { spans }: Rehearsal
): Readonly<Record<string, number>> {
  const hours: Record<string, number> = {};
  const add = (type: string, instances: number, ms: number): void => {
    hours[type] = (hours[type] ?? 0) + (instances * ms) / MS_PER_HOUR;
  };
  for (const span of spans) {
    const ms = span.toMs - span.fromMs;
    for (const { type, count } of fleetsDuring(spec, incumbent, span)) add(type, count, ms);
    if (incumbent !== null) add(incumbent.instanceType, -incumbent.instanceCount, ms);
  }
  return Object.fromEntries(Object.entries(hours).filter(([, value]) => Math.abs(value) > 1e-9));
}
