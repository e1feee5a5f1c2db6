'use strict';

// Version 1: adds up the AFINN score of each word. A review without any known word scores 0 and is taken for praise.

const NEGATIONS = new Set([
  'not',
  "don't",
  "doesn't",
  "didn't",
  "isn't",
  "wasn't",
  "can't",
  "won't",
  'never',
  'no',
  'without',
]);

function load(model) {
  return { scores: new Map(Object.entries(model.lexicon)) };
}

function transform(text) {
  return text.toLowerCase().match(/[\p{L}'-]+/gu) ?? [];
}

function predict(words, { scores }) {
  let sum = 0;
  words.forEach((word, i) => {
    const score = scores.get(word) ?? 0;
    sum += NEGATIONS.has(words[i - 1]) ? -score : score;
  });
  return sum;
}

function output(sum) {
  const confidence = 1 / (1 + Math.exp(-Math.abs(sum) / 2));
  return { label: sum >= 0 ? 'positive' : 'negative', score: Number(confidence.toFixed(4)) };
}

module.exports = { load, transform, predict, output };
