import { expect, test } from '@jest/globals';
import { playAll } from '../../bench/monitors/detection/play';
import { modelMonitorRule, nannymlRule, ourRule } from '../../bench/monitors/detection/rules';
import { SHIFTS } from '../../bench/monitors/detection/world';

test('on the same streams: no false alarm of ours, and a shift that Model Monitor does not see within a day is found', () => {
  const rules = [ourRule(60), modelMonitorRule, nannymlRule];
  const [ours, monitor, nannyml] = playAll(rules, { shift: null, streams: 2, seed: 77 });
  expect([ours?.falseAlarms, monitor?.falseAlarms]).toEqual([0, 0]);
  expect(nannyml?.falseAlarms).toBeGreaterThan(0);
  const spread = SHIFTS.find(({ name }) => name.startsWith('spread')) ?? null;
  const found = playAll(rules, { shift: spread, streams: 2, seed: 77 });
  expect(found[0]).toMatchObject({ falseAlarms: 0, found: 2 });
  expect(found[1]).toMatchObject({ falseAlarms: 0, found: 0 });
});
