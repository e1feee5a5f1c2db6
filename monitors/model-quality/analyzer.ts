import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { formatCount, formatLogE } from '../../guards/wording';
import { alphaOfWindow, budgetSettings, classed, countWindow, HALF, startBudget, stepBudget } from '../budget';
import type { BudgetState, CountedWindows } from '../budget';
import { quoted, rowsOf } from '../data/sql';
import { tallyTable } from '../data/tally';
import { readIssues } from '../sides/issues';
import { textOf, textOrNull } from '../sides/cells';
import type { Analyzer, Check, Checked, Json, MonitorReport, State, Work } from '../types';
import { summaryOf, worstVerdict } from '../verdicts';
import { constraintsFile, readConstraints } from './constraints';
import type { Constraint } from './constraints';
import { AGES, digestQuality, mergeQuality, PAIRS } from './digest';
import { knownLoss } from './estimate-loss';
import { estimatesOf } from './estimates';
import type { Estimates } from './estimates';
import { qualitySides } from './join';
import { judgeEstimate, judgeEstimated, judgeLabelled } from './judge';
import type { Sureness } from './judge';
import { KNOWN_FILE, knownFile, readKnown } from './known';
import type { KnownQuality } from './known';
import { maturityCurves } from './maturity';
import { measureQuality } from './measure';
import type { Quality } from './measure';
import { normalUpper } from './numbers';
import { parseQualityOptions } from './options';
import type { QualityOptions } from './options';
import { readScores } from './scores';
import { jsonNumber, statisticsFile } from './statistics';

/** SageMaker's model quality metrics of labelled predictions, an estimate without labels, and how fast labels come. */
export const qualityAnalyzer: Analyzer<QualityOptions> = {
  kind: 'modelQuality',
  parseOptions: parseQualityOptions,
  sideInputs: qualitySides,
  digest: digestQuality,
  merge: mergeQuality,
  async baseline({ db }, state, options) {
    const file = path.join(state.dir, PAIRS);
    const quality = await measureQuality(db, { file, options, variant: null });
    return {
      'statistics.json': statisticsFile(quality, { problem: options.problem, window: state.window }),
      'constraints.json': constraintsFile(quality, options.problem),
      [KNOWN_FILE]: knownFile(
        quality,
        {
          scores: await readScores(db, file, options),
          loss: options.problem === 'Regression' ? await knownLoss(db, file, quality.rows) : null,
        },
        options
      ),
    };
  },
  async check(work, state, { options, baseline }) {
    const { db } = work;
    const file = path.join(state.dir, PAIRS);
    const constraints = readConstraints(baseline.artefacts['constraints.json'], options.problem);
    const known = readKnown(baseline.artefacts[KNOWN_FILE]);
    const quality = await measureQuality(db, { file, options, variant: null });
    const estimates = await estimatesOf(db, file, { options, known });
    const variants = await variantsOf(db, file, options);
    const { before, counted } = countWindow(work.carried, state.window);
    const sure = surenessOf(options, { constraints, estimates: estimates !== null, before });
    const bets = betOn(quality, { known, work, state });
    const checks = [
      ...judgeLabelled(quality, constraints, { known, sure }),
      ...judgeEstimates(estimates, { known, constraints, quality, sure }),
      ...(bets === null ? [] : [bets.check]),
    ];
    return finish({ work, state, options, constraints, quality, checks, bets, variants, sure, counted });
  },
};

/** What is carried: the bets over windows, and how many windows were counted. */
interface Carried extends CountedWindows {
  readonly bets: BudgetState | null;
}

function surenessOf(
  options: QualityOptions,
  of: { readonly constraints: readonly Constraint[]; readonly estimates: boolean; readonly before: number }
): Sureness {
  const { constraints, estimates, before } = of;
  const checks = constraints.length * (estimates ? 2 : 1) + (estimates ? 1 : 0);
  const { level, leastRows, rule, falseAlarm } = options;
  return { alpha: alphaOfWindow(falseAlarm * HALF, before) / Math.max(1, checks), level, leastRows, rule };
}

function judgeEstimates(
  estimates: Estimates | null,
  p: {
    readonly known: KnownQuality | null;
    readonly constraints: readonly Constraint[];
    readonly quality: Quality;
    readonly sure: Sureness;
  }
): readonly Check[] {
  const { known, constraints, quality, sure } = p;
  if (estimates === null || known === null) return [];
  const { all, labelled, rows, checkedBy: metric, because } = estimates;
  const [estimated, realised] = [labelled[metric], quality.metrics[metric]];
  const baseline = known.metrics[metric];
  return [
    ...judgeEstimated(all, constraints, { known, sure, rows }),
    ...(estimated === undefined || realised === undefined
      ? []
      : [judgeEstimate({ metric, estimated, realised, baseline, rows: quality.rows, sure, because })]),
  ];
}

interface Bets {
  readonly check: Check;
  readonly carry: BudgetState;
}

/** Counts the window's wrong predictions once, in the budget that runs over all windows. */
function betOn(
  { wrong, rows }: Quality,
  p: { readonly known: KnownQuality | null; readonly work: Work; readonly state: State }
): Bets | null {
  const plan = p.known?.budget;
  const { window } = p.state;
  if (plan === null || plan === undefined || wrong === null || window === null) return null;
  // What an earlier check left: the shape is its own.
  const before = (p.work.carried as unknown as Carried | undefined)?.bets ?? startBudget(plan);
  const key = new Date(window.toMs).toISOString();
  const step = stepBudget(plan, before, { key, subjects: { predictions: { rows, counts: [wrong] } } });
  const [found] = step.evidence;
  const { logE = 0, alarm = false } = found ?? {};
  const check: Check = {
    subject: 'predictions',
    check: 'wrong_share_over_windows_check',
    verdict: alarm ? 'fail' : rows === 0 ? 'inconclusive' : 'pass',
    value: rows > 0 ? wrong / rows : null,
    interval: null,
    threshold: null,
    reason:
      `${formatCount(wrong)} of ${formatCount(rows)} labelled predictions are wrong; over ${formatCount(step.state.windows)} windows the evidence that ` +
      `this differs from the baseline is e = ${formatLogE(logE)} of ${formatLogE(step.logNeeded)}`,
    extras: { logE, logNeeded: step.logNeeded, counted: step.counted },
  };
  return { check, carry: step.state };
}

async function variantsOf(
  db: DuckDBConnection,
  file: string,
  options: QualityOptions
): Promise<Readonly<Record<string, Json>>> {
  const names = await rowsOf(
    db,
    `SELECT DISTINCT variant FROM ${tallyTable(file)} WHERE variant IS NOT NULL ORDER BY 1`
  );
  if (names.length < 2) return {};
  const each: Record<string, Json> = {};
  // One after the other: a connection streams one result at a time.
  for (const [name] of names) {
    const { rows, metrics } = await measureQuality(db, { file, options, variant: textOf(name) });
    const values = Object.entries(metrics).map(([metric, { value }]) => [metric, jsonNumber(value)]);
    each[textOf(name)] = { labelled: rows, metrics: Object.fromEntries(values) as Json };
  }
  return each;
}

/** How fast labels came, and which predictions have them: labels that come for some answers only are no fair sample. */
async function maturityFile(db: DuckDBConnection, state: State, level: number): Promise<Json> {
  const ages = await rowsOf(
    db,
    `SELECT variant, labelled, age_minutes, n FROM ${tallyTable(path.join(state.dir, AGES))} ORDER BY ALL`
  );
  const curves = maturityCurves(
    ages.map(([variant, labelled, minutes, n]) => ({
      variant: textOrNull(variant),
      labelled: labelled === true,
      ageMs: Number(minutes) * 60_000,
      n: Number(n),
    })),
    normalUpper((1 - level) / 2)
  );
  const classes = await rowsOf(
    db,
    `SELECT prediction, sum(n), coalesce(sum(n) FILTER (label IS NOT NULL), 0) FROM ${tallyTable(path.join(state.dir, PAIRS))}
     WHERE typeof(prediction) = ${quoted('VARCHAR')} GROUP BY 1 ORDER BY sum(n) DESC, 1 LIMIT 100`
  );
  return {
    schema: 1,
    curves: curves.map(({ points, ...curve }) => ({ ...curve, points: points.map((point) => ({ ...point })) })),
    labelled_by_prediction: classes.map(([prediction, predictions, labelled]) => ({
      prediction: textOrNull(prediction),
      predictions: Number(predictions),
      labelled: Number(labelled),
    })),
  };
}

/** By SageMaker's own rule a check is a limit; an estimate has none of its kind. */
function classesOf({ rule }: QualityOptions): Parameters<typeof classed>[1] {
  const labelled = { LessThanThreshold: 'approximate', GreaterThanThreshold: 'approximate' } as const;
  return {
    ...(rule === 'interval' && labelled),
    ...{ estimated_performance_check: 'approximate', estimate_truth_check: 'approximate' },
    wrong_share_over_windows_check: 'guaranteed',
  };
}

async function finish(p: {
  readonly work: Work;
  readonly state: State;
  readonly options: QualityOptions;
  readonly constraints: readonly Constraint[];
  readonly quality: Quality;
  readonly checks: readonly Check[];
  readonly bets: Bets | null;
  readonly variants: Readonly<Record<string, Json>>;
  readonly sure: Sureness;
  readonly counted: CountedWindows;
}): Promise<Checked> {
  const { work, state, options, quality, bets, variants, sure, counted } = p;
  const checks = classed(p.checks, classesOf(options));
  const operators = new Map(p.constraints.map(({ metric, operator }) => [metric, operator]));
  const violations = checks
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ subject, check, value, threshold, reason }) => ({
      constraint_check_type: check,
      description:
        check === operators.get(subject) ? `Metric ${subject} with ${value} was ${check} ${threshold}` : reason,
      metric_name: subject,
    }));
  const report: MonitorReport = {
    schema: 1,
    monitor: 'modelQuality',
    verdict: worstVerdict(checks),
    reason: summaryOf(checks),
    rows: { read: state.rows.read, used: quality.rows },
    window: state.window,
    checks,
    issues: [...state.issues, ...(await readIssues(state.dir))],
    evidence: state.evidence,
    settings: {
      problem: options.problem,
      rule: options.rule,
      level: options.level,
      budget: budgetSettings(checks, {
        falseAlarm: options.falseAlarm,
        windows: counted.windows,
        alphaOfEachCheck: sure.alpha,
      }),
      leastRows: options.leastRows,
      seed: options.seed,
      majorityBaseline: quality.majority === null ? null : { ...quality.majority },
      variants,
    },
  };
  return {
    artefacts: {
      'statistics.json': statisticsFile(quality, { problem: options.problem, window: state.window }),
      'constraint_violations.json': { violations },
      'label-maturity.json': await maturityFile(work.db, state, options.level),
    },
    report,
    ...(state.window !== null && { carry: { ...counted, bets: bets?.carry ?? null } as unknown as Json }),
  };
}
