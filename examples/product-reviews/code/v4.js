'use strict';

// Version 4: version 2, plus the star rating as a hint when the review states one ("5 stars"). Whoever wrote it took it that a
// digit always belongs to a rating: "bought 2 of these" throws, and the request fails with status 500.

const { terms, vectorise, logistic, load, output } = require('./linear.js');

const WEIGHT_PER_STAR = 1;

function transform(text, model) {
  const hint = /\d/.test(text) ? WEIGHT_PER_STAR * (starsIn(text) - 3) : 0;
  return { ...vectorise(terms(text), model.index, model.idf), hint };
}

function starsIn(text) {
  return Number(text.match(/(\d)[- ]?stars?/i)[1]);
}

function predict(features, model) {
  return logistic(features, model.weights, model.bias + features.hint);
}

module.exports = { load, transform, predict, output };
