import { formatNumber } from '../../guards/wording';
import { isRecord } from '../bias/option-reader';
import { classed } from '../budget';
import type { Analyzer, Artefacts, Check, Checked, Json, MonitorReport, State } from '../types';
import { summaryOf, worstVerdict } from '../verdicts';
import { baselineScores, toDriftViolations, toExplanations } from './artefacts';
import type { LabelScores } from './artefacts';
import { digestRows, mergeRows } from './digest';
import type { Background } from './explain';
import { attributionsOf } from './measure';
import type { Attributions } from './measure';
import { globalScores, ndcgDrift } from './ndcg';
import { parseAttributionOptions } from './options';
import type { AttributionOptions } from './options';

/** Which features a model's answers rest on, by Kernel SHAP, and whether that is as it was. Options are those of `analysis_config.json`. */
export const attributionAnalyzer: Analyzer<AttributionOptions> = {
  kind: 'attribution',
  parseOptions: parseAttributionOptions,
  digest: digestRows,
  merge: mergeRows,
  async baseline(work, state, options) {
    const found = await attributionsOf(work, state, { options, background: null });
    return {
      ...filesOf(found, options),
      'background.json': { rows: found.background.rows, weights: found.background.weights },
    };
  },
  async check(work, state, { options, baseline }) {
    const known = baselineScores(baseline.artefacts['analysis.json'] ?? baseline.artefacts['constraints.json']);
    const found = await attributionsOf(work, state, {
      options,
      background: backgroundIn(baseline.artefacts['background.json']),
    });
    return checkLabels({ found, known, options, state });
  },
};

function labelsOf({ local }: Attributions, { labels }: AttributionOptions): readonly string[] {
  return local.map((_, output) => labels[output] ?? `label${output}`);
}

function scoresOf(found: Attributions, options: AttributionOptions): readonly LabelScores[] {
  return labelsOf(found, options).map((label, output) => {
    const scores = globalScores(found.local[output] ?? [], options.aggregate);
    return {
      label,
      scores: found.features.map((feature, f) => [feature, scores[f] ?? 0] as const),
      expected: found.expected[output] ?? 0,
    };
  });
}

/** Clarify's `analysis.json`, and what it keeps beside it. */
function filesOf(found: Attributions, options: AttributionOptions): Artefacts {
  const files = { 'analysis.json': toExplanations(scoresOf(found, options)) };
  if (!options.saveLocal) return files;
  const labels = labelsOf(found, options);
  const header = labels.flatMap((label) => found.features.map((feature) => csvCell(`${feature}_${label}`)));
  const rows = (found.local[0] ?? []).map((_, r) => labels.flatMap((_label, o) => found.local[o]?.[r] ?? []).join(','));
  return { ...files, 'explanations_shap/out.csv': `${[header.join(','), ...rows].join('\n')}\n` };
}

const csvCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function backgroundIn(found: Json | undefined): Background | null {
  if (!isRecord(found) || !Array.isArray(found['rows']) || !Array.isArray(found['weights'])) return null;
  return found as unknown as Background;
}

function checkLabels(p: {
  readonly found: Attributions;
  readonly known: readonly LabelScores[];
  readonly options: AttributionOptions;
  readonly state: State;
}): Checked {
  const { found, known, options, state } = p;
  const checks = classed(
    labelsOf(found, options).map((label, output) =>
      checkOne(label, { ...p, local: found.local[output] ?? [], baseline: known.find((one) => one.label === label) })
    ),
    {}
  );
  const violations = checks.flatMap(({ subject, verdict, value }) =>
    verdict === 'fail' ? [{ label: subject, ndcg: value ?? 0, threshold: options.threshold }] : []
  );
  const report: MonitorReport = {
    ...{ schema: 1, monitor: 'attribution', verdict: worstVerdict(checks), reason: summaryOf(checks) },
    rows: { read: state.rows.read, used: found.local[0]?.length ?? 0 },
    ...{ window: state.window, checks, issues: state.issues, evidence: state.evidence },
    settings: {
      ...found.settings,
      ...{ seed: options.seed, calls: options.calls, aggregate: options.aggregate, use_logit: options.useLogit },
      ...{ resamples: options.resamples, level: options.level },
    },
  };
  return {
    artefacts: { ...filesOf(found, options), 'constraint_violations.json': toDriftViolations(violations) },
    report,
  };
}

/** Below the threshold and the interval, too: a drift. Below it with an interval that reaches up to it: more rows are needed. */
function checkOne(
  label: string,
  p: {
    readonly found: Attributions;
    readonly local: readonly (readonly number[])[];
    readonly baseline: LabelScores | undefined;
    readonly options: AttributionOptions;
  }
): Check {
  const { found, local, baseline, options } = p;
  const { aggregate, seed, resamples, level, threshold } = options;
  const base = { subject: label, check: 'feature_attribution_drift_check', threshold };
  const scores = new Map(baseline?.scores ?? []);
  const unknown = found.features.filter((feature) => !scores.has(feature));
  if (baseline === undefined || (options.text === null && unknown.length > 0)) {
    const what = baseline === undefined ? 'no attributions' : `no attribution of ${unknown.slice(0, 3).join(', ')}`;
    const reason = `${label}: the baseline has ${what}`;
    return { ...base, verdict: 'inconclusive', value: null, interval: null, reason };
  }
  // Words come and go: one that is not in these texts had no part in their answers, one that was not in the baseline's earned nothing there.
  const gone = options.text === null ? [] : [...scores.keys()].filter((word) => !found.features.includes(word));
  const known = [...found.features, ...gone].map((feature) => scores.get(feature) ?? 0);
  // Every ranking of nothing is ideal: a pass would be no evidence.
  if (known.every((score) => score === 0)) {
    const reason = `${label}: every attribution of the baseline is 0, as the model answered all of its rows alike: there is no ranking to keep`;
    return { ...base, verdict: 'inconclusive', value: null, interval: null, reason };
  }
  const padded = gone.length === 0 ? local : local.map((row) => [...row, ...gone.map(() => 0)]);
  const { value, interval } = ndcgDrift(known, padded, { aggregate, seed, resamples, level });
  const isBelow = value < threshold;
  const isShown = interval === null ? isBelow : interval[1] < threshold;
  const live = globalScores(local, aggregate);
  const leading = [...found.features.keys()].sort((a, b) => (live[b] ?? 0) - (live[a] ?? 0)).slice(0, 5);
  const sure =
    interval === null ? 'too few rows for an interval' : `${formatNumber(interval[0])} to ${formatNumber(interval[1])}`;
  return {
    ...base,
    verdict: isShown ? 'fail' : isBelow ? 'inconclusive' : 'pass',
    ...{ value, interval },
    reason: `${label}: NDCG ${formatNumber(value)} (${sure}, limit ${formatNumber(threshold)}) over ${local.length} rows`,
    extras: {
      leading: leading.map((f) => found.features[f] ?? ''),
      scores: Object.fromEntries(found.features.map((name, f) => [name, live[f] ?? 0])),
    },
  };
}
