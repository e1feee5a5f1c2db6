import { eventIdOf, isEventName, type BusinessEvent } from './event-format';
import type { Label } from './ground-truth';
import { isInstant, isText } from './shape';

/** What turned out later: the true label of one call, or something that the business cares about. */
export type Feedback = Label | EventFeedback;

export interface EventFeedback {
  /** `conversion`. */
  readonly event: string;
  /** The call that it followed, the user that it happened to; at least one of them. */
  readonly inferenceId?: string;
  readonly userId?: string;
  /** Default 1. */
  readonly value?: number;
  /** ISO-8601, when it happened; default: now. */
  readonly at?: string;
  /** The same for every send of the same event; by default made of all that the event says. */
  readonly eventId?: string;
}

/** What `feedback` refuses, with all its reasons. */
export class InvalidFeedback extends Error {
  override readonly name = 'InvalidFeedback';
}

export type CheckedFeedback =
  { readonly kind: 'label'; readonly label: Label } | { readonly kind: 'event'; readonly event: BusinessEvent };

interface Taking {
  readonly endpoint: string;
  readonly nowMs: number;
  /** What the gateway can write. */
  readonly places: { readonly labels: boolean; readonly events: boolean };
}

/** @throws InvalidFeedback with all that is wrong in all of them: a list is taken whole or not at all */
export function checkAllFeedback(list: readonly Feedback[], taking: Taking): readonly CheckedFeedback[] {
  const problems = list.flatMap((feedback, i) => {
    const found = problemsOf(feedback, taking);
    if (found.length === 0) return [];
    return [`${list.length === 1 ? '' : `message ${i}: `}${found.join('; ')}.`];
  });
  if (problems.length > 0) throw new InvalidFeedback(problems.join(' '));
  return list.map((feedback) => checked(feedback, taking));
}

/** It may come from JSON that somebody posted: types promise nothing here. */
function problemsOf(feedback: Feedback, { places }: Taking): readonly string[] {
  const given: Readonly<Record<string, unknown>> = { ...feedback };
  if ('event' in feedback) {
    const noPlace = 'this gateway has no place for events: create it with events: "s3://…"';
    return [...eventProblems(given), ...(places.events ? [] : [noPlace])];
  }
  const noPlace = 'this gateway has no place for labels: create it with labels: "s3://…"';
  return [...labelProblems(given), ...(places.labels ? [] : [noPlace])];
}

function checked(feedback: Feedback, at: Taking): CheckedFeedback {
  if (!('event' in feedback)) {
    return { kind: 'label', label: { inferenceId: feedback.inferenceId, label: feedback.label } };
  }
  const { event, inferenceId, userId, value = 1 } = feedback;
  const whose = { ...(inferenceId !== undefined && { inferenceId }), ...(userId !== undefined && { userId }) };
  const receivedAt = new Date(at.nowMs).toISOString();
  return {
    kind: 'event',
    event: {
      version: 1,
      eventId: feedback.eventId ?? eventIdOf({ event, endpoint: at.endpoint, ...whose, value, at: feedback.at }),
      event,
      endpoint: at.endpoint,
      ...whose,
      value,
      at: feedback.at === undefined ? receivedAt : new Date(feedback.at).toISOString(),
      receivedAt,
    },
  };
}

function labelProblems({ inferenceId, label }: Readonly<Record<string, unknown>>): readonly string[] {
  const isLabel = (typeof label === 'string' && label !== '') || (typeof label === 'number' && Number.isFinite(label));
  return [
    ...(isText(inferenceId) ? [] : ['a label needs the inferenceId of its call']),
    ...(isLabel ? [] : ['neither a label (a text or a number) nor an event is given']),
  ];
}

function eventProblems(given: Readonly<Record<string, unknown>>): readonly string[] {
  const { event, label, inferenceId, userId, value, at, eventId } = given;
  const ids = Object.entries({ inferenceId, userId, eventId }).filter(([, id]) => id !== undefined && !isText(id));
  return [
    ...(isEventName(event) ? [] : ['event is a name of at most 64 letters, digits, dots, underscores and hyphens']),
    ...(label === undefined ? [] : ['label and event are two messages']),
    ...(inferenceId === undefined && userId === undefined ? ['an event needs an inferenceId or a userId'] : []),
    ...ids.map(([name]) => `${name} is a text`),
    ...(value === undefined || Number.isFinite(value) ? [] : ['value is a number']),
    ...(at === undefined || isInstant(at) ? [] : ['at is a time in ISO-8601']),
  ];
}
