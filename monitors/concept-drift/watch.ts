import { adwinDefaults, startAdwin, stepAdwin } from './adwin';
import type { AdwinState } from './adwin';
import { deltaOf, martingaleDefaults, startMartingale, stepMartingale } from './martingale';
import type { MartingaleSettings, MartingaleState } from './martingale';
import type { DriftOptions } from './options';
import { pageHinkleyDefaults, startPageHinkley, stepPageHinkley } from './page-hinkley';
import type { PageHinkleyState } from './page-hinkley';
import { gameOf } from './reference';
import type { Game, Reference } from './reference';

/** What a baseline says of one subject. */
export interface KnownSubject {
  readonly reference: Reference;
  readonly mean: number;
  readonly deviation: number;
}

/** The detectors of one stream, as they are carried from window to window. Plain JSON of bounded size. */
export interface StreamState {
  readonly version: 1;
  readonly seen: number;
  readonly martingale?: MartingaleState;
  readonly adwin?: AdwinState;
  readonly pageHinkley?: PageHinkleyState;
}

/** What a stream is watched with. */
export interface Watch {
  readonly options: DriftOptions;
  readonly settings: MartingaleSettings;
  readonly known: KnownSubject;
  /** Null: the baseline is too small for the asked level. */
  readonly game: Game | null;
}

export type Changes = Readonly<Record<'martingale' | 'adwin' | 'pageHinkley', readonly number[]>>;

/** @param subjects how many share the false-alarm probability */
export function watchOf(known: KnownSubject, options: DriftOptions, subjects: number): Watch {
  const settings = {
    ...martingaleDefaults,
    alpha: options.falseAlarm / Math.max(1, subjects),
    horizon: options.horizon,
    direction: options.direction,
  };
  const isEnough = known.reference.n >= options.leastBaseline;
  return { options, settings, known, game: isEnough ? gameOf(known.reference, deltaOf(settings)) : null };
}

export function startStream({ options: { detectors } }: Watch): StreamState {
  return {
    version: 1,
    seen: 0,
    ...(detectors.includes('martingale') && { martingale: startMartingale() }),
    ...(detectors.includes('adwin') && { adwin: startAdwin }),
    ...(detectors.includes('pageHinkley') && { pageHinkley: startPageHinkley }),
  };
}

/** Counts values in order. Page–Hinkley sees them in standard deviations of the baseline. */
export function stepStream(
  watch: Watch,
  state: StreamState,
  values: readonly number[]
): { readonly state: StreamState; readonly changes: Changes } {
  const { options, settings, known, game } = watch;
  const martingale =
    state.martingale === undefined || game === null
      ? { state: state.martingale, changes: [] }
      : stepMartingale(state.martingale, values, { game, settings });
  const adwin =
    state.adwin === undefined
      ? { state: undefined, changes: [] }
      : stepAdwin(state.adwin, values, { ...adwinDefaults, delta: options.adwinDelta });
  const scale = known.deviation > 0 ? known.deviation : 1;
  const pageHinkley =
    state.pageHinkley === undefined
      ? { state: undefined, changes: [] }
      : stepPageHinkley(
          state.pageHinkley,
          values.map((value) => (value - known.mean) / scale),
          { ...pageHinkleyDefaults, threshold: options.pageHinkleyThreshold, direction: options.direction }
        );
  return {
    state: {
      version: 1,
      seen: state.seen + values.length,
      ...(martingale.state !== undefined && { martingale: martingale.state }),
      ...(adwin.state !== undefined && { adwin: adwin.state }),
      ...(pageHinkley.state !== undefined && { pageHinkley: pageHinkley.state }),
    },
    changes: { martingale: martingale.changes, adwin: adwin.changes, pageHinkley: pageHinkley.changes },
  };
}
