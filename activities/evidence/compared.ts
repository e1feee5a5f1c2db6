import type { Compared } from '../../rollout';
import { apartMs, captureClosedMs, isMirrored, readAnswers } from './answers';
import { fieldReader } from './field';
import type { Look } from './look';
import type { Pair } from './reading';

/** Values of facets that are told apart; what else there is goes together. */
const SEGMENTS_KEPT = 24;
const REST = 'other segments';

/**
 * Answers of both variants to the same request, and how often they say different things: over all, and by each facet of the request. Of the ticks
 * in `[fromMs, toMs)`, as late as captured records may be: each instant is counted by one look, and only when its records are in S3.
 */
export async function comparePairs(
  look: Look,
  input: {
    readonly pair: Pair;
    readonly fromMs: number;
    readonly toMs: number;
    readonly before: readonly Compared[];
  }
): Promise<readonly Compared[]> {
  const { pair, before } = input;
  const { facets = {}, prediction } = look.spec.schema;
  const apart = apartMs(look.spec);
  const lagMs = look.nowMs - captureClosedMs(look) + apart;
  const [fromMs, toMs] = [input.fromMs - lagMs, input.toMs - lagMs];
  if (toMs <= fromMs) return before;
  const withInput = Object.keys(facets).length > 0;
  const answers = await readAnswers(look, {
    fromMs: fromMs - apart,
    toMs: toMs + apart,
    withInput,
    withProbes: isMirrored(look.spec),
  });
  const copies = new Map((answers.get(pair.candidate) ?? []).map(({ id, output }) => [id, output]));
  const said = prediction === undefined ? (output: string) => output : fieldReader(prediction);
  const readers = Object.entries(facets).map(([name, place]) => [name, fieldReader(place)] as const);
  const sums = new Map(before.map((one) => [one.segment, one]));
  for (const { id, atMs, output, input: request } of answers.get(pair.incumbent) ?? []) {
    const copy = copies.get(id);
    if (copy === undefined || atMs < fromMs || atMs >= toMs) continue;
    const isDifferent = said(copy) !== said(output);
    const segments = readers.flatMap(([name, read]) => {
      const value = request === undefined ? undefined : read(request);
      return value === undefined ? [] : [`${name} = ${value}`];
    });
    for (const segment of ['', ...segments]) add(sums, segment, isDifferent);
  }
  return [...sums.values()];
}

function add(sums: Map<string, Compared>, wanted: string, isDifferent: boolean): void {
  const segment = sums.has(wanted) || sums.size < SEGMENTS_KEPT ? wanted : REST;
  const { pairs, different } = sums.get(segment) ?? { pairs: 0, different: 0 };
  sums.set(segment, { segment, pairs: pairs + 1, different: different + Number(isDifferent) });
}
