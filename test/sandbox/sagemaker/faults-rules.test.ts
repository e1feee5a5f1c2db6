import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createClock } from '../../../sandbox/engine/clock';
import { createJournal } from '../../../sandbox/engine/journal';
import { randomStream } from '../../../sandbox/engine/random';
import { FaultBook } from '../../../sandbox/faults/book';
import { readFaultsFile } from '../../../sandbox/faults/file';
import type { FaultRule } from '../../../sandbox/faults/rule';

const site = { service: 'sagemaker', operation: 'CreateEndpoint', resource: 'reviews' } as const;

function bookOf(seed: number, ...rules: readonly FaultRule[]) {
  const clock = createClock({ speed: 1 });
  const journal = createJournal(clock);
  const book = new FaultBook({ clock, journal, random: (purpose) => randomStream(seed, purpose) });
  book.set(rules);
  return { book, clock, journal };
}

/** Which of `count` events are struck, counted from 1. */
function struck(book: FaultBook, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1).filter(() => book.strike(['reset'], site));
}

describe('fault rules', () => {
  test('strike the n-th, the first, or a part of the matching events', () => {
    const reset = { fault: 'reset' } as const;
    expect(struck(bookOf(1, { id: 'a', when: { nth: 3 }, then: reset }).book, 5)).toEqual([3]);
    expect(struck(bookOf(1, { id: 'a', when: { nth: [1, 4] }, then: reset }).book, 5)).toEqual([1, 4]);
    expect(struck(bookOf(1, { id: 'a', when: { first: 2 }, then: reset }).book, 5)).toEqual([1, 2]);
    expect(struck(bookOf(1, { id: 'a', then: reset }).book, 3)).toEqual([1, 2, 3]);
    const share = struck(bookOf(1, { id: 'a', when: { probability: 0.3 }, then: reset }).book, 10_000).length;
    // Five standard deviations of a binomial with n = 10,000 and p = 0.3 are 229.
    expect(Math.abs(share - 3_000)).toBeLessThan(229);
  });

  test('chance comes from the seed and the rule, not from other rules', () => {
    const rule = { id: 'a', when: { probability: 0.5 }, then: { fault: 'reset' } } as const;
    const other = { id: 'b', when: { probability: 0 }, then: { fault: 'reset' } } as const;
    const first = struck(bookOf(7, rule).book, 64);
    expect(struck(bookOf(7, other, rule).book, 64)).toEqual(first);
    expect(struck(bookOf(8, rule).book, 64)).not.toEqual(first);
  });

  test('a span of time is provider time since the rule was set', () => {
    const { book, clock } = bookOf(1, {
      id: 'a',
      when: { between: { fromSeconds: 60, toSeconds: 120 } },
      then: { fault: 'reset' },
    });
    expect(struck(book, 1)).toEqual([]);
    clock.advance(61_000);
    expect(struck(book, 1)).toEqual([1]);
    clock.advance(60_000);
    expect(struck(book, 1)).toEqual([]);
    clock.close();
  });

  test('match by service and by patterns of operation, resource and variant', () => {
    const match = { service: 'sagemaker', operation: 'Create*', resource: 'rev*', variant: 'b' } as const;
    const { book } = bookOf(1, { id: 'a', match, then: { fault: 'delay', byMs: 1 } });
    const hits = (changes: object) => book.strike(['delay'], { ...site, variant: 'b', ...changes }) !== undefined;
    expect(hits({})).toBe(true);
    expect(hits({ service: 'runtime' })).toBe(false);
    expect(hits({ operation: 'DeleteEndpoint' })).toBe(false);
    expect(hits({ resource: 'other' })).toBe(false);
    expect(hits({ variant: 'a' })).toBe(false);
  });

  test('every hit is in the journal with its rule, and counted', () => {
    const { book, journal } = bookOf(1, { id: 'mine', when: { nth: 2 }, then: { fault: 'reset' } });
    struck(book, 3);
    expect(journal.since(0)).toMatchObject([
      { kind: 'fault', resource: 'reviews', from: 'sagemaker.CreateEndpoint', to: 'reset', reason: 'mine' },
    ]);
    expect(book.list()).toMatchObject([{ id: 'mine', matched: 3, hits: 1 }]);
  });

  test('a rule that is taken away releases what it holds', async () => {
    const then = { fault: 'stuck', status: 'Creating' } as const;
    const { book, clock } = bookOf(1, { id: 'held', then });
    const held = book.strike(['stuck'], site)?.hold(undefined, new AbortController().signal);
    expect(book.remove('held')).toBe(true);
    await expect(held).resolves.toBeUndefined();
    expect(book.remove('held')).toBe(false);
    clock.close();
  });
});

describe('a file of fault rules', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sandbox-faults-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const read = (text: string) => {
    const file = path.join(dir, 'faults.yaml');
    writeFileSync(file, text);
    try {
      return readFaultsFile(file);
    } finally {
      rmSync(file);
    }
  };

  test('is YAML or JSON', () => {
    const rule = { id: 'a', match: { service: 's3' }, when: { first: 1 }, then: { fault: 'throttle' } };
    expect(read(JSON.stringify({ faults: [rule] }))).toEqual([rule]);
    expect(
      read('faults:\n  - id: a\n    match: { service: s3 }\n    when: { first: 1 }\n    then: { fault: throttle }\n')
    ).toEqual([rule]);
  });

  test('says all its mistakes at once, each with its place', () => {
    const text = `
faults:
  - id: a
    match: { service: lambda, colour: red }
    when: { probability: 2, nth: 0 }
    then: { fault: throtle }
  - id: a
    match: { operation: CreateEndpiont, resource: 7 }
    when: { between: { fromSeconds: 5, toSeconds: 1 }, never: true }
    then: { fault: stuck, status: Dreaming }
  - then: { fault: delay }
  - id: d
    match: { operation: InvokeEndpoint }
    then: { fault: lostCapture, byMs: 3 }
extra: 1
`;
    let said = '';
    try {
      read(text);
    } catch (error) {
      said = String(error);
    }
    for (const mistake of [
      'extra: means nothing here',
      'faults[0].match.service: "lambda" is none of',
      'faults[0].match.colour: means nothing here',
      'faults[0].when.probability: expected a number from 0 to 1, not 2',
      'faults[0].when.nth: expected a whole number of 1 or more',
      'faults[0].then.fault: "throtle" is no fault; there are throttle, error',
      'faults[1].id: "a" is taken by faults[0]',
      'faults[1].match.operation: "CreateEndpiont" is no operation of SageMaker',
      'faults[1].match.resource: expected a pattern',
      'faults[1].when.between: fromSeconds must be below toSeconds',
      'faults[1].when.never: means nothing here; allowed: probability, first, nth, between',
      'faults[1].then.status: expected one of Creating, Updating, RollingBack, Deleting, InProgress, Stopping, not "Dreaming"',
      'faults[2].id: expected a name',
      'faults[2].then.byMs: delay needs it (a number of 0 or more)',
      'faults[3].match.operation: means nothing here; allowed: service, resource, variant',
      'faults[3].then.byMs: means nothing here; allowed: nothing',
    ])
      expect(said).toContain(mistake);
    expect(said).toContain('16 mistakes');
  });

  test('that is missing or no YAML is one mistake', () => {
    expect(() => readFaultsFile(path.join(dir, 'none.yaml'))).toThrow(/cannot read .*none\.yaml/);
    expect(() => read('{ a: [')).toThrow(/cannot read/);
    expect(() => read('just words')).toThrow('expected a list of rules below "faults"');
  });
});
