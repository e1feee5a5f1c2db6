import { seededUniform } from '../../guards/random';
import type { ModelCaller } from '../types';
import { coalitionsOf, defaultSamples } from './coalitions';
import type { Coalition } from './coalitions';
import { attributionsOver } from './kernel-shap';
import type { Attributions } from './kernel-shap';

/** Rows that stand for "this feature is not known", with how much each stands for. */
export interface Background {
  readonly rows: readonly (readonly string[])[];
  /** Sum to 1. */
  readonly weights: readonly number[];
}

export interface ExplainPlan {
  readonly seed: number;
  /** Coalitions a row; null: as many as the budget allows, and no more than shap takes by itself. */
  readonly samples: number | null;
  /** Rows that the model may be asked, over all that is explained. */
  readonly calls: number;
  /** Of probabilities: attributions of the log odds. */
  readonly useLogit: boolean;
}

/** One explained row: attributions by output, then by feature. */
export interface ExplainedRow {
  readonly values: readonly (readonly number[])[];
}

export interface Explained {
  /** The model's mean answer to the background, by output. */
  readonly expected: readonly number[];
  readonly rows: readonly ExplainedRow[];
  readonly samples: number;
  readonly calls: number;
}

/** Rows of one call to the model. */
const BATCH = 2_000;

/**
 * Explains rows one after another by Kernel SHAP. What was explained before (`done`) is not asked again, and `onRow` hears of each new row, so that a
 * worker that is killed goes on where it was. The same seed comes to the same attributions, whoever explains which rows.
 */
export async function explain(
  model: ModelCaller,
  p: {
    readonly rows: readonly (readonly string[])[];
    readonly background: Background;
    readonly plan: ExplainPlan;
    readonly done?: readonly ExplainedRow[];
    readonly onRow?: (row: ExplainedRow, index: number) => Promise<void> | void;
    readonly signal?: AbortSignal;
  }
): Promise<Explained> {
  const { rows, background, plan, done = [] } = p;
  const features = rows[0]?.length ?? 0;
  const samples = samplesOf(p);
  const scale = plan.useLogit ? logOdds : (value: number) => value;
  let calls = background.rows.length;
  const answers = await model.predict(background.rows);
  const outputs = answers[0]?.length ?? 0;
  const width = background.rows.length;
  /** The mean answer to as many rows as the background has, from one of them on. */
  const meanOf = (said: readonly (readonly number[])[], from: number, output: number): number => {
    let sum = 0;
    for (let b = 0; b < width; b++) sum += (background.weights[b] ?? NaN) * (said[from + b]?.[output] ?? NaN);
    return scale(sum);
  };
  const each = <T>(of: (output: number) => T): readonly T[] => Array.from({ length: outputs }, (_, o) => of(o));
  const expected = each((output) => meanOf(answers, 0, output));
  const askable = askablesOf(features, samples, plan.seed);
  const explained: ExplainedRow[] = [...done];
  for (const [index, row] of rows.entries()) {
    if (index < done.length) continue;
    p.signal?.throwIfAborted();
    const { coalitions, attributions } = askable(index);
    const said = await inBatches(model, 1 + coalitions.length * width, (at) =>
      at === 0 ? row : mixed(row, background.rows[(at - 1) % width] ?? [], coalitions[Math.floor((at - 1) / width)])
    );
    calls += 1 + coalitions.length * width;
    const values = each((output) =>
      attributions({
        empty: expected[output] ?? NaN,
        full: scale(said[0]?.[output] ?? NaN),
        values: coalitions.map((_, c) => meanOf(said, 1 + c * width, output)),
      })
    );
    explained.push({ values });
    await p.onRow?.({ values }, index);
  }
  return { expected, rows: explained, samples, calls };
}

/** As many coalitions as the budget allows each row. Throws `RangeError` where it does not allow even two a feature. */
function samplesOf({
  rows,
  background,
  plan,
}: {
  readonly rows: readonly (readonly string[])[];
  readonly background: Background;
  readonly plan: ExplainPlan;
}): number {
  const features = rows[0]?.length ?? 0;
  const width = Math.max(1, background.rows.length);
  const affordable = Math.floor((plan.calls - width - rows.length) / (Math.max(1, rows.length) * width));
  const all = features < 31 ? 2 ** features - 2 : Infinity;
  const wanted = Math.min(all, plan.samples ?? defaultSamples(features));
  const samples = Math.min(wanted, affordable);
  const least = Math.min(all, 2 * features);
  if (samples >= least) return samples;
  const needed = least * rows.length * width + width + rows.length;
  throw new RangeError(
    `${plan.calls} calls are too few to explain ${rows.length} rows of ${features} features on ${width} baseline rows; ${needed} are needed.`
  );
}

interface Askable {
  readonly coalitions: readonly Coalition[];
  readonly attributions: Attributions;
}

/** Coalitions of a row. Where none of them is left to chance they are the same for all rows, and so are their equations. */
function askablesOf(features: number, samples: number, seed: number): (index: number) => Askable {
  let shared: Askable | undefined;
  return (index) => {
    if (shared !== undefined) return shared;
    const draw = seededUniform(seed + 7_919 * index);
    let isDrawn = false;
    const uniform = (): number => {
      isDrawn = true;
      return draw();
    };
    const coalitions = coalitionsOf({ features, samples, uniform });
    const made = { coalitions, attributions: attributionsOver(coalitions) };
    if (!isDrawn) shared = made;
    return made;
  };
}

/** The row's own cells where the coalition keeps them, else those of a row of the background. */
function mixed(row: readonly string[], known: readonly string[], coalition: Coalition | undefined): readonly string[] {
  const mask = coalition?.mask;
  const cells = new Array<string>(row.length);
  for (let f = 0; f < row.length; f++) cells[f] = (mask?.[f] === 1 ? row[f] : known[f]) ?? '';
  return cells;
}

async function inBatches(
  model: ModelCaller,
  count: number,
  rowAt: (at: number) => readonly string[]
): Promise<readonly (readonly number[])[]> {
  const said: (readonly number[])[] = [];
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    said.push(...(await model.predict(Array.from({ length: size }, (_, i) => rowAt(from + i)))));
  }
  return said;
}

/** Kept finite: a model that is sure to the last bit has no log odds. */
function logOdds(probability: number): number {
  const inside = Math.min(1 - 1e-7, Math.max(1e-7, probability));
  return Math.log(inside / (1 - inside));
}
