import { describe, expect, test } from '@jest/globals';
import { compareSuite } from '../../bench/peers/compare';
import { readGolden } from '../../bench/peers/golden';
import { suites } from '../../bench/peers/suites';

describe('what peers said, without the network', () => {
  test.each(suites.map((suite) => [suite.name, suite] as const))('%s: we say the same', async (_name, suite) => {
    const golden = await readGolden(suite);
    expect(golden.peer.packages).toEqual(suite.peer.packages);
    const { agreements, deviating } = await compareSuite(suite, golden);
    expect(agreements.length).toBeGreaterThan(0);
    expect(agreements.filter(({ agrees }) => !agrees)).toEqual([]);
    // A deviation that no longer is one is a stale excuse.
    const stale = deviating.filter(({ ours, peer }) => JSON.stringify(ours) === JSON.stringify(peer));
    expect(stale).toEqual([]);
  });
});
