import { describe, expect, test } from '@jest/globals';
import { watchedTogether } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import { aSpec } from '../support/spec';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A rollout of one canary that may take so long, with a watch of so long, if any. */
function canaryOf(atMostMs: number, forMs: number | null): RolloutSpec {
  const until = { kind: 'decided', atMostMs } as const;
  const spec = aSpec({ stages: [{ kind: 'canary', sharePct: 10, groups: [], until, onInconclusive: 'rollBack' }] });
  return forMs === null ? spec : { ...spec, watch: { forMs, holdbackPct: 5, keep: 'warm' } };
}

describe('the watches of a release', () => {
  test('of every wave outlast all later waves and the time in which all are watched together', () => {
    const wavesMs = [6, 48, 12].map((hours) => hours * HOUR_MS);
    const { waves, togetherMs } = watchedTogether(wavesMs.map((ms) => [canaryOf(ms, DAY_MS)]));
    expect(togetherMs).toBe(DAY_MS);
    for (const [i, [spec]] of waves.entries()) {
      const restMs = wavesMs.slice(i + 1).reduce((sum, ms) => sum + ms, 0);
      // The promotion, the rewrites and the people of later waves take time beside their stages.
      expect(spec?.watch?.forMs).toBeGreaterThan(restMs + togetherMs + HOUR_MS);
      expect(spec?.watch).toMatchObject({ holdbackPct: 5, keep: 'warm' });
    }
  });

  test('where no file has one there is one for the waves, and no time together', () => {
    const { waves, togetherMs } = watchedTogether([[canaryOf(HOUR_MS, null)], [canaryOf(HOUR_MS, null)]]);
    expect(togetherMs).toBe(0);
    for (const { watch } of waves.flat()) expect(watch).toEqual({ forMs: DAY_MS, holdbackPct: 2, keep: 'warm' });
  });
});
