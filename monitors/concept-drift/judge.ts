import { formatCount, formatLogE, formatNumber } from '../../guards/wording';
import type { Check, Json } from '../types';
import { wealthNeeded, wealthOf } from './martingale';
import type { Detector } from './options';
import type { StreamName } from './series';
import type { Changes, StreamState, Watch } from './watch';

/** What a window did to one stream. */
export interface WatchedStream {
  readonly name: StreamName;
  readonly state: StreamState;
  readonly values: number;
  readonly mean: number;
  /** When each detector alarmed: time, or position in the window for data without times. */
  readonly changes: Readonly<
    Record<keyof Changes, readonly { readonly position: number; readonly atMs: number | null }[]>
  >;
}

const NAMES: Readonly<Record<Detector, string>> = {
  martingale: 'conformal_martingale_check',
  adwin: 'adwin_check',
  pageHinkley: 'page_hinkley_check',
};

const subjectOf = ({ variant, subject }: StreamName): string => (variant === null ? subject : `${variant}/${subject}`);

/** One check a detector. */
export function judgeStream(stream: WatchedStream, watch: Watch): readonly Check[] {
  return watch.options.detectors.map((detector) => judgeDetector(detector, stream, watch));
}

function judgeDetector(detector: Detector, stream: WatchedStream, watch: Watch): Check {
  const { name, state, values, mean } = stream;
  const { known, game, settings } = watch;
  const changes = stream.changes[detector];
  const [first] = changes;
  const subject = subjectOf(name);
  const base = { subject, check: NAMES[detector], interval: null } as const;
  const extras: Record<string, Json> = {
    values,
    seen: state.seen,
    mean,
    baselineMean: known.mean,
    changes: changes.map(({ position, atMs }) => ({
      position,
      at: atMs === null ? null : new Date(atMs).toISOString(),
    })),
  };
  const said = `${subject}: mean ${formatNumber(mean)} over ${formatCount(values)} values, ${formatNumber(known.mean)} in the baseline`;
  const found =
    first === undefined
      ? null
      : `changed by ${first.atMs === null ? `value ${formatCount(first.position + 1)}` : new Date(first.atMs).toISOString()}`;
  if (detector !== 'martingale')
    return {
      ...base,
      verdict: first === undefined ? 'pass' : 'fail',
      value: changes.length,
      threshold: 0,
      reason: `${said}; ${found ?? 'no change'}`,
      extras,
    };
  const needed = wealthNeeded(settings);
  if (game === null || state.martingale === undefined)
    return {
      ...base,
      verdict: 'inconclusive',
      value: null,
      threshold: needed,
      reason: `${said}; a baseline of ${formatCount(known.reference.n)} values is too small for a false-alarm probability of ${formatNumber(settings.alpha)}`,
      extras,
    };
  const wealth = wealthOf(state.martingale);
  return {
    ...base,
    verdict: first === undefined ? 'pass' : 'fail',
    value: wealth,
    threshold: needed,
    reason:
      found === null
        ? `${said}; no change: e = ${formatLogE(Math.log(wealth))} of ${formatLogE(Math.log(needed))} after ${formatCount(state.seen)} values`
        : `${said}; ${found}, with e ≥ ${formatLogE(Math.log(needed))}`,
    extras: { ...extras, slack: game.slack, highest: state.martingale.highest },
  };
}
