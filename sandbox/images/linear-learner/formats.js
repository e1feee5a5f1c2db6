// The content types of SageMaker's "Common data formats for inference", as far as the linear learner takes text.
const { Unusable } = require('./model');

/** Content types of requests, each with how its records are read. */
const READERS = {
  'text/csv': (text) => lines(text).map((line) => line.split(',').map(numberIn)),
  'application/json': (text) => instancesOf(parsed(text)).map(features),
  'application/jsonlines': (text) => lines(text).map((line) => features(parsed(line))),
};

/** Content types of answers, each with how predictions are written. */
const WRITERS = {
  'application/json': (predictions) => JSON.stringify({ predictions }),
  'application/jsonlines': (predictions) => predictions.map((one) => `${JSON.stringify(one)}\n`).join(''),
};

/** Feature vectors of a body, all as wide as the model. `undefined` for a content type that is not taken. */
function readRecords(contentType, text, width) {
  const read = READERS[plain(contentType)];
  if (!read) return undefined;
  const records = read(text);
  if (records.length === 0) throw new Unusable('the request holds no record');
  records.forEach((record, index) => {
    if (record.length !== width)
      throw new Unusable(`record ${index + 1} has ${record.length} features, the model takes ${width}`);
    if (!record.every((value) => typeof value === 'number' && Number.isFinite(value)))
      throw new Unusable(`record ${index + 1} holds something that is not a number`);
  });
  return records;
}

/** The first acceptable content type that can be written; JSON when the caller does not say. `undefined` for none. */
function answerType(accept) {
  const wanted = (accept ?? '')
    .split(',')
    .map(plain)
    .filter((type) => type !== '');
  if (wanted.length === 0 || wanted.some((type) => type === '*/*' || type === 'application/*'))
    return 'application/json';
  return wanted.find((type) => WRITERS[type] !== undefined);
}

function writePredictions(type, predictions) {
  return WRITERS[type](predictions);
}

/** `{"features": […]}`, or the longer form with `data`, dense or sparse. */
function features(instance) {
  if (Array.isArray(instance?.features)) return instance.features;
  const tensor = instance?.data?.features;
  if (!Array.isArray(tensor?.values))
    throw new Unusable('an instance must hold "features", or "data" with "features" and their "values"');
  if (tensor.keys === undefined) return tensor.values;
  const width = Number(tensor.shape?.at?.(-1));
  const isSparse = Array.isArray(tensor.keys) && tensor.keys.length === tensor.values.length;
  if (!isSparse || !(width > 0) || !tensor.keys.every((key) => Number.isInteger(key) && key >= 0 && key < width))
    throw new Unusable('sparse features need as many "keys" as "values", and a "shape" that holds the keys');
  const dense = new Array(width).fill(0);
  tensor.keys.forEach((key, index) => (dense[key] = tensor.values[index]));
  return dense;
}

function instancesOf(body) {
  if (!Array.isArray(body?.instances)) throw new Unusable('the body must hold a list "instances"');
  return body.instances;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Unusable(`the body is not JSON: ${cause.message}`, { cause });
  }
}

function lines(text) {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** An empty cell is no zero. */
function numberIn(cell) {
  return cell.trim() === '' ? NaN : Number(cell);
}

/** Without parameters such as `; charset=utf-8`, in lower case. */
function plain(type) {
  return (type ?? '').split(';')[0].trim().toLowerCase();
}

const REQUEST_TYPES = Object.keys(READERS);
const ANSWER_TYPES = Object.keys(WRITERS);

module.exports = { ANSWER_TYPES, REQUEST_TYPES, answerType, readRecords, writePredictions };
