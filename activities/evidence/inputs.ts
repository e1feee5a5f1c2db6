import { guardNames } from '../../guards';
import type { GuardPlan } from '../../guards';
import type { InputFeature } from '../../guards/thresholds/types';
import { FailureError } from '../../sagemaker/faults';
import type { InputDriftGuard } from '../../spec/guard-kinds';
import { captureClosedMs, readAnswers } from './answers';
import type { Look } from './look';
import { byTick, everyTick } from './reading';
import type { GuardReading } from './reading';
import { featuresOf } from './request-features';

/** A plan and a state are small: features beyond these, in the order of the requests, are not watched. */
const MOST_FEATURES = 30;
const BINS = 8;
/** More different values than these, and a text is told by its length. */
const MOST_WORDS = 8;
const LONGEST_WORD = 24;
/** Values that a feature's kind and bins are found from. */
const MOST_VALUES = 20_000;

/** Requests of all variants by bin of each feature: what comes in does not depend on who answers it. */
export async function readInputs(
  look: Look,
  {
    guard,
    plan,
    sinceMs,
  }: { readonly guard: InputDriftGuard; readonly plan: GuardPlan | null; readonly sinceMs: number }
): Promise<GuardReading> {
  if (plan?.kind !== 'inputDrift')
    throw new FailureError('Internal', 'A guard of input drift has no plan of its kind.');
  const { spec } = look;
  const reference = plan.reference ?? [];
  const closedMs = captureClosedMs(look);
  const read = featuresOf(guard.features ?? (reference.length === 0 ? null : reference.map(({ place }) => place)));
  const answers = await readAnswers(look, { fromMs: sinceMs, toMs: closedMs, withInput: true });
  const ticks = byTick([...answers.values()].flat(), spec.tickMs, ({ atMs }) => atMs);
  return everyTick({ closedMs, tickMs: spec.tickMs }, ({ key, endMs }) => {
    const counts = reference.map(({ counts: bins }) => bins.map(() => 0));
    for (const { input } of ticks.get(endMs) ?? []) {
      if (input === undefined) continue;
      const features = read(input);
      for (const [i, feature] of reference.entries()) {
        const bins = counts[i];
        const bin = binOf(feature, features.get(feature.place));
        if (bins !== undefined) bins[bin] = (bins[bin] ?? 0) + 1;
      }
    }
    return { kind: 'inputs', key, counts };
  });
}

/** What the incumbent's requests looked like from `fromMs` on, by the name of each guard of their drift that has enough of them. */
export async function measureInputs(
  look: Look,
  fromMs: number
): Promise<Readonly<Record<string, readonly InputFeature[]>>> {
  const { guards } = look.spec;
  if (!guards.some(({ kind }) => kind === 'inputDrift')) return {};
  const answers = await readAnswers(look, { fromMs, toMs: captureClosedMs(look), withInput: true });
  const requests = [...answers.values()].flat().flatMap(({ input }) => input ?? []);
  const names = guardNames(guards);
  return Object.fromEntries(
    guards.flatMap((guard, i) => {
      if (guard.kind !== 'inputDrift' || requests.length < guard.leastN) return [];
      return [[names[i] ?? guard.kind, referenceOf(requests.slice(-MOST_VALUES), guard.features)] as const];
    })
  );
}

/** Kinds and bins of the features of requests, with how many requests fall into each. */
export function referenceOf(requests: readonly string[], places: readonly string[] | null): readonly InputFeature[] {
  const read = featuresOf(places);
  const rows = requests.map(read);
  const all = new Set(rows.flatMap((row) => [...row.keys()]));
  return [...all].slice(0, MOST_FEATURES).map((place) => {
    const values = rows.map((row) => row.get(place));
    const shape = shapeOf(
      place,
      values.flatMap((value) => value ?? [])
    );
    const counts = Array.from(
      { length: shape.kind === 'word' ? shape.words.length + 1 : shape.cuts.length + 2 },
      () => 0
    );
    for (const value of values) {
      const bin = binOf({ ...shape, counts }, value);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return { ...shape, counts };
  });
}

type Shape =
  | { readonly kind: 'number' | 'length'; readonly place: string; readonly cuts: readonly number[] }
  | { readonly kind: 'word'; readonly place: string; readonly words: readonly string[] };

/** Nearly all numbers: a number. Few different values: words. Else the length of a text. */
function shapeOf(place: string, values: readonly string[]): Shape {
  const numbers = values.map(Number).filter((one) => !Number.isNaN(one));
  const different = new Set(values);
  if (numbers.length >= 0.95 * values.length && different.size > MOST_WORDS)
    return { kind: 'number', place, cuts: cutsOf(numbers) };
  const often = different.size <= Math.max(MOST_WORDS, values.length / 20);
  if (!often) return { kind: 'length', place, cuts: cutsOf(values.map((value) => value.length)) };
  const counts = new Map<string, number>();
  for (const value of values) counts.set(short(value), (counts.get(short(value)) ?? 0) + 1);
  const ranked = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return { kind: 'word', place, words: ranked.slice(0, MOST_WORDS).map(([word]) => word) };
}

const short = (word: string): string => word.slice(0, LONGEST_WORD);

/** Ends of bins that hold about as many values each. */
function cutsOf(values: readonly number[]): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const cuts = Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)] ?? 0);
  return [...new Set(cuts)];
}

/** Of numbers and lengths the first bin is for a request that lacks them; of words the last is for all that is not listed. */
function binOf(feature: InputFeature, value: string | undefined): number {
  if (feature.kind === 'word') {
    const at = value === undefined ? -1 : feature.words.indexOf(short(value));
    return at === -1 ? feature.words.length : at;
  }
  if (value === undefined) return 0;
  const number = feature.kind === 'length' ? value.length : Number(value);
  if (Number.isNaN(number)) return 0;
  const at = feature.cuts.findIndex((cut) => number <= cut);
  return 1 + (at === -1 ? feature.cuts.length : at);
}
