// The model of the built-in linear learner: what its artifact says, and how it scores.
const fs = require('node:fs');
const path = require('node:path');

const TYPES = ['binary_classifier', 'multiclass_classifier', 'regressor'];

/** A request or an artifact that cannot be used; the message is for the person who made it. */
class Unusable extends Error {}

/** Reads `model.json` from the folder that the artifact was unpacked into. Throws Unusable with what is wrong with it. */
function loadModel(dir) {
  const file = path.join(dir, 'model.json');
  let artifact;
  try {
    artifact = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Unusable(`the model artifact has no readable model.json: ${cause.message}`, { cause });
  }
  return checked(artifact);
}

function checked(artifact) {
  const { format, version, predictorType, weights, bias, threshold = 0.5, mean, scale } = artifact;
  if (format !== 'sandbox-linear-learner' || version !== 1)
    throw new Unusable('model.json: expected "format": "sandbox-linear-learner" and "version": 1');
  if (!TYPES.includes(predictorType))
    throw new Unusable(`model.json: predictorType must be one of ${TYPES.join(', ')}`);
  const isMulticlass = predictorType === 'multiclass_classifier';
  const rows = isMulticlass ? weights : [weights];
  const biases = isMulticlass ? bias : [bias];
  const width = rows?.[0]?.length;
  if (!Array.isArray(rows) || rows.length < (isMulticlass ? 2 : 1) || !rows.every((row) => isNumbers(row, width)))
    throw new Unusable(`model.json: weights must be ${isMulticlass ? 'two or more lists' : 'a list'} of numbers`);
  if (!isNumbers(biases, rows.length))
    throw new Unusable(`model.json: bias must be ${isMulticlass ? 'a number for each class' : 'a number'}`);
  if (!isNumbers([threshold], 1)) throw new Unusable('model.json: threshold must be a number');
  for (const [name, list] of Object.entries({ mean, scale }))
    if (list !== undefined && !isNumbers(list, width))
      throw new Unusable(`model.json: ${name} must hold ${width} numbers, one for each feature`);
  return { predictorType, rows, biases, threshold, mean, scale, width };
}

/** One prediction in the shape of SageMaker's linear learner: a score, and for classifiers the label that it stands for. */
function predict(model, features) {
  const standard = features.map((value, index) => (value - (model.mean?.[index] ?? 0)) / (model.scale?.[index] || 1));
  const margins = model.rows.map((row, at) =>
    row.reduce((sum, weight, index) => sum + weight * standard[index], model.biases[at])
  );
  switch (model.predictorType) {
    case 'regressor':
      return { score: margins[0] };
    case 'binary_classifier': {
      const score = 1 / (1 + Math.exp(-margins[0]));
      return { score, predicted_label: score >= model.threshold ? 1 : 0 };
    }
    default: {
      const highest = Math.max(...margins);
      const shares = margins.map((margin) => Math.exp(margin - highest));
      const total = shares.reduce((sum, share) => sum + share, 0);
      return { score: shares.map((share) => share / total), predicted_label: margins.indexOf(highest) };
    }
  }
}

function isNumbers(list, length) {
  return Array.isArray(list) && list.length === length && length > 0 && list.every((value) => Number.isFinite(value));
}

module.exports = { Unusable, loadModel, predict };
