import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { distinctEvents, eventIdOf, formatEvent, parseEvents, type BusinessEvent } from '../../gateway/event-format';
import { formatExposure, parseExposures } from '../../gateway/exposure-format';
import { hourPrefixes } from '../../gateway/s3-location';

const noon = Date.UTC(2026, 0, 31, 12, 0, 0);
const iso = (ms: number): string => new Date(ms).toISOString();

const event: BusinessEvent = {
  version: 1,
  eventId: 'e1',
  event: 'conversion',
  endpoint: 'reviews',
  userId: 'ana',
  value: 1,
  at: iso(noon),
  receivedAt: iso(noon + 1_000),
};

describe('business events', () => {
  test('come back from their lines as they were', () => {
    const text = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(text, text, fc.double({ noNaN: true, noDefaultInfinity: true }), (eventId, userId, value) => {
        const read = parseEvents(formatEvent({ ...event, eventId, userId, value }));
        // JSON has no minus zero.
        expect(read).toEqual([{ ...event, eventId, userId, value: value + 0 }]);
      })
    );
  });

  test.each([
    ['of another version', { version: 2 }],
    ['of nobody', { userId: undefined }],
    ['whose name would be a path', { event: 'a/b' }],
    ['without a number', { value: null }],
    ['without a time', { at: 'yesterday' }],
  ])('%s are refused with their text', (_what, change) => {
    expect(() => parseEvents(`${formatEvent(event)}${JSON.stringify({ ...event, ...change })}\n`)).toThrow(
      'Not an event of version 1: {"version"'
    );
  });

  test('that were cut off in the middle are refused', () => {
    expect(() => parseEvents(formatEvent(event).slice(0, 40))).toThrow('Not an event of version 1');
  });

  test('have one id however often they are sent, and another when they are another', () => {
    const sent = { event: 'conversion', endpoint: 'reviews', userId: 'ana', value: 1, at: iso(noon) };
    const others = [
      { ...sent, event: 'return' },
      { ...sent, endpoint: 'other' },
      { ...sent, value: 2 },
      { ...sent, at: iso(noon + 1) },
      { ...sent, at: undefined },
      { ...sent, userId: undefined, inferenceId: 'ana' },
    ];
    expect(eventIdOf({ ...sent })).toBe(eventIdOf(sent));
    expect(new Set([sent, ...others].map(eventIdOf)).size).toBe(1 + others.length);
  });

  test('that came twice or out of order count once, as received first', () => {
    const twice = { ...event, receivedAt: iso(noon + 500) };
    const other = { ...event, eventId: 'e2', receivedAt: iso(noon + 700) };
    expect(distinctEvents([event, other, twice])).toEqual([twice, other]);
  });

  test('count once each, however they were repeated, delayed and shuffled on their way through several gateways', () => {
    const sends = fc.array(
      fc.record({
        user: fc.integer({ min: 0, max: 3 }),
        value: fc.integer({ min: 1, max: 2 }),
        atS: fc.integer({ min: 0, max: 3 }),
        delayS: fc.integer({ min: 0, max: 10_000 }),
        copies: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 30 }
    );
    fc.assert(
      fc.property(sends, fc.func(fc.integer()), (told, order) => {
        const received = told.flatMap(({ user, value, atS, delayS, copies }) => {
          const what = {
            event: 'conversion',
            endpoint: 'reviews',
            userId: `u${user}`,
            value,
            at: iso(noon + atS * 1_000),
          };
          return Array.from({ length: copies }, (_, copy) => ({
            ...event,
            ...what,
            eventId: eventIdOf(what),
            receivedAt: iso(noon + (atS + delayS + copy) * 1_000),
          }));
        });
        const read = [...received].sort((a, b) => order(a) - order(b)).flatMap((one) => parseEvents(formatEvent(one)));
        const happened = new Set(told.map(({ user, value, atS }) => `${user} ${value} ${atS}`));
        const distinct = distinctEvents(read);
        expect(distinct).toHaveLength(happened.size);
        for (const { eventId, receivedAt } of distinct) {
          const copies = received.filter((one) => one.eventId === eventId).map((one) => one.receivedAt);
          expect(receivedAt).toBe([...copies].sort()[0]);
        }
      })
    );
  });

  test('are listed by their name and the hours in which they were received', () => {
    const prefixes = hourPrefixes({ prefix: 'shop', folder: 'conversion', fromMs: noon, toMs: noon + 3_600_001 });
    expect(prefixes).toEqual(['shop/conversion/2026/01/31/12/', 'shop/conversion/2026/01/31/13/']);
  });
});

describe('exposures', () => {
  const exposure = {
    version: 1,
    endpoint: 'reviews',
    inferenceId: 'i1',
    userId: 'ana',
    variant: 'v8',
    status: 200,
    epoch: 3,
    propensity: 0.1,
    at: iso(noon),
  } as const;

  test('come back from their lines as they were, with and without an assignment', () => {
    const byWeights = { ...exposure, epoch: null, propensity: null };
    expect(parseExposures(formatExposure(exposure) + formatExposure(byWeights))).toEqual([exposure, byWeights]);
  });

  test.each([{ propensity: 10 }, { epoch: -1 }, { variant: '' }, { at: '' }])('with %j are refused', (change) => {
    expect(() => parseExposures(JSON.stringify({ ...exposure, ...change }))).toThrow('Not an exposure of version 1');
  });

  test('are listed by their endpoint and the hours in which calls ended', () => {
    const prefixes = hourPrefixes({ prefix: 'all', folder: 'reviews', fromMs: noon, toMs: noon + 1 });
    expect(prefixes).toEqual(['all/reviews/2026/01/31/12/']);
  });
});
