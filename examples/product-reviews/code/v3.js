'use strict';

// Version 3: the weights of version 2, and a cleaning step that somebody added to the serving code only. It answers every
// request with status 200, as fast as before, and is wrong twice as often.

const { clean } = require('./cleaning.js');
const { terms, vectorise, logistic, load, output } = require('./linear.js');

function transform(text, model) {
  return vectorise(terms(clean(text)), model.index, model.idf);
}

function predict(features, model) {
  return logistic(features, model.weights, model.bias);
}

module.exports = { load, transform, predict, output };
