import { expect, test } from '@jest/globals';
import { ExplainedWindows } from '../../activities/evidence/explained';

test('what a worker has explained of open windows stays; of finished ones a few stay, of forgotten ones none', () => {
  let nowMs = 0;
  const windows = new ExplainedWindows(() => nowMs);
  windows.rowsOf('open').push([1]);
  for (let n = 0; n < 1_000; n++) {
    windows.rowsOf(`finished-${n}`).push([n]);
    windows.finish(`finished-${n}`);
  }
  expect(windows.size).toBeLessThan(100);
  expect(windows.rowsOf('open')).toEqual([[1]]);
  expect(windows.rowsOf('finished-999')).toEqual([[999]]);
  nowMs += 2 * 3_600_000;
  expect(windows.rowsOf('open')).toEqual([[1]]);
  expect(windows.size).toBe(1);
});
