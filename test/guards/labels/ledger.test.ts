import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bookLabels, bookPredictions, closeCohorts, startLedger } from '../../../guards/labels/ledger';
import type { Arm, ClosedCohort, LabelLedger } from '../../../guards/labels/ledger';
import { countRate, isHarmful, startRate } from '../../../guards/rate';
import { seededUniform } from '../../../guards/random';
import type { ArmCounts } from '../../../guards';
import { errorsPlan } from '../support';

const MINUTE = 60_000;
const start = startLedger({ tickMs: MINUTE, maturityMs: 30 * MINUTE });
const label = (arm: Arm, predictedAt: number, arrivedAt: number, bad = 0) => ({
  arm,
  predictedAtMs: predictedAt * MINUTE,
  arrivedAtMs: arrivedAt * MINUTE,
  n: 1,
  bad,
});
const book = (ledger: LabelLedger, ...labels: readonly ReturnType<typeof label>[]) =>
  labels.reduce((sum, one) => bookLabels(sum, one), ledger);

describe('the books on labels', () => {
  test('close a cohort once, at its maturity and not before', () => {
    const ledger = book(start, label('candidate', 0.5, 3, 1), label('incumbent', 0.2, 9));
    expect(closeCohorts(ledger, 30.99 * MINUTE).closed).toEqual([]);
    const { ledger: after, closed } = closeCohorts(ledger, 31 * MINUTE);
    expect(closed).toEqual([
      {
        outcomes: {
          key: '1970-01-01T00:01:00.000Z',
          candidate: { n: 1, bad: 1 },
          incumbent: { n: 1, bad: 0 },
        },
        coverage: null,
      },
    ]);
    expect(closeCohorts(after, 99 * MINUTE).closed).toEqual([]);
  });

  test('count a label that comes after its cohort’s maturity as dropped, whoever looked when', () => {
    const inTime = book(start, label('candidate', 0.5, 31));
    const late = book(start, label('candidate', 0.5, 31.01, 1));
    expect(inTime.droppedLate.candidate).toBe(0);
    expect(late.droppedLate).toEqual({ candidate: 1, incumbent: 0 });
    expect(closeCohorts(late, 99 * MINUTE).closed).toEqual([]);
    const closed = closeCohorts(inTime, 40 * MINUTE).ledger;
    const again = book(closed, label('candidate', 0.5, 20, 1));
    expect(again.droppedLate.candidate).toBe(1);
    expect(closeCohorts(again, 99 * MINUTE).closed).toEqual([]);
  });

  test('never take a pending prediction for a wrong one', () => {
    const ledger = bookPredictions(book(start, label('candidate', 0.5, 3)), { atMs: 100, arm: 'candidate', n: 50 });
    const [cohort] = closeCohorts(ledger, 31 * MINUTE).closed;
    expect(cohort?.outcomes.candidate).toEqual({ n: 1, bad: 0 });
    expect(cohort?.coverage).toMatchObject({ candidate: { due: 50, got: 1 }, incumbent: { due: 0, got: 0 } });
  });

  test('close cohorts in their order, whatever order labels came in and however often somebody looked', () => {
    const labels = fc.array(
      fc.tuple(fc.constantFrom<Arm>('candidate', 'incumbent'), fc.nat(40), fc.nat(50), fc.nat(1))
    );
    fc.assert(
      fc.property(labels, fc.array(fc.nat(80)), (seen, looks) => {
        const all = seen
          .map(([arm, at, delay, bad]) => label(arm, at, at + delay, bad))
          .sort((a, b) => a.arrivedAtMs - b.arrivedAtMs);
        const once = closeCohorts(book(start, ...all), 200 * MINUTE);
        let ledger = start;
        const outcomes: ClosedCohort[] = [];
        const events = [
          ...all.map((one) => ({ at: one.arrivedAtMs, one })),
          ...looks.map((at) => ({ at: at * MINUTE, one: null })),
        ];
        for (const { at, one } of events.sort((a, b) => a.at - b.at)) {
          // A look at the same moment as a label comes after it.
          if (one !== null) ledger = bookLabels(ledger, one);
          else if (!all.some((other) => other.arrivedAtMs === at)) {
            const step = closeCohorts(ledger, at);
            ledger = step.ledger;
            outcomes.push(...step.closed);
          }
        }
        const rest = closeCohorts(ledger, 200 * MINUTE);
        outcomes.push(...rest.closed);
        const keys = outcomes.map((cohort) => cohort.outcomes.key);
        expect(keys).toEqual([...keys].sort());
        expect(outcomes).toEqual(once.closed);
        expect(rest.ledger.droppedLate).toEqual(once.ledger.droppedLate);
      }),
      { numRuns: 100 }
    );
  });

  test('are plain JSON, and refuse durations that are none', () => {
    const ledger = book(start, label('candidate', 3, 4), label('incumbent', 1, 2));
    expect(JSON.parse(JSON.stringify(ledger))).toEqual(ledger);
    expect(() => startLedger({ tickMs: 0, maturityMs: 1 })).toThrow(RangeError);
  });
});

test('a delay that differs by arm and outcome fools a comparison of labels on arrival, not one of closed cohorts', () => {
  const uniform = seededUniform(31);
  const plan = { ...errorsPlan, rollbackAlpha: 0.05 };
  const runs = 15;
  type Tick = Readonly<Record<Arm, ArmCounts>> & { readonly key: string };
  const fails = (ticks: readonly Tick[]) =>
    isHarmful(
      plan,
      ticks.reduce((state, tick) => countRate(plan, state, tick), startRate(plan))
    );
  let [byCohort, onArrival] = [0, 0];
  for (let run = 0; run < runs; run++) {
    let ledger = startLedger({ tickMs: MINUTE, maturityMs: 90 * MINUTE });
    const arrivals = new Map<number, Record<Arm, ArmCounts>>();
    for (let t = 0; t < 40; t++) {
      for (const arm of ['candidate', 'incumbent'] as const) {
        for (let i = 0; i < (arm === 'candidate' ? 20 : 60); i++) {
          const bad = Number(uniform() < 0.1);
          const meanDelay = arm === 'candidate' && bad === 1 ? 1 : 12;
          const at = t + uniform();
          const arrival = at - Math.log(1 - uniform()) * meanDelay;
          ledger = bookLabels(ledger, label(arm, at, arrival, bad));
          const minute = Math.floor(arrival) + 1;
          const counts = arrivals.get(minute) ?? { candidate: { n: 0, bad: 0 }, incumbent: { n: 0, bad: 0 } };
          counts[arm] = { n: counts[arm].n + 1, bad: counts[arm].bad + bad };
          arrivals.set(minute, counts);
        }
      }
    }
    byCohort += Number(fails(closeCohorts(ledger, 500 * MINUTE).closed.map(({ outcomes }) => outcomes)));
    const byMinute = [...arrivals].sort(([a], [b]) => a - b).filter(([minute]) => minute <= 40);
    onArrival += Number(
      fails(byMinute.map(([minute, arms]) => ({ key: new Date(minute * MINUTE).toISOString(), ...arms })))
    );
  }
  expect(byCohort / runs).toBeLessThanOrEqual(0.05 + 3.3 * Math.sqrt((0.05 * 0.95) / runs));
  expect(onArrival / runs).toBeGreaterThan(0.5);
});
