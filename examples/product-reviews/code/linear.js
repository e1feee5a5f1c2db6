'use strict';

// Turns a review into features and features into a score. Ships inside the artifact and is what training itself calls:
// one implementation on both sides is what keeps them in step.

/** @returns {string[]} single words and pairs of neighbours, in lower case */
function terms(text) {
  const words = text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
  const pairs = words.slice(1).map((word, i) => `${words[i]} ${word}`);
  return words.concat(pairs);
}

/**
 * TF-IDF vector of unit length over the known terms; unknown terms are ignored.
 * @returns {{ index: number[], value: number[] }}
 */
function vectorise(found, vocabulary, idf) {
  const counts = new Map();
  for (const term of found) {
    const at = vocabulary.get(term);
    if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  const index = [...counts.keys()];
  const raw = index.map((at) => (1 + Math.log(counts.get(at))) * idf[at]);
  const norm = Math.sqrt(raw.reduce((sum, x) => sum + x * x, 0)) || 1;
  return { index, value: raw.map((x) => x / norm) };
}

/** @returns {number} probability that the review is positive */
function logistic({ index, value }, weights, bias) {
  let sum = bias;
  for (let i = 0; i < index.length; i++) sum += weights[index[i]] * value[i];
  return 1 / (1 + Math.exp(-sum));
}

/** Prepares `model.json` for serving, once. */
function load(model) {
  return { ...model, index: new Map(model.vocabulary.map((term, i) => [term, i])) };
}

/** @returns {{ label: 'positive' | 'negative', score: number }} the label and how sure the model is of it */
function output(probability) {
  const isPositive = probability > 0.5;
  const confidence = isPositive ? probability : 1 - probability;
  return { label: isPositive ? 'positive' : 'negative', score: Number(confidence.toFixed(4)) };
}

module.exports = { terms, vectorise, logistic, load, output };
