import { describe, expect, test } from '@jest/globals';
import { ACCEPTED_IN, nextCommand, refuseVerb, step } from '../../rollout';
import type { PhaseKind, RolloutEvent } from '../../rollout';
import { ANA, EVENTS, START_MS, stateIn } from './states';
import type { EventName } from './states';

/**
 * Every phase × every event → the next phase. `·` changes nothing (a verb is refused then), `=` keeps the phase and writes it down.
 * The file: one canary until decided, then an approval; where a phase needs another, the shortest that has it.
 */
const TABLE = `
phase              command        | done        failed             rollBack    promote   undecided healthy     incumbentSick
reading            readEndpoint   | ·           ended              ·           ·         ·         ·           ·
planning           fixPlan        | ·           ended              ·           ·         ·         ·           ·
creating           createEndpoint | ended       rollingBack        ·           ·         ·         ·           ·
deploying          deploy         | shifting    rollingBack        ·           ·         ·         ·           ·
calibrating        wait           | planning    rollingBack        ·           ·         ·         ·           ·
warming            warmUp         | shifting    rollingBack        ·           ·         ·         ·           ·
shifting           setShares      | baking      rollingBack        ·           ·         ·         ·           ·
baking             look           | ·           =                  assessing   approving =         ·           ·
approving          look           | ·           =                  assessing   =         =         ·           ·
guarded            startGuardrails | =          rollingBack        ·           ·         ·         ·           ·
promoting          setShares      | finalising  assessing          ·           ·         ·         ·           ·
watching           look           | ·           =                  assessing   =         =         ·           ·
finalising         finalise       | cleaning    =                  ·           ·         ·         ·           ·
assessing          assess         | ·           rollingBack        ·           ·         ·         rollingBack stranded
stranded           assess         | ·           =                  ·           ·         ·         rollingBack =
rollingBack        restore        | cleaning    rollbackIncomplete ·           ·         ·         ·           ·
rollbackIncomplete restore        | cleaning    =                  ·           ·         ·         ·           ·
cleaning           clean          | ended       ended              ·           ·         ·         ·           ·
ended              end            | ·           ·                  ·           ·         ·         ·           ·
`;

/** What people may say in each phase, and what it leads to. */
const VERBS = `
phase              abort       cancel      rollback    pause resume approve   reject    revoke advance   promoteNow settle     retry       accept
reading            ended       ended       ended       =     ·      ·         ·         ·      ·         ·          ·          ·           ·
planning           ended       ended       ended       =     ·      ·         ·         ·      ·         ·          ·          ·           ·
creating           =           =           =           =     ·      ·         ·         ·      ·         ·          ·          ·           ·
deploying          =           =           =           =     ·      ·         ·         ·      ·         ·          ·          ·           ·
calibrating        rollingBack rollingBack rollingBack =     ·      ·         ·         ·      ·         ·          ·          ·           ·
warming            =           =           =           =     ·      ·         ·         ·      ·         ·          ·          ·           ·
shifting           =           =           =           =     ·      ·         ·         ·      ·         ·          ·          ·           ·
baking             rollingBack rollingBack assessing   =     ·      ·         ·         ·      approving promoting  ·          ·           ·
approving          rollingBack rollingBack assessing   =     ·      promoting assessing ·      ·         ·          ·          ·           ·
guarded            =           =           =           =     ·      ·         ·         ·      ·         ·          ·          ·           ·
promoting          =           =           =           =     ·      ·         ·         ·      ·         ·          ·          ·           ·
watching           rollingBack rollingBack assessing   =     ·      ·         ·         ·      ·         ·          finalising ·           ·
finalising         =           =           =           =     ·      ·         ·         ·      ·         ·          ·          ·           ·
assessing          rollingBack rollingBack rollingBack ·     ·      ·         ·         ·      ·         ·          ·          ·           ·
stranded           rollingBack rollingBack rollingBack ·     ·      ·         ·         ·      ·         ·          ·          assessing   ·
rollingBack        ·           ·           ·           ·     ·      ·         ·         ·      ·         ·          ·          ·           ·
rollbackIncomplete ·           ·           ·           ·     ·      ·         ·         ·      ·         ·          ·          rollingBack ended
cleaning           ·           ·           ·           ·     ·      ·         ·         ·      ·         ·          ·          ·           ·
ended              ·           ·           ·           ·     ·      ·         ·         ·      ·         ·          ·          ·           ·
`;

interface Cell {
  readonly phase: PhaseKind;
  readonly event: EventName;
  readonly target: string;
}

/** Lines of words; the columns up to `first` are not events. */
function cellsOf(table: string, first: number): readonly Cell[] {
  const [header = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.replace('|', ' ').trim().split(/\s+/));
  const events = header.slice(first) as EventName[];
  return rows.flatMap((row) =>
    events.map((event, i) => ({ phase: row[0] as PhaseKind, event, target: row[first + i] ?? '' }))
  );
}

const commands = TABLE.trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(/\s+/).slice(0, 2) as [PhaseKind, string]);
const cells = [...cellsOf(TABLE, 2), ...cellsOf(VERBS, 1)];

test('the tables have every phase and a cell for every event and verb', () => {
  expect(new Set(cells.map(({ phase }) => phase)).size).toBe(19);
  expect(cells).toHaveLength(19 * (7 + 13));
  const verbs = Object.values(EVENTS).flatMap((event) => (event.kind === 'verb' ? [event.verb] : []));
  expect([...verbs].sort()).toEqual(Object.keys(ACCEPTED_IN).sort());
});

describe.each(commands)('in phase %s', (phase, command) => {
  test(`the command is ${command}`, () => {
    expect(nextCommand(stateIn(phase)).kind).toBe(command);
  });

  test.each(cells.filter((cell) => cell.phase === phase))('$event leads to $target', ({ event, target }) => {
    const before = stateIn(phase);
    const after = step(before, EVENTS[event], START_MS + 60_000);
    const verb: RolloutEvent = EVENTS[event];
    if (verb.kind === 'verb') expect(refuseVerb(before, verb) === null).toBe(target !== '·');
    if (target === '·') expect(after).toBe(before);
    else if (target === '=') {
      expect(after.phase.kind).toBe(phase);
      expect(after).not.toBe(before);
    } else expect(after.phase.kind).toBe(target);
  });
});

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
    expect(refuseVerb(aborting, { verb: 'abort', ...ANA })).toBe('ana@example.org has aborted it already.');
  });
});

describe('a first deployment', () => {
  test('goes back by removing what it made', () => {
    const failed = step(stateIn('creating'), EVENTS.failed, START_MS + 60_000);
    expect(nextCommand(failed)).toEqual({ kind: 'removeEndpoint', afterMs: 0 });
  });
});
