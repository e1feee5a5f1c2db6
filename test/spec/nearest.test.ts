import { expect, test } from '@jest/globals';
import { nearestOf } from '../../spec/nearest';

const KEYS = ['endpoint', 'onInconclusive', 'groundTruth', 'tick', 'stages'];

test.each([
  ['endpont', 'endpoint'],
  ['on_inconclusive', 'onInconclusive'],
  ['Ground-Truth', 'groundTruth'],
  ['tikc', 'tick'],
  ['stage', 'stages'],
  ['watch', undefined],
  ['x', undefined],
])('the name nearest to %j is %j', (word, nearest) => {
  expect(nearestOf(word, KEYS)).toBe(nearest);
});
