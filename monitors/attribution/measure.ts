import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isRecord } from '../bias/option-reader';
import type { Json, State, Work } from '../types';
import { readRows } from './digest';
import { explain } from './explain';
import type { Background, ExplainedRow } from './explain';
import type { AttributionOptions } from './options';
import { prototypesOf } from './prototypes';
import { tokensOf, wordAttributions, wordName } from './tokens';

/** Attributions of the rows of a state. */
export interface Attributions {
  readonly features: readonly string[];
  /** By output, then by row, then by feature. */
  readonly local: readonly (readonly (readonly number[])[])[];
  readonly expected: readonly number[];
  readonly background: Background;
  readonly settings: Readonly<Record<string, Json>>;
}

/** Rejects with RangeError where there is no model, no row, or no call left for them. */
export async function attributionsOf(
  work: Work,
  state: State,
  how: { readonly options: AttributionOptions; readonly background: Background | null }
): Promise<Attributions> {
  const { options } = how;
  if (work.model === undefined)
    throw new RangeError('Attributions need the model: give its address or the command that starts it.');
  const { features, rows } = await readRows(work, state.dir);
  if (rows.length === 0) throw new RangeError('There is no row to explain.');
  if (options.text !== null) return explainTexts({ ...work, model: work.model }, rows, options);
  const background = how.background ?? backgroundOf(rows, options);
  const wrong = background.rows.find((row) => row.length !== features.length);
  if (wrong !== undefined)
    throw new RangeError(
      `A baseline row has ${wrong.length} cells, the data ${features.length} features: ${features.join(', ')}.`
    );
  const key = JSON.stringify([options.seed, options.samples, options.calls, options.useLogit, background, rows]);
  const kept = await Checkpoint.open(work.resumeDir ?? state.dir, key);
  const found = await explain(work.model, {
    ...{ rows, background, done: kept.rows },
    plan: { seed: options.seed, samples: options.samples, calls: options.calls, useLogit: options.useLogit },
    onRow: async (row, index) => {
      await kept.add(row);
      work.progress(index + 1, rows.length, 'rows explained');
    },
    ...(work.signal && { signal: work.signal }),
  });
  const local = found.expected.map((_, output) => found.rows.map(({ values }) => values[output] ?? []));
  const settings = { samples: found.samples, rows: rows.length, baseline_rows: background.rows.length };
  return { features, local, expected: found.expected, background, settings };
}

function backgroundOf(rows: readonly (readonly string[])[], { baseline, seed }: AttributionOptions): Background {
  if (baseline.kind === 'clusters') return prototypesOf(rows, { clusters: baseline.clusters, seed });
  return { rows: baseline.rows, weights: baseline.rows.map(() => 1 / baseline.rows.length) };
}

/** Words as features, over all rows: what a word does where it stands, and nothing where it does not. Of the model's first output. */
async function explainTexts(
  work: Work & { readonly model: NonNullable<Work['model']> },
  rows: readonly (readonly string[])[],
  options: AttributionOptions
): Promise<Attributions> {
  const texts = rows.map(([text = '']) => tokensOf(text, options.text?.mask));
  const calls = Math.max(4, Math.floor(options.calls / texts.length));
  const values: (readonly number[])[] = [];
  for (const [index, tokens] of texts.entries()) {
    work.signal?.throwIfAborted();
    values.push(
      await wordAttributions(tokens.words.length, {
        calls,
        valuesOf: async (masks) =>
          (await work.model.predict(masks.map((mask) => [tokens.textWith(mask)]))).map(([one = NaN]) => one),
      })
    );
    work.progress(index + 1, texts.length, 'texts explained');
  }
  const [expected = NaN] = (await work.model.predict([['']]))[0] ?? [];
  const features = [...new Set(texts.flatMap(({ words }) => words.map(wordName)))].sort();
  const index = new Map(features.map((name, f) => [name, f]));
  const local = texts.map(({ words }, r) => {
    const row = new Array<number>(features.length).fill(0);
    for (const [w, word] of words.entries()) {
      const f = index.get(wordName(word)) ?? 0;
      row[f] = (row[f] ?? 0) + (values[r]?.[w] ?? 0);
    }
    return row;
  });
  const background = { rows: [['']], weights: [1] };
  return {
    features,
    local: [local],
    expected: [expected],
    background,
    settings: { rows: rows.length, calls_a_text: calls },
  };
}

/** What was explained, row by row, beside the state: a worker that is killed goes on there, unless it is asked something else. */
class Checkpoint {
  private constructor(
    private readonly file: string,
    readonly rows: readonly ExplainedRow[]
  ) {}

  static async open(dir: string, key: string): Promise<Checkpoint> {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 16);
    const file = path.join(dir, `explained-${name}.jsonl`);
    const text = await readFile(file, 'utf8').catch(() => '');
    const lines = text.split('\n').slice(0, -1);
    return new Checkpoint(file, lines.flatMap(rowOf));
  }

  add(row: ExplainedRow): Promise<void> {
    return appendFile(this.file, `${JSON.stringify(row)}\n`);
  }
}

function rowOf(line: string): readonly ExplainedRow[] {
  const found = JSON.parse(line) as Json;
  return isRecord(found) ? [found as unknown as ExplainedRow] : [];
}
