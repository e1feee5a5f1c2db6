import type { Work } from '../types';
import { statisticsOf } from './files/statistics';
import { suggestConstraints } from './files/suggest';
import type { Constraints, Statistics } from './files/shapes';
import { readSketches } from './kll/files';
import type { KllSketch } from './kll/sketch';
import { profileState } from './profile/profile';
import type { ColumnProfile } from './profile/profile';
import { Tallies } from './state/tallies';

/** A state in SageMaker's words. */
export interface Described {
  readonly dir: string;
  readonly tallies: Tallies;
  readonly rows: number;
  readonly profiles: readonly ColumnProfile[];
  readonly sketches: ReadonlyMap<string, KllSketch>;
  readonly statistics: Statistics;
  readonly constraints: Constraints;
}

export async function describeState(work: Work, dir: string): Promise<Described> {
  const tallies = await Tallies.open(work.db, dir);
  const profiles = await profileState(tallies, (done, total) => work.progress(done, total, 'columns'));
  const numeric = new Set(profiles.filter(({ moments }) => moments !== null).map(({ name }) => name));
  const sketches = await readSketches(dir, numeric);
  const { rows } = tallies.state;
  return {
    dir,
    tallies,
    rows,
    profiles,
    sketches,
    statistics: statisticsOf(profiles, { rows, sketches }),
    constraints: suggestConstraints(profiles),
  };
}
