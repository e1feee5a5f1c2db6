import type { DuckDBConnection } from '@duckdb/node-api';
import { checkDrift } from '../checks/drift';
import { percent, short, tooFew } from '../checks/context';
import type { CheckContext } from '../checks/context';
import { jensenShannon } from '../distances/categorical';
import { bootstrapDistances } from '../drift/bootstrap';
import { compareNumbers, cutsOf } from '../drift/numbers';
import { asSubject, watchNumbers } from '../drift/watch';
import type { WatchedFeature, WatchPlan } from '../drift/watch';
import type { BaselineFeature } from '../files/read-baseline';
import type { Check } from '../../types';
import { frequentWords, lengthSample, meanWords, unknownWords, vocabularyOf } from './words';

/** A column of running text, if nobody said which are: more different values than categories have, and words enough for sentences. */
const LEAST_WORDS = 3;

export async function isRunningText(
  db: DuckDBConnection,
  column: { readonly table: string; readonly isText: boolean; readonly distinct: number }
): Promise<boolean> {
  return column.isText && column.distinct > 120 && (await meanWords(db, column.table)) >= LEAST_WORDS;
}

const MOST_WORDS = 200;
/** Jensen–Shannon distance of vocabularies beyond what the sizes explain. */
const VOCABULARY_LIMIT = 0.1;

export interface TextChecks {
  readonly checks: readonly Check[];
  readonly watched: readonly WatchedFeature[];
}

/** Length, vocabulary, and share of words that the baseline does not have. */
export async function checkText(
  db: DuckDBConnection,
  context: CheckContext,
  given: {
    readonly feature: BaselineFeature;
    readonly tables: { readonly baseline: string; readonly live: string };
    readonly watch: WatchPlan;
  }
): Promise<TextChecks> {
  const { feature, tables } = given;
  const lengths = await checkLengths(db, context, given);
  const words = await checkUnknown(db, context, { subject: feature.name, tables });
  const vocabulary = await checkVocabulary(db, context, { subject: feature.name, tables });
  return { checks: [...lengths.checks, words, vocabulary], watched: lengths.watched };
}

async function checkLengths(
  db: DuckDBConnection,
  context: CheckContext,
  { feature, tables, watch }: Parameters<typeof checkText>[2]
): Promise<TextChecks> {
  const { seed, resamples, level } = context.options;
  const [baseline, live] = [await lengthSample(db, tables.baseline), await lengthSample(db, tables.live)];
  if (!baseline) return { checks: [], watched: [] };
  const subject = `${feature.name} (length)`;
  const sizes = { baselineRows: baseline.total, liveRows: live?.total ?? 0, rankError: 0 };
  if (!live) return { checks: [], watched: [asSubject(subject, watchNumbers(await cutsOf(baseline), sizes, watch))] };
  const { comparison, cuts } = await compareNumbers(baseline, live, { seed, resamples, level });
  const checks = checkDrift(context, {
    subject,
    comparison,
    chiSquare: null,
    deequ: null,
    constraints: feature.config.distribution_constraints,
    isText: false,
    deviation: null,
  });
  return { checks, watched: [asSubject(subject, watchNumbers(cuts, sizes, watch))] };
}

interface Asked {
  readonly subject: string;
  readonly tables: { readonly baseline: string; readonly live: string };
}

async function checkUnknown(db: DuckDBConnection, context: CheckContext, { subject, tables }: Asked): Promise<Check> {
  const vocabulary = await vocabularyOf(db, tables.baseline);
  const found = await unknownWords(db, tables);
  const share = found.words > 0 ? found.unknown / found.words : 0;
  const threshold = vocabulary.expectedUnknown + context.options.unknownWords;
  const half = 1.96 * found.standardError;
  const few = found.words === 0 ? 'no words to look at' : tooFew(context);
  const isFar = share > threshold;
  return {
    subject,
    check: 'unknown_words_check',
    verdict: few !== null ? 'inconclusive' : isFar ? 'fail' : 'pass',
    value: found.words > 0 ? share : null,
    interval: found.words > 0 ? [Math.max(0, share - half), Math.min(1, share + half)] : null,
    threshold,
    reason:
      few ??
      `${percent(share)} of ${found.words} words are not in the baseline; ${percent(vocabulary.expectedUnknown)} are to be expected of fresh text, ${percent(threshold)} are allowed`,
    extras: { vocabulary: vocabulary.distinct, examples: [...found.examples] },
  };
}

async function checkVocabulary(
  db: DuckDBConnection,
  context: CheckContext,
  { subject, tables }: Asked
): Promise<Check> {
  const pairs = await frequentWords(db, tables, MOST_WORDS);
  const [n, m] = pairs.reduce(([a, b], [x, y]) => [a + x, b + y], [0, 0]);
  const check = 'vocabulary_drift_check';
  if (n === 0 || m === 0)
    return {
      subject,
      check,
      verdict: 'inconclusive',
      value: null,
      interval: null,
      threshold: VOCABULARY_LIMIT,
      reason: 'no words to look at',
    };
  const { seed, resamples, level } = context.options;
  const value = jensenShannon(pairs);
  const [interval] = bootstrapDistances(pairs, { seed, resamples, level }, (cells) => [jensenShannon(cells)]);
  // The divergence of two samples of one vocabulary, in bits, on average.
  const byChance = ((pairs.length - 1) / (8 * Math.LN2)) * (1 / n + 1 / m);
  const threshold = Math.sqrt(VOCABULARY_LIMIT ** 2 + byChance);
  const few = tooFew(context);
  const isFar = value > threshold;
  return {
    subject,
    check,
    verdict: few !== null ? 'inconclusive' : isFar ? 'fail' : 'pass',
    value,
    interval: interval ?? null,
    threshold,
    reason:
      few ??
      `distance ${short(value)} of the ${pairs.length - 1} most frequent words is ${isFar ? 'above' : 'within'} ${short(threshold)}`,
  };
}
