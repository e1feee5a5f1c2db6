import { classed } from '../budget';
import { qualitySides } from '../model-quality/join';
import { readIssues } from '../sides/issues';
import type { Analyzer, BaselineFiles, Checked, Json, MonitorReport, State, Work } from '../types';
import { summaryOf, worstVerdict } from '../verdicts';
import { judgeStream } from './judge';
import type { WatchedStream } from './judge';
import { parseDriftOptions } from './options';
import type { DriftOptions } from './options';
import { buildReference } from './reference';
import { digestSeries, ERRORS, mergeSeries, readStream, streamsOf, valuesOf } from './series';
import type { StreamName } from './series';
import { startStream, stepStream, watchOf } from './watch';
import type { KnownSubject, StreamState, Watch } from './watch';

const BASELINE_FILE = 'concept-drift.json';

/** Streams whose detectors are carried; variants come and go. */
const CARRIED = 50;

/** Watches scores and errors, value by value, for the moment at which they are no longer what they were. */
export const conceptDriftAnalyzer: Analyzer<DriftOptions> = {
  kind: 'conceptDrift',
  parseOptions: parseDriftOptions,
  sideInputs: ({ errors }, when) => (errors === null ? [] : qualitySides(errors, when)),
  digest: digestSeries,
  merge: mergeSeries,
  async baseline(work, state, options) {
    const subjects: Record<string, Json> = {};
    for (const subject of subjectsOf(options)) {
      const known = await knownOf(work, state.dir, subject);
      if (known !== null) subjects[subject] = known as unknown as Json;
    }
    return { [BASELINE_FILE]: { schema: 1, subjects } };
  },
  async check(work, state, { options, baseline }) {
    const known = readBaseline(baseline);
    const names = await streamsOf(work, state.dir);
    const carried = readCarried(work.carried);
    const watched: { readonly stream: WatchedStream; readonly watch: Watch }[] = [];
    for (const [done, name] of names.entries()) {
      work.progress(done, names.length, 'streams');
      work.signal?.throwIfAborted();
      const subject = known[name.subject];
      if (subject === undefined) continue;
      const watch = watchOf(subject, options, subjectsOf(options).length);
      const before = carried[keyOf(name)] ?? startStream(watch);
      watched.push({ stream: await follow(work, { state, name, watch, before }), watch });
    }
    return finish({ state, options, carried, watched, known });
  },
};

const subjectsOf = (options: DriftOptions): readonly string[] => [
  ...options.values,
  ...(options.errors === null ? [] : [ERRORS]),
];

const keyOf = ({ variant, subject }: StreamName): string => JSON.stringify([variant, subject]);

async function knownOf(work: Work, dir: string, subject: string): Promise<KnownSubject | null> {
  const { n, each } = await valuesOf(work, dir, subject);
  if (n === 0) return null;
  const reference = buildReference(n);
  let [seen, mean, squares] = [0, 0, 0];
  for await (const chunk of each)
    for (const [value, count] of chunk) {
      reference.add(value, count);
      seen += count;
      const step = value - mean;
      mean += (count * step) / seen;
      squares += count * step * (value - mean);
    }
  return { reference: reference.finish(), mean, deviation: Math.sqrt(squares / n) };
}

async function follow(
  work: Work,
  p: { readonly state: State; readonly name: StreamName; readonly watch: Watch; readonly before: StreamState }
): Promise<WatchedStream> {
  let now = p.before;
  let [values, sum] = [0, 0];
  const changes: Record<keyof WatchedStream['changes'], { position: number; atMs: number | null }[]> = {
    martingale: [],
    adwin: [],
    pageHinkley: [],
  };
  for await (const chunk of readStream(work, p.state.dir, p.name)) {
    const stepped = stepStream(
      p.watch,
      now,
      chunk.map(({ value }) => value)
    );
    now = stepped.state;
    for (const detector of ['martingale', 'adwin', 'pageHinkley'] as const)
      for (const at of stepped.changes[detector])
        changes[detector].push({ position: values + at, atMs: chunk[at]?.atMs ?? null });
    values += chunk.length;
    sum = chunk.reduce((total, { value }) => total + value, sum);
  }
  return { name: p.name, state: now, values, mean: sum / values, changes };
}

async function finish(p: {
  readonly state: State;
  readonly options: DriftOptions;
  readonly carried: Readonly<Record<string, StreamState>>;
  readonly watched: readonly { readonly stream: WatchedStream; readonly watch: Watch }[];
  readonly known: Readonly<Record<string, KnownSubject>>;
}): Promise<Checked> {
  const { state, options, carried, watched } = p;
  const absent = subjectsOf(options)
    .filter((subject) => !watched.some(({ stream }) => stream.name.subject === subject))
    .map((subject) => ({
      subject,
      check: 'conformal_martingale_check',
      verdict: 'inconclusive' as const,
      value: null,
      interval: null,
      threshold: null,
      reason: `${subject}: ${p.known[subject] === undefined ? 'the baseline has no values' : 'the window has no values'}`,
    }));
  const checks = classed([...watched.flatMap(({ stream, watch }) => judgeStream(stream, watch)), ...absent], {
    conformal_martingale_check: 'guaranteed',
  });
  const report: MonitorReport = {
    schema: 1,
    monitor: 'conceptDrift',
    verdict: worstVerdict(checks),
    reason: summaryOf(checks),
    rows: { read: state.rows.read, used: Math.max(0, ...watched.map(({ stream }) => stream.values)) },
    window: state.window,
    checks,
    issues: [...state.issues, ...(await readIssues(state.dir))],
    evidence: state.evidence,
    settings: {
      detectors: options.detectors,
      subjects: subjectsOf(options),
      horizon: options.horizon,
      direction: options.direction,
      budget: {
        falseAlarmProbability: options.falseAlarm,
        covers: ['conformal_martingale_check'],
        notCovered: ['adwin_check', 'page_hinkley_check'],
        rule: 'shared evenly among the subjects of each variant, over all values to come until an alarm, after which a stream begins anew',
      },
    },
  };
  const violations = checks
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ subject, check, reason }) => ({
      feature_name: subject,
      constraint_check_type: check,
      description: reason,
    }));
  // Streams of this window last, so that what has not been seen for long is what goes.
  const fresh = watched.map(({ stream }) => [keyOf(stream.name), stream.state] as const);
  const stale = Object.entries(carried).filter(([key]) => !fresh.some(([own]) => own === key));
  return {
    artefacts: { 'constraint_violations.json': { violations } },
    report,
    carry: { version: 1, streams: Object.fromEntries([...stale, ...fresh].slice(-CARRIED)) } as unknown as Json,
  };
}

function readBaseline({ artefacts }: BaselineFiles): Readonly<Record<string, KnownSubject>> {
  const file = artefacts[BASELINE_FILE] as { readonly schema?: number; readonly subjects?: Json } | undefined;
  if (file?.schema !== 1) throw new RangeError(`the baseline has no ${BASELINE_FILE} of schema 1`);
  return file.subjects as unknown as Readonly<Record<string, KnownSubject>>;
}

function readCarried(carried: Json | undefined): Readonly<Record<string, StreamState>> {
  const kept = carried as { readonly version?: number; readonly streams?: Json } | undefined;
  return kept?.version === 1 ? (kept.streams as unknown as Readonly<Record<string, StreamState>>) : {};
}
