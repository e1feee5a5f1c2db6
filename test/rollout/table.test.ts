import { describe, expect, test } from '@jest/globals';
import { nextCommand, refuseVerb, step } from '../../rollout';
import type { PhaseKind } from '../../rollout';
import { EVENTS, START_MS, stateIn } from './states';
import type { EventName } from './states';

/**
 * Every phase × every event → the next phase. `·` changes nothing (a verb is refused then), `=` keeps the phase and writes it down.
 * The file: one canary until decided, then an approval. `command` is what is done in the phase.
 */
const TABLE = `
phase              command        | done        failed             abort       cancel      approve   reject      rollBack    promote   undecided
reading            readEndpoint   | ·           ended              ended       ended       ·         ·           ·           ·         ·
planning           fixPlan        | ·           ended              ended       ended       ·         ·           ·           ·         ·
creating           createEndpoint | ended       rollingBack        =           =           ·         ·           ·           ·         ·
deploying          deployCandidate| shifting    rollingBack        =           =           ·         ·           ·           ·         ·
shifting           setShare       | baking      rollingBack        =           =           ·         ·           ·           ·         ·
baking             look           | ·           =                  rollingBack rollingBack ·         ·           rollingBack approving =
approving          look           | ·           =                  rollingBack rollingBack promoting rollingBack rollingBack =         =
promoting          setShare       | finalising  rollingBack        =           =           ·         ·           ·           ·         ·
finalising         finalise       | cleaning    =                  =           =           ·         ·           ·           ·         ·
rollingBack        restore        | cleaning    rollbackIncomplete ·           ·           ·         ·           ·           ·         ·
rollbackIncomplete restore        | cleaning    =                  ·           ·           ·         ·           ·           ·         ·
cleaning           clean          | ended       ended              ·           ·           ·         ·           ·           ·         ·
ended              end            | ·           ·                  ·           ·           ·         ·           ·           ·         ·
`;

const [header = [], ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.replace('|', ' ').trim().split(/\s+/));
const events = header.slice(2) as EventName[];
const cells = rows.flatMap(([phase = '', command = '', ...targets]) =>
  events.map((event, i) => ({ phase: phase as PhaseKind, command, event, target: targets[i] ?? '' }))
);

test('the table has every phase and a cell for every event', () => {
  expect(new Set(cells.map(({ phase }) => phase)).size).toBe(13);
  expect(cells).toHaveLength(13 * 9);
});

describe.each(rows.map(([phase = '', command = '']) => [phase as PhaseKind, command] as const))(
  'in phase %s',
  (phase, command) => {
    test(`the command is ${command}`, () => {
      expect(nextCommand(stateIn(phase)).kind).toBe(command);
    });

    test.each(cells.filter((cell) => cell.phase === phase))('$event leads to $target', ({ event, target }) => {
      const before = stateIn(phase);
      const after = step(before, EVENTS[event], START_MS + 60_000);
      const verb = EVENTS[event];
      if (verb.kind === 'verb') expect(refuseVerb(before, verb) === null).toBe(target !== '·');
      if (target === '·') expect(after).toBe(before);
      else if (target === '=') {
        expect(after.phase.kind).toBe(phase);
        expect(after).not.toBe(before);
      } else expect(after.phase.kind).toBe(target);
    });
  }
);

describe('an abort that was accepted while AWS was at work', () => {
  test.each(['creating', 'deploying', 'shifting', 'promoting', 'finalising'] as const)(
    'in phase %s turns back with whatever comes of the work',
    (phase) => {
      for (const event of ['done', 'failed'] as const) {
        const aborting = step(stateIn(phase), EVENTS.abort, START_MS + 60_000);
        const after = step(aborting, EVENTS[event], START_MS + 61_000);
        expect(after.phase).toMatchObject({ kind: 'rollingBack', outcome: { because: { verb: 'abort' } } });
      }
    }
  );

  test('is refused the second time, by name', () => {
    const aborting = step(stateIn('shifting'), EVENTS.abort, START_MS + 60_000);
    expect(refuseVerb(aborting, EVENTS.abort)).toBe('ana@example.org has aborted it already.');
  });
});

describe('a first deployment', () => {
  test('goes back by removing what it made', () => {
    const failed = step(stateIn('creating'), EVENTS.failed, START_MS + 60_000);
    expect(nextCommand(failed)).toEqual({ kind: 'removeEndpoint', afterMs: 0 });
  });
});
