import type { Artefacts, Json } from '../../types';
import type { InferredType } from '../state/kinds';
import type { DistributionConstraints, FeatureConstraints, FeatureStatistics, MonitoringConfig } from './shapes';
import { GENERATED_CONFIG } from './suggest';

/** One feature of a baseline, its configuration resolved: the file's, then the feature's own overrides. */
export interface BaselineFeature {
  readonly name: string;
  readonly statistics: FeatureStatistics | null;
  readonly constraints: FeatureConstraints | null;
  readonly inferred: InferredType;
  readonly config: MonitoringConfig;
}

export interface Baseline {
  readonly rows: number;
  readonly features: readonly BaselineFeature[];
}

/** What is wrong with a baseline's files, all at once. */
export interface BaselineProblems {
  readonly problems: readonly string[];
}

type JsonRecord = Readonly<Record<string, Json>>;

/**
 * Reads `statistics.json` and `constraints.json` as `baseline`, or SageMaker, wrote them and perhaps a person edited them. Keys that
 * are not there mean what Model Monitor generates; keys that nobody knows are left alone.
 */
export function readBaseline(artefacts: Artefacts): Baseline | BaselineProblems {
  const problems: string[] = [];
  const statistics = recordOf(artefacts['statistics.json']);
  const constraints = recordOf(artefacts['constraints.json']);
  if (!statistics) problems.push('statistics.json is missing or no JSON object');
  if (!constraints) problems.push('constraints.json is missing or no JSON object');
  if (!statistics || !constraints) return { problems };
  const config = readConfig(GENERATED_CONFIG, recordOf(constraints['monitoring_config']), {
    at: 'monitoring_config',
    problems,
  });
  const described = featuresOf(statistics, 'statistics.json', problems);
  const constrained = featuresOf(constraints, 'constraints.json', problems);
  const names = [...new Set([...described.keys(), ...constrained.keys()])];
  const features = names.map((name) =>
    readFeature({ name, described: described.get(name), constrained: constrained.get(name) }, { config, problems })
  );
  if (problems.length > 0) return { problems };
  return { rows: Number(recordOf(statistics['dataset'])?.['item_count'] ?? 0), features };
}

function featuresOf(file: JsonRecord, at: string, problems: string[]): ReadonlyMap<string, JsonRecord> {
  const list = file['features'];
  if (!Array.isArray(list)) {
    problems.push(`${at}: "features" is no list`);
    return new Map();
  }
  const found = new Map<string, JsonRecord>();
  (list as readonly Json[]).forEach((item, i) => {
    const record = recordOf(item);
    const name = record?.['name'];
    if (record && typeof name === 'string') found.set(name, record);
    else problems.push(`${at}: feature ${i + 1} has no "name"`);
  });
  return found;
}

function readFeature(
  found: {
    readonly name: string;
    readonly described: JsonRecord | undefined;
    readonly constrained: JsonRecord | undefined;
  },
  { config, problems }: { readonly config: MonitoringConfig; readonly problems: string[] }
): BaselineFeature {
  const { name, described, constrained } = found;
  const own = recordOf(constrained?.['monitoringConfigOverrides']);
  const inferred = constrained?.['inferred_type'] ?? described?.['inferred_type'];
  const isKnown =
    inferred === 'Integral' || inferred === 'Fractional' || inferred === 'String' || inferred === 'Unknown';
  if (!isKnown)
    problems.push(`${name}: inferred_type is ${JSON.stringify(inferred)}, not Integral, Fractional, String or Unknown`);
  const completeness = constrained?.['completeness'];
  if (constrained && completeness !== undefined && !isShare(completeness))
    problems.push(`${name}: completeness is ${JSON.stringify(completeness)}, not between 0 and 1`);
  const domains = recordOf(constrained?.['string_constraints'])?.['domains'];
  if (domains !== undefined && !Array.isArray(domains)) problems.push(`${name}: string_constraints.domains is no list`);
  return {
    name,
    // The door: what is used of these records is checked above, or where a number is read from it.
    statistics: (described as FeatureStatistics | undefined) ?? null,
    constraints: (constrained as FeatureConstraints | undefined) ?? null,
    inferred: isKnown ? inferred : 'Unknown',
    config: readConfig(config, own, { at: `${name}: monitoringConfigOverrides`, problems }),
  };
}

/** Lays what a file says over what holds without it. */
function readConfig(
  base: MonitoringConfig,
  own: JsonRecord | undefined,
  { at, problems }: { readonly at: string; readonly problems: string[] }
): MonitoringConfig {
  const read = keyReader(own ?? {}, { at, problems });
  const distribution = recordOf(own?.['distribution_constraints']) ?? {};
  return {
    evaluate_constraints: read.choice('evaluate_constraints', SWITCH) ?? base.evaluate_constraints,
    emit_metrics: read.choice('emit_metrics', SWITCH) ?? base.emit_metrics,
    datatype_check_threshold: read.share('datatype_check_threshold') ?? base.datatype_check_threshold,
    domain_content_threshold: read.share('domain_content_threshold') ?? base.domain_content_threshold,
    distribution_constraints: readDistribution(
      base.distribution_constraints,
      keyReader(distribution, { at: `${at}.distribution_constraints`, problems })
    ),
  };
}

const SWITCH = { Enabled: 'Enabled', Disabled: 'Disabled' } as const;
/** The guide has two spellings. */
const METHODS = { Simple: 'Simple', Robust: 'Robust', linf_simple: 'Simple', linf_robust: 'Robust' } as const;
const DRIFT_METHODS = { LInfinity: 'LInfinity', ChiSquared: 'ChiSquared' } as const;

function readDistribution(base: DistributionConstraints, read: ReturnType<typeof keyReader>): DistributionConstraints {
  const threshold = read.share('comparison_threshold');
  const categorical =
    read.share('categorical_comparison_threshold') ?? threshold ?? base.categorical_comparison_threshold;
  const method = read.choice('categorical_drift_method', DRIFT_METHODS) ?? base.categorical_drift_method;
  return {
    perform_comparison: read.choice('perform_comparison', SWITCH) ?? base.perform_comparison,
    comparison_threshold: threshold ?? base.comparison_threshold,
    comparison_method: read.choice('comparison_method', METHODS) ?? base.comparison_method,
    ...(categorical === undefined ? {} : { categorical_comparison_threshold: categorical }),
    ...(method === undefined ? {} : { categorical_drift_method: method }),
  };
}

function keyReader(record: JsonRecord, { at, problems }: { readonly at: string; readonly problems: string[] }) {
  return {
    share(key: string): number | undefined {
      const found = record[key];
      if (found === undefined || found === null) return undefined;
      if (isShare(found)) return found;
      problems.push(`${at}.${key} is ${JSON.stringify(found)}, not between 0 and 1`);
      return undefined;
    },
    choice<T extends string>(key: string, allowed: Readonly<Record<string, T>>): T | undefined {
      const found = record[key];
      if (found === undefined || found === null) return undefined;
      const known = typeof found === 'string' && Object.hasOwn(allowed, found) ? allowed[found] : undefined;
      if (known === undefined)
        problems.push(`${at}.${key} is ${JSON.stringify(found)}, not ${Object.keys(allowed).join(' or ')}`);
      return known;
    },
  };
}

const isShare = (found: Json): found is number => typeof found === 'number' && found >= 0 && found <= 1;

function recordOf(found: Json | undefined): JsonRecord | undefined {
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as JsonRecord) : undefined;
}
