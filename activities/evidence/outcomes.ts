import { distinctEvents, parseEvents } from '../../gateway/event-format';
import type { BusinessEvent } from '../../gateway/event-format';
import { hourPrefixes, parseS3Location } from '../../gateway/s3-location';
import { FailureError } from '../../sagemaker/faults';
import { EVENT_LAG_MS } from '../../spec/ripening';
import type { EventSource } from '../../spec/types';
import type { Look } from './look';
import { readAll } from './objects';
import { tickEnd } from './reading';
import type { Only } from './segments';
import { readTrials } from './trials';
import type { Trial } from './trials';

/** One trial whose window is over. */
export interface Outcome extends Trial {
  readonly happened: boolean;
  /** Sum of what its events carried; 0 without any. */
  readonly value: number;
}

export interface Outcomes {
  /** Ticks that end here or earlier are decided. */
  readonly closedMs: number;
  /** By variant, then by the end of the tick in which the trial began. */
  of(variant: string, endMs: number): readonly Outcome[];
}

/**
 * What became of the trials that began from `sinceMs` on: whether the event followed within its window. A trial is decided once, when the
 * window after its tick is over and events have had a minute to arrive; an event that comes later is not counted, on either arm.
 * Each event counts once (`eventId`), for the last trial before it.
 */
export async function readOutcomes(
  look: Look,
  input: {
    readonly event: string;
    readonly unit: 'request' | 'user';
    readonly sinceMs: number;
    /** Leaves out trials that began with another request; absent: none. */
    readonly only?: Only | undefined;
  }
): Promise<Outcomes> {
  const { spec, nowMs } = look;
  const source = sourceOf(look, input.event);
  const { tickMs } = spec;
  const trials = await readTrials(look, { unit: input.unit, windowMs: source.windowMs, fromMs: input.sinceMs });
  const closedMs = Math.min(trials.closedMs, nowMs - source.windowMs - EVENT_LAG_MS);
  if (closedMs <= input.sinceMs) return { closedMs, of: () => [] };

  const byUnit = new Map<string, Trial[]>();
  for (const trial of trials.all) {
    const own = byUnit.get(trial.unit);
    if (own === undefined) byUnit.set(trial.unit, [trial]);
    else own.push(trial);
  }
  const sums = new Map<Trial, number>();
  for (const event of await readEvents(look, { ...input, source, toMs: nowMs })) {
    const unit = unitOf(event, input.unit, trials.userOf);
    const atMs = Date.parse(event.at);
    const trial = unit === undefined ? undefined : byUnit.get(unit)?.findLast((one) => one.atMs <= atMs);
    if (trial === undefined || atMs > trial.atMs + source.windowMs) continue;
    const closesMs = tickEnd(trial.atMs, tickMs) + source.windowMs + EVENT_LAG_MS;
    if (Date.parse(event.receivedAt) <= closesMs) sums.set(trial, (sums.get(trial) ?? 0) + event.value);
  }
  const decided = new Map<string, Outcome[]>();
  const { only = () => true } = input;
  for (const trial of trials.all.filter(({ id }) => only(id))) {
    const place = `${trial.variant} ${tickEnd(trial.atMs, tickMs)}`;
    const value = sums.get(trial);
    const outcome = { ...trial, happened: value !== undefined, value: value ?? 0 };
    const own = decided.get(place);
    if (own === undefined) decided.set(place, [outcome]);
    else own.push(outcome);
  }
  return { closedMs, of: (variant, endMs) => decided.get(`${variant} ${endMs}`) ?? [] };
}

function sourceOf({ spec }: Look, event: string): EventSource {
  const source = spec.events?.[event];
  if (source === undefined) throw new FailureError('InvalidRequest', `The file has no event ${event}.`);
  return source;
}

/** An event about a user may name only the call that it followed. */
function unitOf(
  { inferenceId, userId }: BusinessEvent,
  unit: 'request' | 'user',
  userOf: ReadonlyMap<string, string>
): string | undefined {
  if (unit === 'request') return inferenceId;
  return userId ?? (inferenceId === undefined ? undefined : userOf.get(inferenceId));
}

async function readEvents(
  { objects, spec }: Look,
  input: { readonly event: string; readonly source: EventSource; readonly sinceMs: number; readonly toMs: number }
): Promise<readonly BusinessEvent[]> {
  const { bucket, prefix } = parseS3Location(input.source.from);
  const at = { prefix, folder: input.event, fromMs: input.sinceMs, toMs: input.toMs };
  const folders = hourPrefixes(at);
  const refs = (await Promise.all(folders.map((folder) => objects.list({ bucket, prefix: folder })))).flat();
  const events = (await readAll(objects, refs, parseEvents)).flatMap(({ value }) => value);
  return distinctEvents(events.filter(({ endpoint }) => endpoint === spec.endpoint));
}
