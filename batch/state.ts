import { addCompared, addCounts, newPart, stepPart } from './part';
import type {
  BadRecord,
  BatchEvent,
  BatchOutcome,
  BatchRequest,
  BatchResult,
  BatchState,
  Compared,
  OpenedBatch,
  PartState,
} from './types';

/** Bad records that the state shows; the file has all of them. */
const BAD_SHOWN = 20;

export function startBatch(of: {
  readonly id: string;
  readonly request: BatchRequest;
  readonly atMs: number;
}): BatchState {
  return {
    schema: 1,
    id: of.id,
    request: of.request,
    phase: 'opening',
    startedAtMs: of.atMs,
    opened: null,
    parts: [],
    bad: [],
    transformingSinceMs: null,
    stopped: null,
    endedAtMs: null,
    outcome: null,
    drift: null,
  };
}

export function opened(state: BatchState, batch: OpenedBatch): BatchState {
  return { ...state, opened: batch, phase: 'listing' };
}

export function listed(
  state: BatchState,
  of: {
    readonly parts: readonly { readonly part: number; readonly objects: number; readonly bytes: number }[];
    readonly bad: readonly BadRecord[];
    readonly atMs: number;
  }
): BatchState {
  return withBad(
    { ...state, phase: 'transforming', parts: of.parts.map(newPart), transformingSinceMs: of.atMs },
    of.bad
  );
}

/** What an event makes of the batch; `bad`: the first few records that it put aside. */
export function stepBatch(
  state: BatchState,
  on: { readonly part: number; readonly event: BatchEvent; readonly bad?: readonly BadRecord[] }
): BatchState {
  const hasChallenger = state.opened !== null && state.opened.challenger !== null;
  const parts = state.parts.map((one) => (one.part === on.part ? stepPart(one, on.event, { hasChallenger }) : one));
  return withBad({ ...state, parts }, on.bad ?? []);
}

export function ended(state: BatchState, outcome: BatchOutcome, atMs: number): BatchState {
  return { ...state, phase: 'ended', outcome, endedAtMs: atMs };
}

/** The next part that nobody works on. */
export function nextPart(state: BatchState, taken: ReadonlySet<number>): PartState | undefined {
  return state.parts.find(({ part, phase }) => phase !== 'done' && !taken.has(part));
}

export function quarantinedOf(state: BatchState): number {
  return state.parts.reduce((sum, { quarantined }) => sum + quarantined, 0);
}

export function recordsOf(state: BatchState): number {
  return state.parts.reduce((sum, { records }) => sum + (records ?? 0), 0);
}

export function comparedOf(state: BatchState): Compared | null {
  return state.parts.reduce<Compared | null>((sum, { compared }) => addCompared(sum, compared), null);
}

export function labelsOf(state: BatchState): Readonly<Record<string, number>> {
  return state.parts.reduce<Readonly<Record<string, number>>>((sum, { labels }) => addCounts(sum, labels), {});
}

/** The result of a run that has ended. */
export function resultOfBatch(state: BatchState): BatchResult {
  if (state.outcome === null) throw new TypeError('a batch that goes on has no result');
  return {
    id: state.id,
    nominalMs: state.opened?.nominalMs ?? state.startedAtMs,
    outcome: state.outcome,
    model: state.opened?.model.version ?? 'unknown',
    input: state.opened?.input ?? state.request.batch.input,
    records: recordsOf(state),
    objects: state.parts.reduce((sum, { objects }) => sum + objects, 0),
    quarantined: quarantinedOf(state),
    bad: state.bad,
    jobs: state.parts.reduce((sum, { attempt, phase }) => sum + (phase === 'scan' ? 0 : attempt), 0),
    tookMs: (state.endedAtMs ?? state.startedAtMs) - state.startedAtMs,
    compared: comparedOf(state),
    drift: state.drift,
  };
}

function withBad(state: BatchState, bad: readonly BadRecord[]): BatchState {
  return bad.length === 0 ? state : { ...state, bad: [...state.bad, ...bad].slice(0, BAD_SHOWN) };
}
