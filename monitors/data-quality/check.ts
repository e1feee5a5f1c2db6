import type { Artefacts, BaselineFiles, Check, Checked, Json, MonitorReport, State, Work } from '../types';
import { checkDrift } from './checks/drift';
import { checkSchema } from './checks/schema';
import { alphaOfWindow, budgetSettings, classed, countWindow, HALF } from '../budget';
import type { CountedWindows } from '../budget';
import { summaryOf, worstVerdict } from '../verdicts';
import { BASELINE_SHARE, checkSequentially } from './checks/sequential';
import type { Sequential } from './checks/sequential';
import { checkValues } from './checks/values';
import { compareFeature } from './drift/feature';
import type { WatchedFeature, WatchPlan } from './drift/watch';
import { readBaseline } from './files/read-baseline';
import type { Baseline, BaselineFeature } from './files/read-baseline';
import { violationsOf } from './files/violations';
import { checkTogether } from './multivariate/check';
import type { DataQualityOptions } from './options';
import type { ColumnProfile } from './profile/profile';
import { withSecondDatabase } from './second-database';
import { sampleFile } from './state/layout';
import { Tallies } from './state/tallies';
import { describeState } from './describe';
import type { Described } from './describe';
import { checkText, isRunningText } from './text/check';

interface Checking {
  readonly work: Work;
  readonly options: DataQualityOptions;
  readonly baseline: Baseline;
  /** The baseline's own state, where it is at hand. */
  readonly own: { readonly dir: string; readonly tallies: Tallies } | null;
  readonly live: Described;
  readonly watch: WatchPlan;
  readonly alpha: number | null;
}

interface Findings {
  readonly checks: Check[];
  readonly watched: WatchedFeature[];
  /** What could not be asked, and why. */
  readonly notChecked: string[];
}

/** Judges a state against a baseline. A baseline that cannot be read is an `error`, with all that is wrong with it. */
export async function checkState(
  work: Work,
  state: State,
  how: { readonly options: DataQualityOptions; readonly baseline: BaselineFiles }
): Promise<Checked> {
  const { options } = how;
  const live = await describeState(work, state.dir);
  const artefacts: Artefacts = {
    'statistics.json': live.statistics as unknown as Json,
    'constraints.json': live.constraints as unknown as Json,
  };
  const baseline = readBaseline(how.baseline.artefacts);
  if ('problems' in baseline) {
    const reason = `The baseline cannot be used: ${baseline.problems.join('; ')}. Make it again with \`sluice baseline\`.`;
    const report = reportOf(state, { checks: [], verdict: 'error' as const, reason, settings: {} });
    return { artefacts: { ...artefacts, 'constraint_violations.json': { violations: [] } }, report };
  }
  const { stateDir } = how.baseline;
  const features = baseline.features.filter(({ name }) => !options.exclude.includes(name));
  // A feature is watched as two subjects, and its text by length: the baseline's part of the budget is divided among all.
  const alpha = ((options.falseAlarmProbability ?? 0.01) * HALF * BASELINE_SHARE) / (3 * features.length + 1);
  const { before, counted } = countWindow(work.carried, state.window);
  // Each feature's completeness, and all features together.
  const ofWindow =
    options.falseAlarmProbability === null
      ? null
      : alphaOfWindow(options.falseAlarmProbability * HALF, before) / (features.length + 1);
  const watch = { alpha, toleratedShare: options.toleratedShare };
  const found = await withSecondDatabase(async (beside) => {
    // A connection streams one answer at a time: the baseline is streamed on another than the window.
    const own =
      stateDir === null ? null : { dir: stateDir, tallies: (await Tallies.open(work.db, stateDir)).streamOn(beside) };
    return findAll({ work, options, baseline: { ...baseline, features }, own, live, watch, alpha: ofWindow });
  });
  const sequential = sequentially({ work, state, options, rows: live.rows, counted }, found.watched);
  const checks = classed([...found.checks, ...(sequential?.checks ?? [])], {});
  const report = reportOf(state, {
    checks,
    verdict: worstVerdict(checks),
    reason: summaryOf(checks),
    settings: settingsOf(options, { found, sequential, checks, windows: before + 1, alphaOfEachCheck: ofWindow }),
  });
  return {
    artefacts: { ...artefacts, 'constraint_violations.json': violationsOf(checks) as unknown as Json },
    report,
    ...(sequential ? { carry: sequential.carry } : {}),
  };
}

async function findAll(checking: Checking): Promise<Findings> {
  const { work, options, baseline, live, alpha } = checking;
  const context = { options, rows: live.rows, alpha };
  const names = (of: readonly { readonly name: string }[]) => of.map(({ name }) => name);
  const liveProfiles = live.profiles.filter(({ name }) => !options.exclude.includes(name));
  const found: Findings = {
    checks: [...checkSchema(context, names(baseline.features), names(liveProfiles))],
    watched: [],
    notChecked: [],
  };
  const texts = new Set<string>();
  for (const [position, feature] of baseline.features.entries()) {
    work.signal?.throwIfAborted();
    const profile = liveProfiles.find(({ name }) => name === feature.name);
    if (profile && (await findFeature(checking, { feature, profile }, found)) === 'text') texts.add(feature.name);
    work.progress(position + 1, baseline.features.length, 'features');
  }
  await findTogether(checking, texts, found);
  return found;
}

/** Adds what one feature shows to `found`. */
async function findFeature(
  { work, options, own, live, watch, alpha }: Checking,
  { feature, profile }: { readonly feature: BaselineFeature; readonly profile: ColumnProfile },
  found: Findings
): Promise<'text' | 'values'> {
  const context = { options, rows: live.rows, alpha };
  const table = live.tallies.table(profile.position);
  found.checks.push(...(await checkValues(work.db, context, { feature, live: profile, table })));
  const position = own?.tallies.positionOf(feature.name) ?? -1;
  const tally = own && position >= 0 ? { tallies: own.tallies, position } : null;
  const ownTable = tally && tally.tallies.table(position);
  const isText = await isTextColumn(work, { options, feature, table: ownTable });
  if (feature.config.distribution_constraints.perform_comparison === 'Disabled') return isText ? 'text' : 'values';
  if (isText && ownTable !== null) {
    const text = await checkText(work.db, context, { feature, tables: { baseline: ownTable, live: table }, watch });
    found.checks.push(...text.checks);
    found.watched.push(...text.watched);
    return 'text';
  }
  const { seed, resamples, level } = options;
  const liveSketch = live.sketches.get(feature.name) ?? null;
  const drift = await compareFeature(
    { feature, own: tally, live: profile, liveTallies: live.tallies, liveSketch },
    { bootstrap: { seed, resamples, level }, watch }
  );
  const deviation = feature.statistics?.numerical_statistics?.std_dev ?? null;
  if (drift.finding) found.checks.push(...checkDrift(context, { ...drift.finding, deviation }));
  if (drift.notCompared !== null) found.notChecked.push(`${feature.name}: ${drift.notCompared}`);
  found.watched.push(...drift.watched);
  return 'values';
}

async function isTextColumn(
  work: Work,
  of: { readonly options: DataQualityOptions; readonly feature: BaselineFeature; readonly table: string | null }
): Promise<boolean> {
  const { options, feature, table } = of;
  if (table === null || feature.inferred !== 'String') return false;
  if (options.text !== null) return options.text.includes(feature.name);
  const distinct = feature.statistics?.string_statistics?.distinct_count ?? 0;
  return isRunningText(work.db, { table, isText: true, distinct });
}

async function findTogether(
  { work, options, baseline, own, live, watch, alpha }: Checking,
  texts: ReadonlySet<string>,
  found: Findings
): Promise<void> {
  if (!options.multivariate) return;
  if (!own) {
    found.notChecked.push('all features together: the baseline has no rows, only its files');
    return;
  }
  const together = await checkTogether(
    work.db,
    { options, rows: live.rows, alpha },
    {
      baseline: baseline.features,
      excluded: new Set([...texts, ...options.exclude]),
      samples: { baseline: sampleFile(own.dir), live: sampleFile(live.dir) },
      watch,
    }
  );
  found.checks.push(...together.checks);
  found.watched.push(...together.watched);
  if (together.notChecked !== null) found.notChecked.push(`all features together: ${together.notChecked}`);
}

function sequentially(
  of: {
    readonly work: Work;
    readonly state: State;
    readonly options: DataQualityOptions;
    readonly rows: number;
    readonly counted: CountedWindows;
  },
  watched: readonly WatchedFeature[]
): Sequential | null {
  const { falseAlarmProbability } = of.options;
  if (falseAlarmProbability === null || watched.length === 0) return null;
  const fromMs = of.state.window?.fromMs ?? null;
  const given = {
    fromMs,
    carried: of.work.carried,
    falseAlarmProbability: falseAlarmProbability * HALF,
    counted: of.counted,
  };
  return checkSequentially({ options: of.options, rows: of.rows }, watched, given);
}

function settingsOf(
  options: DataQualityOptions,
  of: {
    readonly found: Findings;
    readonly sequential: Sequential | null;
    readonly checks: readonly Check[];
    readonly windows: number;
    readonly alphaOfEachCheck: number | null;
  }
): MonitorReport['settings'] {
  const { found, sequential, checks, windows, alphaOfEachCheck } = of;
  const { minRows, distance, level, resamples, seed } = options;
  return {
    minRows,
    decidingDistance: distance,
    intervals: {
      level,
      distance: 'Dvoretzky–Kiefer–Wolfowitz (numbers), Hoeffding (categories)',
      others: 'basic bootstrap, Poisson counts',
      resamples,
      seed,
    },
    budget:
      options.falseAlarmProbability === null
        ? null
        : budgetSettings(checks, {
            falseAlarm: options.falseAlarmProbability,
            windows,
            alphaOfEachCheck: alphaOfEachCheck ?? 0,
            ...(sequential && { more: sequential.settings }),
          }),
    notChecked: found.notChecked,
  };
}

function reportOf(
  { rows, window, issues, evidence }: State,
  judged: Pick<MonitorReport, 'checks' | 'verdict' | 'reason' | 'settings'>
): MonitorReport {
  return { schema: 1, monitor: 'dataQuality', ...judged, rows, window, issues, evidence };
}
