import type { Evidence, GuardPlan } from '../../guards';
import type { TraceRow } from '../../spec/trace';
import { Mistake } from '../mistakes';

/** The rows of one guard in one tick, by arm; `shared` are those that name no variant. */
export interface TickRows {
  readonly candidate: TraceRow | null;
  readonly incumbent: TraceRow | null;
  readonly shared: TraceRow | null;
}

/** What a tick's rows say to a guard. An arm without a row had nothing. Throws `Mistake` when a field that the guard needs is missing. */
export function evidenceOf(plan: GuardPlan, rows: TickRows): Evidence {
  const any = rows.candidate ?? rows.incumbent ?? rows.shared;
  if (any === null) throw new RangeError('a tick has rows');
  const key = any.t;
  const unit = any.unit === undefined ? {} : { unit: any.unit };
  const arms = <T>(of: (row: TraceRow) => T, nothing: T) => ({
    candidate: rows.candidate === null ? nothing : of(rows.candidate),
    incumbent: rows.incumbent === null ? nothing : of(rows.incumbent),
  });
  switch (plan.kind) {
    case 'errors':
    case 'quality':
      return { key, ...unit, ...arms((row) => ({ n: need(row, 'n'), bad: need(row, 'k') }), NOTHING) };
    case 'business':
    case 'goal':
      return { key, ...unit, ...arms((row) => ({ n: need(row, 'n'), bad: need(row, 'n') - need(row, 'k') }), NOTHING) };
    case 'shadow': {
      const row = rows.candidate ?? rows.shared ?? any;
      const n = need(row, 'n');
      return { key, candidate: { n, bad: need(row, 'worse') }, incumbent: { n, bad: need(row, 'better') } };
    }
    case 'latency':
      return {
        kind: 'latency',
        key,
        ...arms((row) => ({ n: need(row, 'n'), above: aboveCutoffs(plan.cutoffsMs, row) }), {
          n: 0,
          above: plan.cutoffsMs.map(() => 0),
        }),
      };
    case 'mean': {
      if (plan.method === 'score') {
        const moments = (row: TraceRow) => ({
          n: need(row, 'n'),
          sum: need(row, 'sum'),
          squares: need(row, 'squares'),
        });
        return { kind: 'moments', key, ...unit, ...arms(moments, { n: 0, sum: 0, squares: 0 }) };
      }
      const none = plan.points.map(() => 0);
      return { kind: 'histogram', key, ...unit, ...arms((row) => need(row, 'counts'), none), sharePct: shareOf(rows) };
    }
    case 'shadowScore':
      return { kind: 'differences', key, counts: need(rows.candidate ?? rows.shared ?? any, 'counts') };
    case 'split':
      return { kind: 'split', key, ...unit, ...arms((row) => need(row, 'n'), 0), sharePct: shareOf(rows) };
    case 'captureLoss':
      return {
        kind: 'coverage',
        key,
        ...arms((row) => ({ due: need(row, 'n'), got: need(row, 'captured') }), { due: 0, got: 0 }),
        sampling: (any.sampling ?? 100) / 100,
      };
    case 'labelLoss':
      return {
        kind: 'coverage',
        key,
        ...arms((row) => ({ due: need(row, 'n'), got: need(row, 'labelled') }), { due: 0, got: 0 }),
        sampling: 1,
      };
    case 'outputDrift':
      return { kind: 'labels', key, ...arms((row) => need(row, 'labels'), {}) };
    case 'bias':
      return { kind: 'facets', key, ...arms((row) => need(row, 'cells'), {}) };
    case 'inputDrift': {
      const bins = need(rows.shared ?? any, 'bins');
      return { kind: 'inputs', key, counts: (plan.reference ?? []).map(({ place }) => bins[place] ?? []) };
    }
    case 'attribution': {
      const row = rows.candidate ?? any;
      const leading = { live: [], baseline: [] };
      const measured = { n: need(row, 'n'), ndcg: need(row, 'ndcg'), interval: row.interval ?? null };
      return { kind: 'attribution', key, ...measured, leading, against: 'its baseline' };
    }
    case 'threshold':
      return { kind: 'value', key, value: any.value ?? null };
    case 'alarm':
      return { kind: 'alarm', key, state: need(any, 'state'), dataPoints: any.dataPoints ?? null };
    case 'webhook':
      return { kind: 'webhook', key, answer: need(any, 'answer'), said: any.said ?? null };
  }
}

const NOTHING = { n: 0, bad: 0 };

/** A field that a row must have. Throws `Mistake` where it is missing. */
export function need<K extends keyof TraceRow>(row: TraceRow, field: K): NonNullable<TraceRow[K]> {
  const value = row[field];
  if (value === undefined || value === null)
    throw new Mistake(`Line ${row.line} of the trace: ${row.guard} needs "${field}".`);
  return value;
}

/** The candidate's share may stand in its own row, or the incumbent's in that one. */
function shareOf({ candidate, incumbent }: TickRows): number {
  if (candidate?.share !== undefined) return candidate.share;
  if (incumbent?.share !== undefined) return 100 - incumbent.share;
  const row = candidate ?? incumbent;
  throw new Mistake(
    `Line ${row?.line ?? 0} of the trace: ${row?.guard ?? 'the guard'} needs "share", the configured one in percent.`
  );
}

/** Counts above the plan's cut-offs, which the row must list among its own. */
function aboveCutoffs(cutoffsMs: readonly number[], row: TraceRow): readonly number[] {
  const [cutoffs, above] = [need(row, 'cutoffs'), need(row, 'above')];
  return cutoffsMs.map((cutoff) => {
    const at = cutoffs.findIndex((ms) => Math.abs(ms - cutoff) <= 1e-9 * cutoff);
    const count = above[at];
    if (count !== undefined) return count;
    throw new Mistake(
      `Line ${row.line} of the trace has no count above ${cutoff} ms; ${row.guard} needs ${cutoffsMs.join(', ')} ms.`
    );
  });
}
