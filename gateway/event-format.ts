import { createHash } from 'node:crypto';
import { formatJsonLine, parseJsonLines } from './json-lines';
import { isInstant, isObject, isOptional, isText } from './shape';

/**
 * Something that happened to a user, or after one call, and that the business cares about: a conversion, a return, a complaint.
 * A line of JSON in S3. It may arrive late, out of order, and more than once; who reads it counts each `eventId` once.
 */
export interface BusinessEvent {
  readonly version: 1;
  /** The same event has the same id however often it is sent. Given by the application, or made by `eventIdOf`. */
  readonly eventId: string;
  /** `conversion`; letters, digits, `.`, `_` and `-`, because it is a folder's name. */
  readonly event: string;
  readonly endpoint: string;
  /** The call that it followed; of `inferenceId` and `userId` at least one is there. */
  readonly inferenceId?: string;
  /** The user that it happened to. */
  readonly userId?: string;
  /** An amount, or 1 for what just happened. */
  readonly value: number;
  /** ISO-8601: when it happened, by the application. */
  readonly at: string;
  /** ISO-8601: when the gateway took it. Its hour names the folder, so a late event lies where a reader has not been yet. */
  readonly receivedAt: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isEventName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

/**
 * Id of an event that came without one: a digest of all that tells it from others, so that a repeated send gives the same id.
 * Two events that differ in nothing are one; an application in which the same thing may happen twice sends `at` or an `eventId`.
 */
export function eventIdOf(event: {
  readonly event: string;
  readonly endpoint: string;
  readonly inferenceId?: string | undefined;
  readonly userId?: string | undefined;
  readonly value: number;
  /** Only as the application gave it: the time of receipt differs between two sends. */
  readonly at?: string | undefined;
}): string {
  const { event: name, endpoint, inferenceId, userId, value, at } = event;
  const told = JSON.stringify([name, endpoint, inferenceId ?? null, userId ?? null, value, at ?? null]);
  return createHash('sha256').update(told).digest('hex').slice(0, 32);
}

export function formatEvent(event: BusinessEvent): string {
  return formatJsonLine(event);
}

/** @throws on a line that is no event of this version */
export function parseEvents(text: string): readonly BusinessEvent[] {
  return parseJsonLines(text, { what: 'an event of version 1', isValid: isBusinessEvent });
}

/** Each event once, the one that was received first; in order of receipt. */
export function distinctEvents(events: readonly BusinessEvent[]): readonly BusinessEvent[] {
  const seen = new Set<string>();
  return [...events]
    .sort((a, b) => Date.parse(a.receivedAt) - Date.parse(b.receivedAt))
    .filter(({ eventId }) => {
      const isNew = !seen.has(eventId);
      seen.add(eventId);
      return isNew;
    });
}

function isBusinessEvent(value: unknown): value is BusinessEvent {
  return (
    isObject(value) &&
    value.version === 1 &&
    isText(value.eventId) &&
    isEventName(value.event) &&
    isText(value.endpoint) &&
    isOptional(value.inferenceId, isText) &&
    isOptional(value.userId, isText) &&
    (value.inferenceId !== undefined || value.userId !== undefined) &&
    Number.isFinite(value.value) &&
    isInstant(value.at) &&
    isInstant(value.receivedAt)
  );
}
