import type { BatchState } from './types';

/** How far a run is. */
export interface BatchProgress {
  readonly partsDone: number;
  readonly parts: number;
  readonly objectsDone: number;
  readonly objects: number;
  readonly bytesDone: number;
  readonly bytes: number;
  /** When the transforming ends if it goes on as fast; null before anything is done. */
  readonly endMs: number | null;
}

/** What a part is worth while its job has been checked and only its results are put together. */
const LATE_PHASES: ReadonlySet<string> = new Set(['challenge', 'assemble']);

/** Bytes are the measure: objects and parts differ in size. */
export function batchProgress(state: BatchState, nowMs: number): BatchProgress {
  const sum = (of: (part: BatchState['parts'][number]) => number): number =>
    state.parts.reduce((total, part) => total + of(part), 0);
  const done = state.parts.filter(({ phase }) => phase === 'done');
  const bytes = sum((part) => part.bytes);
  const bytesDone = sum((part) => (part.phase === 'done' || LATE_PHASES.has(part.phase) ? part.bytes : 0));
  const { transformingSinceMs: sinceMs } = state;
  const isMoving = sinceMs !== null && bytesDone > 0 && nowMs > sinceMs;
  return {
    partsDone: done.length,
    parts: state.parts.length,
    objectsDone: done.reduce((total, part) => total + part.objects, 0),
    objects: sum((part) => part.objects),
    bytesDone,
    bytes,
    endMs: isMoving ? Math.round(nowMs + ((nowMs - sinceMs) * (bytes - bytesDone)) / bytesDone) : null,
  };
}
