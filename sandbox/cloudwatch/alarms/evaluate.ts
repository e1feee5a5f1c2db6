import { runQueries } from '../data/queries';
import { countSamples, grainOf, type Windows } from '../data/windows';
import type { MetricStore } from '../store/metric-store';
import { floorTo } from '../store/series';
import { EXTRA_WINDOWS, judge, type Point } from './judge';
import type { AlarmState } from './types';
import type { Watch } from './watch';

/** What an evaluation finds; `undefined` leaves the alarm as it is. */
export interface Finding {
  readonly state: AlarmState;
  readonly reason: string;
  readonly reasonData: string;
}

/** Evaluates a metric alarm on the windows that are over at `nowMs`. Throws for expressions that cannot be evaluated. */
export function evaluateWatch(watch: Watch, store: MetricStore, nowMs: number): Finding | undefined {
  const windows = windowsAt(watch, nowMs);
  const values = valuesIn(watch, store, windows);
  const trusted = withoutLowSamples(watch, store, { windows, values });
  const points = trusted.map(({ value }): Point => {
    if (value === undefined) return 'missing';
    return watch.operator.isBeyond(value, watch.threshold) ? 'breaching' : 'ok';
  });
  const state = judge(points, watch);
  if (state === 'retain') return undefined;
  return { state, ...reasonOf({ watch, state, values: trusted, nowMs, startMs: windows.start * 1000 }) };
}

/** The data points that an evaluation at `nowMs` looks at, oldest first. Throws for expressions that cannot be evaluated. */
export function pointsOf(
  watch: Watch,
  store: MetricStore,
  nowMs: number
): readonly { readonly atMs: number; readonly value: number }[] {
  const values = valuesIn(watch, store, windowsAt(watch, nowMs));
  return values.flatMap(({ atMs, value }) => (value === undefined ? [] : [{ atMs, value }]));
}

function windowsAt({ periodSeconds, evaluationPeriods }: Watch, nowMs: number): Windows {
  const end = floorTo(Math.floor(nowMs / 1000), grainOf(periodSeconds));
  return { start: end - (evaluationPeriods + EXTRA_WINDOWS) * periodSeconds, end, periodSeconds };
}

function valuesIn(watch: Watch, store: MetricStore, windows: Windows): Values {
  const [series] = [
    ...runQueries(store, watch.queries, (period) => ({ ...windows, periodSeconds: period })).values(),
  ].flat();
  const values: { readonly atMs: number; readonly value: number | undefined }[] = [];
  for (let second = windows.start; second < windows.end; second += windows.periodSeconds) {
    values.push({ atMs: second * 1000, value: series?.points.get(second * 1000) });
  }
  return values;
}

type Values = readonly { readonly atMs: number; readonly value: number | undefined }[];

/** Points of too few samples to mean anything are dropped; CloudWatch asks for 10/(1-p) samples, or 10/p below the median. */
function withoutLowSamples(
  watch: Watch,
  store: MetricStore,
  data: { readonly windows: Windows; readonly values: Values }
): Values {
  const [query] = watch.queries;
  if (watch.lowSamplePercent === undefined || query?.what.kind !== 'metric') return data.values;
  const share = watch.lowSamplePercent / 100;
  const needed = 10 / (share >= 0.5 ? 1 - share : share);
  const counts = countSamples(store, query.what.metric, data.windows);
  return data.values.map((point) => ((counts.get(point.atMs) ?? 0) >= needed ? point : { ...point, value: undefined }));
}

function reasonOf(judged: {
  readonly watch: Watch;
  readonly state: AlarmState;
  readonly values: Values;
  readonly nowMs: number;
  readonly startMs: number;
}): { readonly reason: string; readonly reasonData: string } {
  const { watch, state, values } = judged;
  const known = values
    .flatMap(({ atMs, value }) => (value === undefined ? [] : [{ atMs, value }]))
    .slice(-watch.evaluationPeriods);
  const reasonData = JSON.stringify({
    version: '1.0',
    queryDate: new Date(judged.nowMs).toISOString(),
    startDate: new Date(judged.startMs).toISOString(),
    ...(watch.statistic === undefined ? {} : { statistic: watch.statistic }),
    period: watch.periodSeconds,
    recentDatapoints: known.map(({ value }) => value),
    threshold: watch.threshold,
    evaluatedDatapoints: known.map(({ atMs, value }) => ({ timestamp: new Date(atMs).toISOString(), value })),
  });
  return { reason: sentence(watch, state, known), reasonData };
}

function sentence(
  watch: Watch,
  state: AlarmState,
  known: readonly { readonly atMs: number; readonly value: number }[]
): string {
  const { evaluationPeriods: n, datapointsToAlarm: m } = watch;
  if (known.length === 0) {
    const treated = { missing: 'Missing', ignore: 'Ignore', breaching: 'Breaching', notBreaching: 'NonBreaching' }[
      watch.treatment
    ];
    const text = `no datapoints were received for ${count(n, 'period')}`;
    if (state === 'INSUFFICIENT_DATA')
      return `Insufficient Data: ${count(n, 'datapoint')} ${n === 1 ? 'was' : 'were'} unknown.`;
    return `Threshold Crossed: ${text} and ${n === 1 ? 'the missing datapoint was' : `${n} missing datapoints were`} treated as [${treated}].`;
  }
  const wanted = state === 'ALARM';
  const shown = known.filter(({ value }) => watch.operator.isBeyond(value, watch.threshold) === wanted);
  const listed = shown.map(({ atMs, value }) => `${value} (${stamp(atMs)})`).join(', ');
  const verb = shown.length === 1 ? 'was' : 'were';
  const not = wanted ? '' : 'not ';
  return (
    `Threshold Crossed: ${shown.length} out of the last ${count(n, 'datapoint')} [${listed}] ${verb} ${not}${watch.operator.words} ` +
    `the threshold (${watch.threshold}) (minimum ${count(wanted ? m : n - m + 1, 'datapoint')} for ${wanted ? 'OK -> ALARM' : 'ALARM -> OK'} transition).`
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** As CloudWatch prints times: `01/03/26 12:00:00`. */
function stamp(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(2, 4)} ${iso.slice(11, 19)}`;
}
