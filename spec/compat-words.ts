import type { Complaint, Incompatibility, Path } from './problem';
import type { RolloutSpec } from './types';

/** A complaint about a value, unless `about` says otherwise. */
export function refusal(
  facts: Omit<Incompatibility, 'about' | 'restsOn'> & {
    readonly about?: Complaint['about'];
    readonly restsOn?: readonly Path[];
  }
): Incompatibility {
  return { about: 'value', restsOn: [], ...facts };
}

/** Where a stage stands in the file. */
export interface StagePlace {
  readonly index: number;
  /** `['stages', 2, 'canary']` */
  readonly path: Path;
}

/** The events of a file that a guard can name: a name of nothing names nothing that somebody could write. */
export function eventNames(events: NonNullable<RolloutSpec['events']>): readonly string[] {
  return Object.keys(events).filter((one) => one.trim() !== '');
}
