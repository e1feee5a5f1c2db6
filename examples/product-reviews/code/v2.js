'use strict';

// Version 2: logistic regression on words and pairs of words. `terms` is the very function that training used.

const { terms, vectorise, logistic, load, output } = require('./linear.js');

function transform(text, model) {
  return vectorise(terms(text), model.index, model.idf);
}

function predict(features, model) {
  return logistic(features, model.weights, model.bias);
}

module.exports = { load, transform, predict, output };
