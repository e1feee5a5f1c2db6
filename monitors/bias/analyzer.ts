import { formatNumber } from '../../guards/wording';
import type { Analyzer, Check, Checked, MonitorReport, State, Work } from '../types';
import { classed } from '../budget';
import { measureFacet } from './analyse';
import type { FacetMeasured, Measured } from './analyse';
import { fromAnalysis, jsonNumber, toAnalysis, toViolations } from './artefacts';
import type { BaselineMetric } from './artefacts';
import { digestBias, mergeBias } from './digest';
import { biasDrift } from './drift';
import { METRICS } from './metrics';
import { publishedValue } from './published';
import { parseBiasOptions } from './options';
import type { BiasOptions } from './options';
import { readBiasRows } from './state';
import { summaryOf, worstVerdict } from '../verdicts';
import type { Told } from './state';

/** Clarify's metrics before and after training, and their drift. Options are those of `analysis_config.json`. */
export const biasAnalyzer: Analyzer<BiasOptions> = {
  kind: 'bias',
  parseOptions: parseBiasOptions,
  digest: digestBias,
  merge: mergeBias,
  async baseline(work, state, options) {
    const { facets, labelName } = await measureAll(work, state, { options, told: null });
    return { 'analysis.json': toAnalysis(facets, { options, labelName }) };
  },
  async check(work, state, { options, baseline }) {
    const known = fromAnalysis(baseline.artefacts['analysis.json'] ?? baseline.artefacts['constraints.json']);
    const { facets, labelName } = await measureAll(work, state, { options, told: known.told });
    return checkFacets({ facets, labelName, known: known.metrics, options, state });
  },
};

async function measureAll(
  work: Work,
  state: State,
  how: { readonly options: BiasOptions; readonly told: Told | null }
): Promise<{ readonly facets: readonly FacetMeasured[]; readonly labelName: string }> {
  const rows = await readBiasRows(work, state, how);
  const facets = rows.facets.map((facet, i) => {
    work.progress(i, rows.facets.length, 'facet values');
    work.signal?.throwIfAborted();
    return measureFacet(facet, how.options);
  });
  return { facets, labelName: rows.labelName };
}

interface Judged {
  readonly check: Check;
  readonly violation: Parameters<typeof toViolations>[0];
}

function checkFacets(p: {
  readonly facets: readonly FacetMeasured[];
  readonly labelName: string;
  readonly known: readonly BaselineMetric[];
  readonly options: BiasOptions;
  readonly state: State;
}): Checked {
  const { facets, options, state } = p;
  const judged = facets.flatMap((facet) =>
    facet.metrics.flatMap((metric) => {
      const known = p.known.find((one) => isSame(one, facet, metric));
      return judgeMetric(facet, metric, { options, baseline: known }) ?? [];
    })
  );
  // Clarify's rules: neither the number of metrics nor that of windows is allowed for.
  const checks = classed(
    judged.map(({ check }) => check),
    {}
  );
  const used = Math.max(0, ...facets.map(({ n }) => n.a + n.d));
  const report: MonitorReport = {
    schema: 1,
    monitor: 'bias',
    verdict: worstVerdict(checks),
    reason: summaryOf(checks),
    rows: { read: state.rows.read, used: Math.min(used, state.rows.used) },
    window: state.window,
    checks,
    issues: state.issues,
    evidence: state.evidence,
    settings: {
      ...{ seed: options.bootstrap.seed, resamples: options.bootstrap.resamples, level: options.bootstrap.level },
      ...{ rule: options.rule, leastRows: options.leastRows, flipRows: options.flipRows },
    },
  };
  const artefacts = {
    'analysis.json': toAnalysis(facets, p),
    'constraint_violations.json': toViolations(judged.flatMap(({ violation }) => violation)),
  };
  return { artefacts, report };
}

const isSame = (one: BaselineMetric, facet: FacetMeasured, metric: Measured): boolean =>
  one.stage === metric.stage &&
  one.column === facet.column &&
  one.valueOrThreshold === facet.valueOrThreshold &&
  one.name === metric.name;

/** An interval that decides, the numbers that it rests on, and what the other rule would have said. */
function judgeMetric(
  facet: FacetMeasured,
  metric: Measured,
  { options, baseline }: { readonly options: BiasOptions; readonly baseline: BaselineMetric | undefined }
): Judged | null {
  const { column, valueOrThreshold, n } = facet;
  const { name, value, error, interval, compatible } = metric;
  const subject = `${column}=${valueOrThreshold} ${name}`;
  const base = { subject, check: 'bias_drift_check', value: value === null || !Number.isFinite(value) ? null : value };
  const extras = {
    ...{ n_a: n.a, n_d: n.d, finite_resamples: metric.finite, exact_value: value === null ? null : jsonNumber(value) },
    // What CloudWatch gets where it is not the value.
    ...(value !== null && !Number.isFinite(value) && { published_value: publishedValue(value) }),
    ...(compatible !== null && { smclarify_value: jsonNumber(compatible) }),
  };
  const open = (reason: string): Judged => ({
    check: { ...base, verdict: 'inconclusive', interval, threshold: null, reason: `${subject}: ${reason}`, extras },
    violation: [],
  });
  // Neither has it, such as a disparity by group where there is no group: nothing was asked.
  if (value === null && baseline?.value === null) return null;
  if (value === null) return open(error ?? 'it has no value');
  if (baseline === undefined || baseline.value === null) return open('the baseline has no value of it');
  const fewest = Math.min(n.a, n.d);
  if (fewest < options.leastRows)
    return open(`${fewest} rows on one side; ${options.leastRows - fewest} more are needed`);
  const neutral = name === 'FT' ? 0 : METRICS[name].neutral;
  const drift = biasDrift({ baseline: baseline.value, live: value, interval, neutral, rule: options.rule });
  const range = drift.allowed.map(formatNumber).join(' to ');
  const within = interval === null ? 'without an interval' : `interval ${interval.map(formatNumber).join(' to ')}`;
  const other = drift.decidedBy === 'interval' ? drift.byPoint : drift.byInterval;
  const disagrees =
    other !== null && other !== drift.isDrift
      ? `; the ${drift.decidedBy === 'interval' ? 'point' : 'interval'} rule would say otherwise`
      : '';
  const reason = `${subject}: ${formatNumber(value)} (${within}) against ${range} allowed by the baseline, by the ${drift.decidedBy} rule${disagrees}`;
  return {
    check: {
      ...base,
      verdict: drift.isDrift ? 'fail' : 'pass',
      interval,
      threshold: Number.isFinite(baseline.value) ? baseline.value : null,
      reason,
      extras: {
        ...extras,
        ...{ decided_by: drift.decidedBy, by_interval: drift.byInterval, by_point: drift.byPoint },
        allowed: drift.allowed.map(jsonNumber),
      },
    },
    violation: drift.isDrift ? [{ column, valueOrThreshold, name, value }] : [],
  };
}
