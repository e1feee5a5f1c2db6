import { describe, expect, test } from '@jest/globals';
import { startEProcess, stepEProcess } from '../../guards/e-process';
import type { EProcessDesign } from '../../guards/e-process';
import { logPmf } from '../../guards/hypergeometric';
import type { CountFamily } from '../../guards/hypergeometric';
import { allAtStart } from '../../guards/onset';
import referee from './fixtures/referee.json';

const family = (law: { fam: number; a: number; b: number; k: number; odds: number }): CountFamily =>
  law.fam === 0
    ? { kind: 'hypergeometric', drawn: law.a, others: law.b, events: law.k }
    : { kind: 'binomial', trials: law.k, odds: law.odds };

const mixture = (multiples: readonly number[], priors: readonly number[]) =>
  multiples.map((multiple, j) => ({ multiple, prior: priors[j] ?? 0 }));

describe('agreement with the Python referee', () => {
  test('every probability agrees to 1e-9', () => {
    expect(referee.laws.length).toBeGreaterThan(80);
    for (const law of referee.laws) {
      expect(Math.abs(logPmf(family(law), law.theta, law.x) - law.logp)).toBeLessThan(1e-9);
    }
  });

  const harm = mixture(referee.thetas, referee.prior);
  const promote = mixture(referee.promoteThetas, referee.promotePrior);
  const onset = (ticks: number) =>
    ({ atStart: 0.9, everyTicks: 10, horizonTicks: ticks, withinHorizon: 0.1, beyondHorizon: 0 }) as const;

  for (const path of referee.paths) {
    const ticks = path.nc.length;
    const base = { onset: onset(ticks), alternatives: harm, nullTheta: 1 };
    const cases: readonly [string, readonly number[], EProcessDesign, 'own' | 'swapped' | 'split'][] = [
      ['harm', path.harm0, { ...base, logCap: Math.log(100), boosted: false }, 'own'],
      ['boosted harm', path.harm1, { ...base, logCap: Math.log(100), boosted: true }, 'own'],
      ['count ratio', path.split0, { ...base, logCap: Math.log(1000), boosted: false }, 'split'],
      ['boosted count ratio', path.split1, { ...base, logCap: Math.log(1000), boosted: true }, 'split'],
      ...([false, true] as const).map(
        (boosted) =>
          [
            boosted ? 'boosted promotion' : 'promotion',
            boosted ? path.promote1 : path.promote0,
            { onset: allAtStart, alternatives: promote, nullTheta: 1 / 1.5, logCap: Math.log(20), boosted },
            'swapped',
          ] as [string, readonly number[], EProcessDesign, 'swapped']
      ),
    ];
    test.each(cases)(`${path.name}: the %s path agrees to 1e-9 at every tick`, (_name, expected, design, arms) => {
      let state = startEProcess(design);
      for (let t = 0; t < ticks; t++) {
        const [a, x, b, y] = [path.nc[t] ?? 0, path.xc[t] ?? 0, path.nb[t] ?? 0, path.xb[t] ?? 0];
        const totals: CountFamily =
          arms === 'split'
            ? { kind: 'binomial', trials: x + y, odds: 1 / 19 }
            : { kind: 'hypergeometric', drawn: arms === 'own' ? a : b, others: arms === 'own' ? b : a, events: x + y };
        state = stepEProcess({ design, state, family: totals, count: arms === 'swapped' ? y : x });
        expect(Math.abs(state.logE - (expected[t] ?? NaN))).toBeLessThan(1e-9);
      }
    });
  }
});
