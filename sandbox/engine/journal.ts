/** One thing that happened inside the sandbox: a state transition, a container's start or end, an alarm that acted. */
export interface JournalEvent {
  readonly sequence: number;
  readonly atMs: number;
  readonly kind: string;
  readonly resource: string;
  readonly from?: string;
  readonly to?: string;
  readonly reason?: string;
}

export interface Journal {
  record(event: Omit<JournalEvent, 'sequence' | 'atMs'>): void;
  /** Events after a sequence number, oldest first. */
  since(sequence: number): readonly JournalEvent[];
}

/** Older events are forgotten: the journal is for reading what just happened, the durable log holds the state. */
const KEPT_EVENTS = 10_000;

export function createJournal(clock: { now(): number }): Journal {
  const events: JournalEvent[] = [];
  let sequence = 0;
  return {
    record: (event) => {
      sequence += 1;
      events.push({ sequence, atMs: clock.now(), ...event });
      if (events.length > KEPT_EVENTS * 1.1) events.splice(0, events.length - KEPT_EVENTS);
    },
    since: (after) => events.filter((event) => event.sequence > after),
  };
}
