// Statistics, constraints and violations of data, in the shapes of SageMaker Model Monitor's files.
const INTEGRAL = /^[+-]? ?\d+$/;
const FRACTIONAL = /^[+-]? ?\d+(\.\d+)?([Ee][-+]?\d+)?$/;

function statisticsOf(columns) {
  return {
    version: 0,
    dataset: { item_count: columns[0]?.cells.length ?? 0 },
    features: columns.map((column) => ({ name: column.name, ...featureStatistics(column.cells) })),
  };
}

function featureStatistics(cells) {
  const present = cells.filter((cell) => cell !== undefined);
  const common = { num_present: present.length, num_missing: cells.length - present.length };
  const type = typeOf(present);
  if (type === 'String')
    return { inferred_type: type, string_statistics: { common, distinct_count: new Set(present).size } };
  if (type === 'Unknown') return { inferred_type: type };
  const numbers = present.map(Number);
  const sum = numbers.reduce((total, number) => total + number, 0);
  const mean = sum / numbers.length;
  const variance = numbers.reduce((total, number) => total + (number - mean) ** 2, 0) / numbers.length;
  const [min, max] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  return { inferred_type: type, numerical_statistics: { common, mean, sum, std_dev: Math.sqrt(variance), min, max } };
}

/** One text makes a column String, one fraction makes it Fractional. */
function typeOf(present) {
  if (present.length === 0) return 'Unknown';
  if (present.every((cell) => INTEGRAL.test(cell))) return 'Integral';
  return present.every((cell) => FRACTIONAL.test(cell)) ? 'Fractional' : 'String';
}

/** What the baseline's data keep to. */
function constraintsOf(statistics) {
  return {
    version: 0,
    features: statistics.features.map(({ name, inferred_type, ...rest }) => {
      const { common } = rest.numerical_statistics ??
        rest.string_statistics ?? { common: { num_present: 0, num_missing: 0 } };
      const count = common.num_present + common.num_missing;
      const least = rest.numerical_statistics?.min;
      return {
        ...{ name, inferred_type, completeness: count === 0 ? 0 : common.num_present / count },
        ...(least === undefined ? {} : { num_constraints: { is_non_negative: least >= 0 } }),
      };
    }),
    monitoring_config: { evaluate_constraints: 'Enabled', emit_metrics: 'Enabled', datatype_check_threshold: 1 },
  };
}

/** data_type_check, completeness_check, missing_column_check and extra_column_check. */
function violationsOf(columns, constraints) {
  const { features, monitoring_config: config = {} } = constraints;
  if (config.evaluate_constraints === 'Disabled') return [];
  const threshold = config.datatype_check_threshold ?? 1;
  const known = new Map(features.map((feature) => [feature.name, feature]));
  const found = columns.flatMap(({ name, cells }) => {
    const feature = known.get(name);
    return feature ? checkedFeature(feature, cells, threshold) : [];
  });
  const missing = features.length - columns.length;
  if (missing > 0) found.push(columnViolation('missing_column_check', features.length, columns.length));
  if (missing < 0) found.push(columnViolation('extra_column_check', features.length, columns.length));
  return found;
}

function checkedFeature(feature, cells, threshold) {
  const found = [];
  const present = cells.filter((cell) => cell !== undefined);
  const { name: feature_name, inferred_type: type, completeness = 1 } = feature;
  const matching = present.filter((cell) => matches(type, cell)).length;
  const share = present.length === 0 ? 1 : matching / present.length;
  if (share < threshold)
    found.push({
      ...{ feature_name, constraint_check_type: 'data_type_check' },
      description: `Data type match requirement is not met. Expected data type: ${type}, Expected match: ${percent(threshold)}. Observed: Only ${percent(share)} of data is ${type}.`,
    });
  const observed = cells.length === 0 ? 1 : present.length / cells.length;
  if (observed < completeness)
    found.push({
      ...{ feature_name, constraint_check_type: 'completeness_check' },
      description: `Completeness requirement is not met. Expected: ${percent(completeness)}. Observed: ${percent(observed)}.`,
    });
  return found;
}

/** A whole number is a fraction, too; the other way round it is a violation. */
function matches(type, cell) {
  if (type === 'Integral') return INTEGRAL.test(cell);
  return type === 'Fractional' ? FRACTIONAL.test(cell) : true;
}

function columnViolation(constraint_check_type, expected, observed) {
  const description = `Number of columns is not as in the baseline. Expected: ${expected}. Observed: ${observed}.`;
  return { feature_name: '', constraint_check_type, description };
}

function percent(share) {
  return `${share * 100}%`;
}

module.exports = { constraintsOf, statisticsOf, violationsOf };
