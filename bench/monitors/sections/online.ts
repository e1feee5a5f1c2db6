import { gauss, seededUniform } from '../../../guards/random';
import { adwinDefaults, startAdwin, stepAdwin } from '../../../monitors/concept-drift/adwin';
import {
  deltaOf,
  martingaleDefaults,
  startMartingale,
  stepMartingale,
} from '../../../monitors/concept-drift/martingale';
import { pageHinkleyDefaults, startPageHinkley, stepPageHinkley } from '../../../monitors/concept-drift/page-hinkley';
import { buildReference, gameOf } from '../../../monitors/concept-drift/reference';
import { robustCorrection } from '../../../monitors/data-quality/checks/drift';
import { jensenShannon } from '../../../monitors/data-quality/distances/categorical';
import { numericDistances } from '../../../monitors/data-quality/distances/numeric';
import { table } from '../../guards/table';
import type { Bench } from './section';

/** A hundred calls a minute: an hour is what a schedule of Model Monitor looks at once. */
const HOUR = 6_000;
const BASELINE = 5_000;
/** In the middle of the third hour: no rule that looks by the hour is favoured. */
const CHANGE = 15_000;
const LENGTH = 60_000;
const STREAMS = 1_000;
const ALPHA = 0.01;

type Draw = (uniform: () => number) => number;

const moved =
  (by: number): Draw =>
  (uniform) =>
    gauss(uniform) + by;
const error =
  (rate: number): Draw =>
  (uniform) =>
    Number(uniform() < rate);

const SCENARIOS: readonly { readonly name: string; readonly before: Draw; readonly after: Draw | null }[] = [
  { name: 'scores, no change', before: gauss, after: null },
  { name: 'scores + 0.1 sd', before: gauss, after: moved(0.1) },
  { name: 'scores + 0.25 sd', before: gauss, after: moved(0.25) },
  { name: 'scores + 0.5 sd', before: gauss, after: moved(0.5) },
  { name: 'scores + 1 sd', before: gauss, after: moved(1) },
  { name: 'errors, no change', before: error(0.1), after: null },
  { name: 'errors 10 % → 12 %', before: error(0.1), after: error(0.12) },
  { name: 'errors 10 % → 15 %', before: error(0.1), after: error(0.15) },
  { name: 'errors 10 % → 30 %', before: error(0.1), after: error(0.3) },
];

/** Where a rule alarms first; null when it never does. */
type Rule = (baseline: readonly number[], stream: readonly number[]) => number | null;

const martingale: Rule = (baseline, stream) => {
  const settings = { ...martingaleDefaults, alpha: ALPHA };
  const built = buildReference(baseline.length);
  for (const [value, count] of countsOf(baseline)) built.add(value, count);
  const game = gameOf(built.finish(), deltaOf(settings));
  return game === null ? null : (stepMartingale(startMartingale(), stream, { game, settings }).changes[0] ?? null);
};
const adwin: Rule = (_, stream) => stepAdwin(startAdwin, stream, adwinDefaults).changes[0] ?? null;
const pageHinkley: Rule = (_, stream) =>
  stepPageHinkley(startPageHinkley, stream, pageHinkleyDefaults).changes[0] ?? null;

/** A rule that looks at each whole hour against the baseline, and alarms at its end. */
const hourly =
  (
    alarms: (distances: {
      readonly ks: number;
      readonly wasserstein: number;
      readonly deviation: number;
      readonly divergence: number | null;
    }) => boolean
  ): Rule =>
  (baseline, stream) => {
    const before = countsOf(baseline);
    const deviation = deviationOf(baseline);
    for (let from = 0; from + HOUR <= stream.length; from += HOUR) {
      const live = new Map(countsOf(stream.slice(from, from + HOUR)));
      const known = new Map(before);
      const pass = numericDistances({ baseline: baseline.length, live: HOUR });
      for (const value of [...new Set([...known.keys(), ...live.keys()])].sort((a, b) => a - b))
        pass.add(value, known.get(value) ?? 0, live.get(value) ?? 0);
      const { kolmogorovSmirnov: ks, wasserstein } = pass.done();
      const few = known.size <= 5;
      const pairs = [...known].map(([value, count]) => [count, live.get(value) ?? 0] as const);
      // SciPy's distance is in nats, ours in bits.
      const divergence = few ? jensenShannon(pairs) * Math.sqrt(Math.LN2) : null;
      if (alarms({ ks, wasserstein, deviation, divergence })) return from + HOUR - 1;
    }
    return null;
  };

const RULES: Readonly<Record<string, Rule>> = {
  'martingale (ours)': martingale,
  'ADWIN (river’s defaults)': adwin,
  'Page–Hinkley (river’s defaults)': pageHinkley,
  'Model Monitor: Robust L∞ > 0.1': hourly(({ ks }) => ks - robustCorrection(BASELINE, HOUR) > 0.1),
  // Jensen–Shannon where a column has at most five values.
  'Evidently: Wasserstein/sd or JS ≥ 0.1': hourly(
    ({ wasserstein, deviation, divergence }) => (divergence ?? wasserstein / Math.max(deviation, 0.001)) >= 0.1
  ),
};

function countsOf(values: readonly number[]): readonly (readonly [number, number])[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

interface Found {
  readonly scenario: string;
  readonly rule: string;
  readonly streams: number;
  /** Streams with an alarm before the change, or at all where nothing changes. */
  readonly falseAlarms: number;
  readonly missed: number;
  /** Calls from the change to the alarm, of the streams without a false alarm; a miss counts as more than all. */
  readonly medianDelay: number | null;
}

/** When online detectors see a change, and how often they see one that is not there, beside rules that look by the hour. */
export const online = {
  name: 'online',
  about: `changes in a stream of ${LENGTH} calls, 100 a minute, baseline ${BASELINE}: false alarms and median delay`,
  async play({ divide, say }: Pick<Bench, 'divide' | 'say'>) {
    const found: Found[] = SCENARIOS.flatMap(({ name, before, after }, s) => {
      const streams = Math.max(10, Math.round((after === null ? STREAMS : STREAMS / 10) / divide));
      say(`${streams} streams: ${name}`);
      const alarms = new Map(Object.keys(RULES).map((rule) => [rule, [] as (number | null)[]]));
      for (let i = 0; i < streams; i++) {
        const uniform = seededUniform(1_000_003 * (s + 1) + i);
        const baseline = Array.from({ length: BASELINE }, () => before(uniform));
        const stream = Array.from({ length: LENGTH }, (_, at) => (at < CHANGE ? before : (after ?? before))(uniform));
        for (const [rule, first] of Object.entries(RULES)) alarms.get(rule)?.push(first(baseline, stream));
      }
      return [...alarms].map(([rule, firsts]): Found => {
        const early = firsts.filter((at) => at !== null && (after === null || at < CHANGE)).length;
        const delays = firsts
          .filter((at) => at === null || at >= CHANGE)
          .map((at) => (at === null ? Infinity : at - CHANGE))
          .sort((a, b) => a - b);
        const middle = delays[Math.floor(delays.length / 2)] ?? Infinity;
        return {
          scenario: name,
          rule,
          streams,
          falseAlarms: early,
          missed: after === null ? 0 : delays.filter((delay) => delay === Infinity).length,
          medianDelay: after === null || middle === Infinity ? null : middle,
        };
      });
    });
    const cell = ({ scenario, falseAlarms, streams, medianDelay, missed }: Found): string =>
      scenario.endsWith('no change')
        ? `${((100 * falseAlarms) / streams).toFixed(1)} % false`
        : `${medianDelay ?? 'never'}${missed > 0 ? ` (${missed} of ${streams} missed)` : ''}${falseAlarms > 0 ? ` [${falseAlarms} early]` : ''}`;
    const rows = Object.keys(RULES).map((rule) => [
      rule,
      ...SCENARIOS.map(({ name }) => {
        const one = found.find((each) => each.rule === rule && each.scenario === name);
        return one === undefined ? '' : cell(one);
      }),
    ]);
    return { text: table(['rule', ...SCENARIOS.map(({ name }) => name)], rows), data: found };
  },
};
