// Metrics of predictions against labels, in the shapes of SageMaker Model Monitor's files.
const { readCaptured, rowsOf, windowOf } = require('./captured');

const KEYS = {
  BinaryClassification: 'binary_classification',
  MulticlassClassification: 'multiclass_classification',
  Regression: 'regression',
};
/** Errors and rates of errors are better when they are small. */
const SMALL_IS_GOOD = ['mae', 'mse', 'rmse', 'false_positive_rate', 'false_negative_rate'];

/** Label and prediction of every record that has both. */
function pairsOf(env) {
  return readCaptured(env.dataset_source, windowOf(env)).flatMap(({ captureData, groundTruthData }) => {
    if (!groundTruthData) return [];
    const [row] = rowsOf(captureData.endpointOutput);
    const label = String(groundTruthData.data).trim();
    const prediction = predictionOf(env, row);
    return prediction === undefined ? [] : [{ label, prediction }];
  });
}

/** By column or member; a probability above the threshold counts as 1. */
function predictionOf(env, row) {
  const cell = (name) => (Array.isArray(row) ? row[Number(name)] : row?.[name]);
  if (env.probability_attribute === undefined) return cell(env.inference_attribute ?? '0')?.toString();
  const probability = cell(env.probability_attribute);
  if (probability === undefined) return undefined;
  return Number(probability) > Number(env.probability_threshold_attribute ?? 0.5) ? '1' : '0';
}

function qualityOf(problemType, pairs) {
  const metrics = problemType === 'Regression' ? regression(pairs) : classification(problemType, pairs);
  const named = Object.entries(metrics).map(([name, value]) => [name, { value, standard_deviation: 'NaN' }]);
  return {
    version: 0,
    dataset: { item_count: pairs.length },
    [`${keyOf(problemType)}_metrics`]: {
      ...(problemType === 'Regression' ? {} : { confusion_matrix: confusion(pairs) }),
      ...Object.fromEntries(named),
    },
  };
}

function keyOf(problemType) {
  const key = KEYS[problemType];
  if (!key) throw new Error(`problem_type is ${problemType}, and must be one of ${Object.keys(KEYS).join(', ')}`);
  return key;
}

function regression(pairs) {
  const errors = pairs.map(({ label, prediction }) => Number(prediction) - Number(label));
  const labels = pairs.map(({ label }) => Number(label));
  const mean = average(labels);
  const mse = average(errors.map((error) => error ** 2));
  const spread = average(labels.map((label) => (label - mean) ** 2));
  return { mae: average(errors.map(Math.abs)), mse, rmse: Math.sqrt(mse), r2: spread === 0 ? 0 : 1 - mse / spread };
}

function classification(problemType, pairs) {
  const accuracy = average(pairs.map(({ label, prediction }) => (label === prediction ? 1 : 0)));
  if (problemType !== 'BinaryClassification') return { accuracy };
  const count = (label, prediction) =>
    pairs.filter((pair) => pair.label === label && pair.prediction === prediction).length;
  const [tp, fp, fn, tn] = [count('1', '1'), count('0', '1'), count('1', '0'), count('0', '0')];
  const ratio = (a, b) => (b === 0 ? 0 : a / b);
  const [precision, recall] = [ratio(tp, tp + fp), ratio(tp, tp + fn)];
  const f1 = ratio(2 * precision * recall, precision + recall);
  return {
    accuracy,
    precision,
    recall,
    f1,
    false_positive_rate: ratio(fp, fp + tn),
    false_negative_rate: ratio(fn, fn + tp),
  };
}

function confusion(pairs) {
  const matrix = {};
  for (const { label, prediction } of pairs) {
    matrix[label] ??= {};
    matrix[label][prediction] = (matrix[label][prediction] ?? 0) + 1;
  }
  return matrix;
}

function suggestedConstraints(problemType, quality) {
  const metrics = quality[`${keyOf(problemType)}_metrics`];
  const limits = Object.entries(metrics).filter(([, metric]) => typeof metric.value === 'number');
  const limitOf = ([name, { value }]) => [name, { threshold: value, comparison_operator: operatorOf(name) }];
  return { version: 0, [`${keyOf(problemType)}_constraints`]: Object.fromEntries(limits.map(limitOf)) };
}

function operatorOf(name) {
  return SMALL_IS_GOOD.includes(name) ? 'GreaterThanThreshold' : 'LessThanThreshold';
}

function qualityViolations(problemType, quality, constraints) {
  const metrics = quality[`${keyOf(problemType)}_metrics`];
  return Object.entries(constraints[`${keyOf(problemType)}_constraints`] ?? {}).flatMap(([metric_name, limit]) => {
    const value = metrics[metric_name]?.value;
    const { threshold, comparison_operator: operator } = limit;
    const isBroken = operator === 'LessThanThreshold' ? value < threshold : value > threshold;
    if (!isBroken) return [];
    return [
      {
        constraint_check_type: operator,
        description: `Metric ${metric_name} with ${value} was ${operator} ${threshold}`,
        metric_name,
      },
    ];
  });
}

function average(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

module.exports = { keyOf, pairsOf, qualityOf, qualityViolations, suggestedConstraints };
