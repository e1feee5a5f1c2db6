import { createHash } from 'node:crypto';
import type { GuardPlan } from '../../guards';
import type { AttributionEvidence } from '../../guards/thresholds/types';
import { explain } from '../../monitors/attribution/explain';
import type { ExplainedRow } from '../../monitors/attribution/explain';
import { globalScores, ndcgDrift } from '../../monitors/attribution/ndcg';
import { mostFrequent } from '../../monitors/attribution/prototypes';
import { wordAttributions, wordName, tokensOf } from '../../monitors/attribution/tokens';
import type { ModelCaller } from '../../monitors/types';
import { FailureError } from '../../sagemaker/faults';
import type { AttributionGuard } from '../../spec/guard-kinds';
import { rowFormat } from '../monitoring/row-format';
import type { RowFormat } from '../monitoring/endpoint-caller';
import { captureClosedMs, readAnswers } from './answers';
import type { ExplainedWindows } from './explained';
import { readScores } from './attribution-baseline';
import { fieldReader } from './field';
import type { Look } from './look';
import { tickKey, ticksBetween } from './ticks';
import type { GuardReading, Pair } from './reading';
import { featuresOf } from './request-features';

/** A look has half a minute for everything; what is not explained by then goes on with the next one. */
const BUDGET_MS = 12_000;
const SEED = 1;
const RESAMPLES = 500;
const LEVEL = 0.99;
/** Features beyond these, in the order of the requests, are left as they are. */
const MOST_FEATURES = 100;

/** Copies of the models of a rollout's arms, which a look may ask. */
export interface ArmCopies {
  /** Somebody to ask, once the copy of this arm's model is up; null while it starts. */
  open(arm: string, format: RowFormat): Promise<ModelCaller | null>;
  /** It is not needed any more. */
  close(arm: string): Promise<void>;
  readonly explained: ExplainedWindows;
}

/**
 * One window of requests to a candidate, explained by asking a copy of its model; against the candidate's own baseline, or the incumbent's
 * attributions of the same requests. Nothing comes of a look while there are too few requests, the copy starts, or the time is up: the
 * window stays open, and the next look goes on.
 */
export async function readAttributions(
  look: Look,
  {
    guard,
    plan,
    sinceMs,
    pair,
  }: {
    readonly guard: AttributionGuard;
    readonly plan: GuardPlan | null;
    readonly sinceMs: number;
    readonly pair: Pair;
  }
): Promise<GuardReading> {
  const none: GuardReading = { ticks: () => [] };
  const { spec, copies } = look;
  if (plan?.kind !== 'attribution' || guard.value === null || copies === undefined) return none;
  const closedMs = captureClosedMs(look);
  const last = ticksBetween(sinceMs, closedMs, spec.tickMs).at(-1);
  if (last === undefined || closedMs - sinceMs < guard.everyTicks * spec.tickMs) return none;
  const answers = (await readAnswers(look, { fromMs: sinceMs, toMs: closedMs, withInput: true })).get(pair.candidate);
  const requests = (answers ?? [])
    .flatMap(({ input, atMs, id }) => (input === undefined ? [] : [{ input, atMs, id }]))
    .sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1))
    .slice(0, guard.leastN)
    .map(({ input }) => input);
  if (requests.length < guard.leastN) return none;
  const giveUpAt = performance.now() + BUDGET_MS;
  const live = await attributed(guard, { copies, arm: pair.candidate, requests, giveUpAt });
  if (live === null) return none;
  const against =
    guard.baseline === null
      ? await attributed(guard, { copies, arm: pair.incumbent, requests, giveUpAt })
      : await readScores(look.objects, {
          from: guard.baseline,
          places: live.features,
          mayLack: guard.features.from === 'words',
        });
  if (against === null) return none;
  const baseline = 'local' in against ? globalScores(against.local, 'mean_abs') : against.scores;
  const { value, interval } = ndcgDrift(baseline, live.local, {
    ...{ aggregate: 'mean_abs', seed: SEED, resamples: RESAMPLES, level: LEVEL },
  });
  await copies.close(pair.candidate);
  if (guard.baseline === null) await copies.close(pair.incumbent);
  const leading = (scores: readonly number[]) =>
    live.features
      .map((name, f) => ({ name, score: scores[f] ?? 0 }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 3)
      .map(({ name }) => name);
  const evidence: AttributionEvidence = {
    kind: 'attribution',
    key: tickKey(last),
    n: requests.length,
    ndcg: value,
    interval,
    leading: { live: leading(globalScores(live.local, 'mean_abs')), baseline: leading(baseline) },
    against:
      guard.baseline === null ? `what ${pair.incumbent} makes of the same requests` : `${guard.baseline}/analysis.json`,
  };
  return { ticks: (throughMs) => (last.endMs > throughMs ? [{ endMs: last.endMs, evidence }] : []) };
}

interface Attributed {
  readonly features: readonly string[];
  /** By request, then by feature. */
  readonly local: readonly (readonly number[])[];
}

interface Asked {
  readonly copies: ArmCopies;
  readonly arm: string;
  readonly requests: readonly string[];
  readonly giveUpAt: number;
}

/** Null while it is not done. */
async function attributed(guard: AttributionGuard, asked: Asked): Promise<Attributed | null> {
  const { copies, arm, requests } = asked;
  const subject = createHash('sha256')
    .update(JSON.stringify([arm, guard.features, guard.calls, requests]))
    .digest('hex');
  const found = copies.explained.rowsOf(subject);
  const result =
    guard.features.from === 'words'
      ? await attributedWords(guard, { ...asked, place: guard.features.text, found })
      : await attributedFeatures(guard, { ...asked, found });
  if (result !== null) copies.explained.finish(subject);
  return result;
}

async function attributedFeatures(
  guard: AttributionGuard,
  asked: Asked & { readonly found: (readonly number[])[] }
): Promise<Attributed | null> {
  const { requests, found } = asked;
  const read = featuresOf(guard.features.from === 'places' ? guard.features.places : null);
  const rows = requests.map(read);
  const features = [...new Set(rows.flatMap((row) => [...row.keys()]))].slice(0, MOST_FEATURES);
  const cells = rows.map((row) => features.map((place) => row.get(place) ?? ''));
  const model = await modelFor(guard, asked, features);
  if (model === null) return null;
  const background = { rows: [features.map((_, f) => typicalOf(cells.map((row) => row[f] ?? '')))], weights: [1] };
  const plan = { seed: SEED, samples: null, calls: guard.calls, useLogit: false };
  const stop = new AbortController();
  try {
    await explain(model, {
      rows: cells,
      background,
      plan,
      done: found.map((values): ExplainedRow => ({ values: [values] })),
      onRow: ({ values }) => {
        found.push(values[0] ?? []);
        if (performance.now() > asked.giveUpAt) stop.abort();
      },
      signal: stop.signal,
    });
  } catch (error) {
    if (stop.signal.aborted) return null;
    if (error instanceof RangeError) throw new FailureError('InvalidRequest', error.message, { cause: error });
    throw error;
  }
  return { features, local: found };
}

/** The value in the middle of numbers, the most frequent of words. */
function typicalOf(values: readonly string[]): string {
  const numbers = values.filter((value) => value.trim() !== '' && Number.isFinite(Number(value)));
  if (numbers.length >= 0.95 * values.length) {
    const sorted = [...numbers].sort((a, b) => Number(a) - Number(b));
    return sorted[Math.floor(sorted.length / 2)] ?? '';
  }
  return mostFrequent(values);
}

/** Words over all requests: what a word does where it stands, and nothing where it does not. */
async function attributedWords(
  guard: AttributionGuard,
  asked: Asked & { readonly place: string; readonly found: (readonly number[])[] }
): Promise<Attributed | null> {
  const { requests, place, found } = asked;
  const textOf = fieldReader(place);
  const texts = requests.map((request) => tokensOf(textOf(request) ?? ''));
  const model = await modelFor(guard, asked, [place]);
  if (model === null) return null;
  const calls = Math.max(4, Math.floor(guard.calls / requests.length));
  for (const tokens of texts.slice(found.length)) {
    if (performance.now() > asked.giveUpAt) return null;
    const values = await wordAttributions(tokens.words.length, {
      calls,
      valuesOf: async (masks) =>
        (await model.predict(masks.map((mask) => [tokens.textWith(mask)]))).map(([one = NaN]) => one),
    });
    found.push(values);
  }
  const features = [...new Set(texts.flatMap(({ words }) => words.map(wordName)))];
  const index = new Map(features.map((name, f) => [name, f]));
  const local = texts.map(({ words }, r) => {
    const row = new Array<number>(features.length).fill(0);
    for (const [w, word] of words.entries()) {
      const f = index.get(wordName(word)) ?? 0;
      row[f] = (row[f] ?? 0) + (found[r]?.[w] ?? 0);
    }
    return row;
  });
  return { features, local };
}

function modelFor(
  guard: AttributionGuard,
  { copies, arm, requests }: Asked,
  places: readonly string[]
): Promise<ModelCaller | null> {
  const example = requests[0] ?? '';
  const contentType = /^\s*[[{]/.test(example) ? 'application/json' : 'text/csv';
  return copies.open(arm, rowFormat({ example, contentType, places, value: guard.value ?? '' }));
}
