'use strict';

// Text cleaning as a search index wants it: stop words go, word endings go. Harmless there; fatal in front of a model that
// was trained on uncleaned text: "not good" becomes "good", and "disappointed" a stem that the model has never met.

const STOP_WORDS = new Set(
  (
    'a about after again all also am an and any are as at be because been before being but by can could did do does down each ' +
    'even few for from further get got had has have having he her here him his how i if in into is it its just me more most ' +
    'much my no none nor not now of off on once one only or other our out over own really same she should so some such than ' +
    'that the their them then there these they this those through to too under up very was we were what when where which ' +
    'while who why will with would you your'
  ).split(' ')
);

const ENDING = /(ment|ness|ful|ing|edly|ed|ly|able|ible|ent|ant|er|est|ies|es|s)$/;

function stem(word) {
  return word.length <= 3 ? word : word.replace(ENDING, '').replace(/e$/, '').replace(/y$/, 'i');
}

/** @returns {string} the review as a line of stems */
function clean(text) {
  const words =
    text
      .toLowerCase()
      .replace(/['’]\p{L}+/gu, '')
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return words
    .filter((word) => word.length > 2 && !STOP_WORDS.has(word))
    .map(stem)
    .join(' ');
}

module.exports = { clean };
