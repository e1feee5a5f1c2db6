// The sandbox's own analyzer, for `*sagemaker-model-monitor-analyzer*` images: data quality and model quality, with a small set of checks, on
// the contract of SageMaker's monitoring containers. docs/sandbox-jobs.md says what it checks.
const fs = require('node:fs');
const path = require('node:path');
const { constraintsOf, statisticsOf, violationsOf } = require('./data-quality');
const { keyOf, pairsOf, qualityOf, qualityViolations, suggestedConstraints } = require('./model-quality');
const { readTable } = require('./table');

const { env } = process;
const base = env.SAGEMAKER_BASE_DIR ?? '/opt/ml';

function main() {
  const constraints = readJson(env.baseline_constraints);
  const report = env.analysis_type === 'MODEL_QUALITY' ? modelQuality(constraints) : dataQuality(constraints);
  const { statistics, suggested, violations, metrics } = report;
  write('statistics.json', statistics);
  write('constraints.json', constraints ?? suggested);
  if (constraints) write('constraint_violations.json', { violations });
  if (env.publish_cloudwatch_metrics === 'Enabled') writeMetrics(metrics);
  const isBad = (violations?.length ?? 0) > 0;
  end(
    0,
    isBad
      ? `CompletedWithViolations: Job completed successfully with ${violations.length} violations.`
      : 'Completed: Job completed successfully with no violations.'
  );
}

function dataQuality(constraints) {
  if (env.analysis_type !== undefined && env.analysis_type !== 'DATA_QUALITY')
    throw new Error(`this analyzer does not do ${env.analysis_type}: map the image to one that does`);
  const baseline = readJson(env.baseline_statistics) ?? constraints;
  const columns = readTable(
    env,
    baseline?.features.map(({ name }) => name)
  );
  if (columns.length === 0) throw new Error('there are no records in the window');
  const statistics = statisticsOf(columns);
  const metrics = statistics.features.flatMap(({ name, numerical_statistics: numbers, string_statistics: texts }) => {
    const { common } = numbers ?? texts ?? {};
    const present = common ? [{ MetricName: `feature_non_null_${name}`, Value: common.num_present }] : [];
    if (!numbers) return present;
    const StatisticValues = {
      SampleCount: common.num_present,
      Sum: numbers.sum,
      Minimum: numbers.min,
      Maximum: numbers.max,
    };
    return [...present, { MetricName: `feature_data_${name}`, StatisticValues }];
  });
  return {
    statistics,
    metrics,
    suggested: constraintsOf(statistics),
    violations: constraints && violationsOf(columns, constraints),
  };
}

function modelQuality(constraints) {
  const pairs = pairsOf(env);
  if (pairs.length === 0) throw new Error('no record of the window has a label');
  const statistics = qualityOf(env.problem_type, pairs);
  const numbers = Object.entries(statistics[`${keyOf(env.problem_type)}_metrics`]);
  return {
    statistics,
    metrics: numbers
      .filter(([, metric]) => typeof metric.value === 'number')
      .map(([MetricName, { value }]) => ({ MetricName, Value: value })),
    suggested: suggestedConstraints(env.problem_type, statistics),
    violations: constraints && qualityViolations(env.problem_type, statistics, constraints),
  };
}

function writeMetrics(metrics) {
  const Dimensions = [
    { Name: 'Endpoint', Value: env.sagemaker_endpoint_name ?? '' },
    { Name: 'MonitoringSchedule', Value: env.sagemaker_monitoring_schedule_name ?? '' },
  ].filter(({ Value }) => Value !== '');
  const Timestamp = env.end_time ?? new Date().toISOString();
  const dir = path.join(base, 'output', 'metrics');
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(
    path.join(dir, 'cloudwatch'),
    metrics.map((metric) => `${JSON.stringify({ ...metric, Timestamp, Dimensions, Unit: 'None' })}\n`).join('')
  );
}

function readJson(file) {
  return file === undefined ? undefined : JSON.parse(fs.readFileSync(file, 'utf8'));
}

function write(name, value) {
  fs.mkdirSync(env.output_path, { recursive: true });
  fs.writeFileSync(path.join(env.output_path, name), JSON.stringify(value, undefined, 2));
}

function end(code, message) {
  fs.mkdirSync(path.join(base, 'output'), { recursive: true });
  fs.writeFileSync(path.join(base, 'output', 'message'), message);
  console.log(message);
  process.exitCode = code;
}

try {
  main();
} catch (error) {
  console.error(error);
  end(1, `Error: ${error.message}`);
}
