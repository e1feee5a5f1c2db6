import { OTHER_SEGMENT } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import type { Look } from './look';
import type { GuardReading } from './reading';
import { servedByExposures } from './trials';

/** Whether a request, by its inference id, is to be counted. */
export type Only = (id: string) => boolean;

/** The segments that a stage of the file learns apart, all the rest last; empty where none does. */
export function segmentNames({ stages }: Pick<RolloutSpec, 'stages'>): readonly string[] {
  const stage = stages.find((one) => one.kind === 'bandit');
  return stage?.kind === 'bandit' && stage.segments !== undefined ? [...stage.segments.values, OTHER_SEGMENT] : [];
}

/** The segment that each request was routed in, by inference id, as the gateways wrote it down from `fromMs` on. */
export async function readSegments(look: Look, fromMs: number): Promise<ReadonlyMap<string, string>> {
  const { exposures } = look.spec;
  if (exposures === undefined) return new Map();
  const served = await servedByExposures(look, { fromMs, toMs: look.nowMs, uri: exposures.from });
  return new Map(served.map(({ id, segment = OTHER_SEGMENT }) => [id, segment]));
}

/**
 * A reading in which every segment of a tick is a stratum of its own: with a split for each segment the arms get different requests, and only
 * within a segment are they alike. Strata of one tick have keys a millisecond apart, so that a guard counts each of them once.
 */
export async function bySegment(
  look: Look,
  fromMs: number,
  read: (only: Only) => Promise<GuardReading>
): Promise<GuardReading> {
  const names = segmentNames(look.spec);
  const segments = await readSegments(look, fromMs);
  const readings = await Promise.all(names.map((name) => read((id) => segments.get(id) === name)));
  if (readings.length === 0) return read(() => true);
  const isEverLate = readings.some(({ late }) => late !== undefined);
  return {
    ticks: (throughMs, pair) => {
      const each = readings.map((reading) => reading.ticks(throughMs, pair));
      return (each[0] ?? []).flatMap(({ endMs }, tick) =>
        each.flatMap((own, i) => {
          const stratum = own[tick];
          if (stratum === undefined) return [];
          const key = new Date(endMs - (readings.length - 1 - i)).toISOString();
          return [{ endMs, evidence: { ...stratum.evidence, key } }];
        })
      );
    },
    ...(isEverLate && {
      late: (pair) =>
        readings
          .flatMap(({ late }) => (late === undefined ? [] : [late(pair)]))
          .reduce((sum, one) => ({
            candidate: sum.candidate + one.candidate,
            incumbent: sum.incumbent + one.incumbent,
          })),
    }),
  };
}
