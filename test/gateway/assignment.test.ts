import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { choose, isSampled, slotOf } from '../../gateway/assignment';
import { assignmentDocument, renewedAssignment, type AssignmentRequest } from '../../gateway/assignment-document';
import {
  assignmentKey,
  formatAssignment,
  parseAssignment,
  type AssignmentDocument,
} from '../../gateway/assignment-format';
import { SLOTS, reallocate, slotsOf, type AssignmentRange } from '../../gateway/assignment-ranges';

const noon = Date.UTC(2026, 0, 31, 12, 0, 0);

function documentOf(
  sharesPct: Readonly<Record<string, number>>,
  more: Partial<AssignmentRequest> & {
    readonly targetGroups?: string[];
    readonly groups?: Record<string, string[]>;
  } = {}
): AssignmentDocument {
  const { targetGroups, groups, ...rest } = more;
  return assignmentDocument({
    endpoint: 'reviews',
    previous: null,
    nowMs: noon,
    expiresAfterMs: 60_000,
    salt: 'reviews/1',
    routing: {
      kind: 'shares',
      incumbent: 'v7',
      sharesPct,
      ...(targetGroups && { targetGroups }),
      ...(groups && { groups }),
    },
    ...rest,
  });
}

/** Owner of every slot: the full hash range. */
function owners(ranges: readonly AssignmentRange[]): readonly string[] {
  const all = new Array<string>(SLOTS);
  for (const { variant, from, to } of ranges) all.fill(variant, from, to);
  return all;
}

/** Slots that have the same owner in both. */
function unmoved(before: readonly AssignmentRange[], after: readonly AssignmentRange[]): number {
  const overlap = (a: AssignmentRange, b: AssignmentRange): number =>
    a.variant === b.variant ? Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from)) : 0;
  return before.reduce((sum, a) => sum + after.reduce((part, b) => part + overlap(a, b), 0), 0);
}

/** Slots of each variant; fails where ranges overlap or leave a gap. */
function slotCounts(ranges: readonly AssignmentRange[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  let next = 0;
  for (const { variant, from, to } of ranges) {
    expect(from).toBe(next);
    counts.set(variant, (counts.get(variant) ?? 0) + to - from);
    next = to;
  }
  expect(next).toBe(SLOTS);
  return counts;
}

const rangesOf = (document: AssignmentDocument): readonly AssignmentRange[] =>
  document.routing.kind === 'shares' ? document.routing.ranges : [];

const variantOf = (document: AssignmentDocument, userId: string, group?: string): string => {
  const choice = choose(document, { userId, inferenceId: 'any', group });
  return choice.kind === 'weights' ? 'weights' : choice.variant;
};

/** Whole slots for 2 to 6 variants. */
const wantedSlots = fc
  .array(fc.integer({ min: 0, max: 1_000 }), { minLength: 2, maxLength: 6 })
  .filter((weights) => weights.some((w) => w > 0))
  .map((weights) => {
    const sum = weights.reduce((a, b) => a + b, 0);
    return slotsOf(Object.fromEntries(weights.map((w, i) => [`v${i}`, (w / sum) * 100])));
  });

describe('the delivered split', () => {
  test.each([0.01, 0.5, 1, 5, 10, 33.3333, 50, 90])(
    'over the whole hash range is exactly the %d %% that were set',
    (pct) => {
      const document = documentOf({ v7: 100 - pct, v8: pct });
      expect(owners(rangesOf(document)).filter((variant) => variant === 'v8')).toHaveLength(Math.round(pct * 10_000));
    }
  );

  test('of shares that no slot can hold is off by less than one slot in a million, and never loses one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 1, maxLength: 10 }),
        (weights) => {
          const sum = weights.reduce((a, b) => a + b, 0);
          const wanted = Object.fromEntries(weights.map((w, i) => [`v${i}`, (w / sum) * 100]));
          const slots = slotsOf(wanted);
          expect([...slots.values()].reduce((a, b) => a + b, 0)).toBe(SLOTS);
          for (const [variant, n] of slots)
            expect(Math.abs(n - ((wanted[variant] ?? 0) / 100) * SLOTS)).toBeLessThan(1.001);
        }
      )
    );
  });

  test.each([
    ['sequential numbers', (i: number) => String(i)],
    ['e-mail addresses', (i: number) => `user.${i}@example.org`],
    ['ids with a long common beginning', (i: number) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`],
  ])('of 200,000 users known by %s is within five standard deviations of a fair draw', (_, idOf) => {
    const document = documentOf({ v7: 60, v8: 30, v9: 10 });
    const counts: Record<string, number> = { v7: 0, v8: 0, v9: 0 };
    const n = 200_000;
    for (let i = 0; i < n; i++) {
      const variant = variantOf(document, idOf(i));
      counts[variant] = (counts[variant] ?? 0) + 1;
    }
    for (const [variant, share] of Object.entries({ v7: 0.6, v8: 0.3, v9: 0.1 })) {
      const deviation = Math.abs((counts[variant] ?? 0) - n * share) / Math.sqrt(n * share * (1 - share));
      expect(deviation).toBeLessThan(5);
    }
  });

  test('is drawn anew for another salt: the first users of one rollout are not the first of the next', () => {
    const first = documentOf({ v7: 90, v8: 10 });
    const next = documentOf({ v7: 90, v8: 10 }, { salt: 'reviews/2' });
    const users = Array.from({ length: 50_000 }, (_, i) => `user-${i}`);
    const both = users.filter((u) => variantOf(first, u) === 'v8' && variantOf(next, u) === 'v8').length;
    // Independent draws: 1 % of the users, ± five standard deviations.
    expect(Math.abs(both - 500)).toBeLessThan(5 * Math.sqrt(500));
  });
});

describe('when shares change', () => {
  test('exactly the users move that must: the sum of what the growing variants gain', () => {
    const walk = fc.array(wantedSlots, { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(walk, (steps) => {
        let ranges: readonly AssignmentRange[] = [{ variant: 'v0', from: 0, to: SLOTS }];
        let slots = new Map([['v0', SLOTS]]);
        for (const wanted of steps) {
          const next = reallocate(ranges, wanted);
          const gained = [...wanted].reduce((sum, [v, n]) => sum + Math.max(0, n - (slots.get(v) ?? 0)), 0);
          expect(SLOTS - unmoved(ranges, next)).toBe(gained);
          expect(slotCounts(next)).toEqual(new Map([...wanted].filter(([, n]) => n > 0)));
          [ranges, slots] = [next, new Map(wanted)];
        }
      }),
      { numRuns: 300 }
    );
  });

  test('a user on the candidate stays there while its share grows', () => {
    const five = documentOf({ v7: 95, v8: 5 });
    const ten = documentOf({ v7: 90, v8: 10 }, { previous: five });
    const users = Array.from({ length: 20_000 }, (_, i) => `user-${i}`).filter((u) => variantOf(five, u) === 'v8');
    expect(users.length).toBeGreaterThan(800);
    expect(users.filter((u) => variantOf(ten, u) !== 'v8')).toEqual([]);
  });

  test('a share that grows and shrinks again has the same users as before', () => {
    const five = documentOf({ v7: 90, v8: 5, v9: 5 });
    const ten = documentOf({ v7: 80, v8: 10, v9: 10 }, { previous: five });
    const back = documentOf({ v7: 90, v8: 5, v9: 5 }, { previous: ten });
    expect(rangesOf(back)).toEqual(rangesOf(five));
  });

  test('ranges stay few, however often a bandit moves shares', () => {
    let document = documentOf({ v7: 100 });
    for (let i = 0; i < 500; i++) {
      const weights = [1, 2, 3, 4].map((k) => 1 + Math.abs(Math.sin(i * k + k)));
      const sum = weights.reduce((a, b) => a + b, 0);
      const shares = weights.map((w, k) => [`v${7 + k}`, (w / sum) * 100] as const);
      document = documentOf(Object.fromEntries(shares), { previous: document });
    }
    expect(rangesOf(document).length).toBeLessThan(50);
  });

  test('another salt starts from the incumbent, as the users of a new rollout do', () => {
    const old = documentOf({ v7: 50, v8: 50 });
    const fresh = documentOf({ v7: 90, v8: 10 }, { previous: old, salt: 'reviews/2' });
    expect(rangesOf(fresh)).toEqual(rangesOf(documentOf({ v7: 90, v8: 10 }, { salt: 'reviews/2' })));
    expect(fresh.epoch).toBe(old.epoch + 1);
  });
});

describe('one call', () => {
  test('of a user gets the same variant whatever its inference id; without a user the inference id draws', () => {
    const document = documentOf({ v7: 50, v8: 50 });
    const ids = Array.from({ length: 100 }, (_, i) => `call-${i}`);
    const drawn = (userId?: string): Set<string> =>
      new Set(ids.map((inferenceId) => JSON.stringify(choose(document, { userId, inferenceId }))));
    expect(drawn('ana').size).toBe(1);
    expect(drawn().size).toBe(2);
  });

  test('carries the epoch and the probability with which its variant was drawn', () => {
    const document = documentOf({ v7: 90, v8: 10 }, { afterEpoch: 41 });
    const seen = new Map<string, unknown>();
    for (let i = 0; i < 200; i++) {
      const choice = choose(document, { inferenceId: `call-${i}` });
      seen.set(choice.kind === 'drawn' ? choice.variant : 'none', choice);
    }
    const sharesPct = { v7: 90, v8: 10 };
    expect(seen.get('v7')).toEqual({ kind: 'drawn', variant: 'v7', epoch: 42, propensity: 0.9, sharesPct });
    expect(seen.get('v8')).toEqual({ kind: 'drawn', variant: 'v8', epoch: 42, propensity: 0.1, sharesPct });
    expect(seen.size).toBe(2);
  });

  test('of somebody outside the target groups gets the incumbent, and is not drawn', () => {
    const document = documentOf(
      { v7: 0, v8: 100 },
      { targetGroups: ['beta'], groups: { beta: ['ana'], other: ['bob'] } }
    );
    expect(choose(document, { userId: 'ana', inferenceId: 'i' })).toMatchObject({ kind: 'drawn', variant: 'v8' });
    expect(choose(document, { userId: 'cy', inferenceId: 'i', group: 'beta' })).toMatchObject({
      kind: 'drawn',
      variant: 'v8',
    });
    expect(choose(document, { userId: 'bob', inferenceId: 'i' })).toEqual({ kind: 'outside', variant: 'v7', epoch: 1 });
    expect(choose(document, { inferenceId: 'i', group: 'other' })).toMatchObject({ kind: 'outside' });
    expect(choose(document, { inferenceId: 'i' })).toMatchObject({ kind: 'outside' });
  });

  test('within a target group is split as everybody else would be: group and variant are independent', () => {
    const document = documentOf({ v7: 80, v8: 20 }, { targetGroups: ['beta'] });
    const n = 20_000;
    const hits = Array.from({ length: n }, (_, i) => variantOf(document, `user-${i}`, 'beta')).filter(
      (v) => v === 'v8'
    );
    expect(Math.abs(hits.length - n * 0.2)).toBeLessThan(5 * Math.sqrt(n * 0.2 * 0.8));
  });

  test('is left to the endpoint when the document says weights', () => {
    const document = documentOf({}, { routing: { kind: 'weights' } });
    expect(choose(document, { userId: 'ana', inferenceId: 'i' })).toEqual({ kind: 'weights' });
  });

  test('is sampled for the mirror as often as asked, whatever variant it has', () => {
    const document = documentOf({ v7: 50, v8: 50 });
    const n = 40_000;
    let [mirrored, mirroredV8] = [0, 0];
    for (let i = 0; i < n; i++) {
      const inferenceId = `call-${i}`;
      if (!isSampled(document.salt, { inferenceId, samplePct: 20 })) continue;
      mirrored++;
      const choice = choose(document, { inferenceId });
      if (choice.kind === 'drawn' && choice.variant === 'v8') mirroredV8++;
    }
    expect(Math.abs(mirrored - n * 0.2)).toBeLessThan(5 * Math.sqrt(n * 0.2 * 0.8));
    expect(Math.abs(mirroredV8 - mirrored / 2)).toBeLessThan(5 * Math.sqrt(mirrored / 4));
  });

  test('has a slot that no machine and no restart changes', () => {
    expect([slotOf('reviews/1', 'ana'), slotOf('reviews/1', 'bob'), slotOf('reviews/2', 'ana')]).toEqual([
      492_353, 278_838, 181_343,
    ]);
  });
});

describe('the document', () => {
  test('comes back from its text as it was', () => {
    const document = documentOf(
      { v7: 90, v8: 10, v9: 0 },
      {
        targetGroups: ['beta'],
        groups: { beta: ['ana'] },
        mirror: { endpoint: 'shadow', variant: null, samplePct: 20 },
      }
    );
    expect(parseAssignment(formatAssignment(document))).toEqual(document);
    expect(document.routing).toMatchObject({ sharesPct: { v7: 90, v8: 10, v9: 0 } });
    expect(assignmentKey('control', 'reviews')).toBe('control/assignments/reviews.json');
  });

  test('names everything that no gateway could follow, at once', () => {
    const bad = () =>
      documentOf(
        { v8: 120, v9: 10 },
        { salt: '', targetGroups: [], mirror: { endpoint: 'reviews', variant: null, samplePct: 200 } }
      );
    for (const text of ['salt', '120 %', 'add up to 130', 'v7 has no share', 'nobody', '200 %', 'live traffic']) {
      expect(bad).toThrow(text);
    }
  });

  test('has an epoch above the last one and above what the publisher remembers', () => {
    const first = documentOf({ v7: 100 });
    expect(documentOf({ v7: 100 }, { previous: first }).epoch).toBe(2);
    expect(documentOf({ v7: 100 }, { previous: first, afterEpoch: 9 }).epoch).toBe(10);
    const renewed = renewedAssignment(first, { nowMs: noon + 30_000, expiresAfterMs: 60_000 });
    expect(renewed).toEqual({
      ...first,
      publishedAt: new Date(noon + 30_000).toISOString(),
      expiresAt: new Date(noon + 90_000).toISOString(),
    });
  });

  const good = documentOf({ v7: 90, v8: 10 });
  const routing = good.routing as Extract<AssignmentDocument['routing'], { kind: 'shares' }>;
  test.each([
    ['a version of the future', { version: 2 }, 'version is 2'],
    ['no epoch', { epoch: null }, 'epoch'],
    ['no expiry', { expiresAt: 'soon' }, 'expiresAt'],
    ['an unknown routing', { routing: { kind: 'magic' } }, 'neither'],
    ['a gap', { routing: { ...routing, ranges: routing.ranges.slice(1) } }, 'gap'],
    ['ranges that end early', { routing: { ...routing, ranges: routing.ranges.slice(0, 1) } }, 'end at slot 900000'],
    ['shares that the ranges do not give', { routing: { ...routing, sharesPct: { v7: 80, v8: 20 } } }, 'another share'],
    ['ranges of nobody known', { routing: { ...routing, sharesPct: { v7: 90 } } }, 'another share'],
  ])('with %s is refused', (_, change, message) => {
    expect(() => parseAssignment(JSON.stringify({ ...good, ...change }))).toThrow(message);
  });
});

describe('segments with splits of their own', () => {
  const bySegment = (phones: number, previous: AssignmentDocument | null = null): AssignmentDocument =>
    assignmentDocument({
      endpoint: 'reviews',
      previous,
      nowMs: noon,
      expiresAfterMs: 60_000,
      salt: 'reviews/1',
      routing: {
        kind: 'shares',
        incumbent: 'v7',
        sharesPct: { v7: 90, v8: 10 },
        segments: {
          place: '$.category',
          sharesPct: { phones: { v7: 100 - phones, v8: phones }, books: { v7: 100, v8: 0 } },
        },
      },
    });
  const asked = (document: AssignmentDocument, category: unknown, more: Partial<Parameters<typeof choose>[1]> = {}) => {
    const choices = Array.from({ length: 2_000 }, (_, i) =>
      choose(document, { userId: `u${i}`, inferenceId: `i${i}`, text: () => JSON.stringify({ category }), ...more })
    );
    const [first] = choices;
    const toV8 = choices.filter((choice) => choice.kind === 'drawn' && choice.variant === 'v8').length / 20;
    return { segment: first?.kind === 'drawn' ? first.segment : null, toV8, choices };
  };

  test('are drawn by the split of what the request says, and everything else by the common one', () => {
    const document = parseAssignment(formatAssignment(bySegment(60)));
    expect(asked(document, 'phones')).toMatchObject({ segment: 'phones', toV8: expect.closeTo(60, -1) as unknown });
    expect(asked(document, 'books')).toMatchObject({ segment: 'books', toV8: 0 });
    for (const stranger of ['toys', undefined, 'constructor'])
      expect(asked(document, stranger)).toMatchObject({ segment: 'other', toV8: expect.closeTo(10, -1) as unknown });
    expect(asked(document, '', { text: () => 'no JSON' })).toMatchObject({ segment: 'other' });
    const [choice] = asked(document, 'phones').choices;
    expect(choice).toMatchObject({ sharesPct: { v7: 40, v8: 60 } });
    expect([0.4, 0.6]).toContain(choice?.kind === 'drawn' ? choice.propensity : NaN);
  });

  test('are what the caller says where he says it', () => {
    expect(asked(bySegment(60), 'phones', { segment: 'books' })).toMatchObject({ segment: 'books', toV8: 0 });
  });

  test('keep their users when another segment’s shares move, and as many as can be when their own do', () => {
    const before = bySegment(60);
    const after = bySegment(20, before);
    for (const category of ['books', 'toys'])
      expect(asked(after, category).choices).toEqual(
        asked(before, category).choices.map((choice) => ({ ...choice, epoch: 2 }))
      );
    const moved = asked(after, 'phones').choices;
    const stays = asked(before, 'phones').choices.filter((choice, i) => {
      const now = moved[i];
      return choice.kind === 'drawn' && now?.kind === 'drawn' && choice.variant === now.variant;
    });
    expect(stays.length / 20).toBeCloseTo(60, -1);
  });

  test('that leave a gap are refused by name', () => {
    const gap = JSON.parse(formatAssignment(bySegment(60))) as {
      routing: { segments: { splits: { phones: { ranges: { from: number }[] } } } };
    };
    const [range] = gap.routing.segments.splits.phones.ranges;
    if (range !== undefined) range.from = 1;
    expect(() => parseAssignment(JSON.stringify(gap))).toThrow(
      /segment phones: ranges leave a gap or overlap at slot 0/
    );
  });
});
