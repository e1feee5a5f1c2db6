import { FailureError } from '../../sagemaker/faults';
import type { ScoreShiftGuard, ShadowGuard } from '../../spec/types';
import { apartMs, captureClosedMs, isMirrored, readAnswers } from './answers';
import { fieldReader } from './field';
import { readLabels } from './labels';
import type { Label } from './labels';
import type { Look } from './look';
import { histogram, numberOf, worstOf } from './points';
import type { CapturedAnswer } from './predictions';
import { byTick, everyTick, tickEnd } from './reading';
import type { GuardReading, Pair } from './reading';

interface AnswerPair {
  readonly id: string;
  /** When the incumbent answered: the pair belongs to that tick. */
  readonly atMs: number;
  readonly candidate: string;
  readonly incumbent: string;
}

/** Requests that both variants answered, joined by inference id and judged by their label: discordant pairs decide. */
export async function readShadowPairs(look: Look, guard: ShadowGuard, sinceMs: number): Promise<GuardReading> {
  const { spec, objects, nowMs } = look;
  const { prediction } = spec.schema;
  if (spec.groundTruth === undefined || prediction === undefined)
    throw new FailureError('InvalidRequest', `A ${guard.kind} guard needs groundTruth and schema.prediction.`);
  const { from, maturityMs } = spec.groundTruth;
  const closedMs = Math.min(nowMs - maturityMs, captureClosedMs(look) - apartMs(spec));
  const pairsOf = await readPairs(look, { sinceMs, closedMs });
  const labels: ReadonlyMap<string, Label> =
    closedMs > sinceMs ? await readLabels({ objects, from, fromMs: sinceMs, toMs: nowMs }) : new Map();
  const predictionOf = fieldReader(prediction);
  return everyTick({ closedMs, tickMs: spec.tickMs }, ({ key, endMs }, pair) => {
    let [n, worse, better] = [0, 0, 0];
    for (const { id, atMs, candidate, incumbent } of pairsOf(pair).get(endMs) ?? []) {
      const label = labels.get(id);
      if (label === undefined || label.arrivedMs > tickEnd(atMs, spec.tickMs) + maturityMs) continue;
      const [own, other] = [predictionOf(candidate) === label.label, predictionOf(incumbent) === label.label];
      n += 1;
      worse += Number(!own && other);
      better += Number(own && !other);
    }
    return { key, candidate: { n, bad: worse }, incumbent: { n, bad: better } };
  });
}

/** Differences of a score between the two answers to one request. A score that only one side fails to give is that side's worst. */
export async function readScoreShift(look: Look, guard: ScoreShiftGuard, sinceMs: number): Promise<GuardReading> {
  const { spec } = look;
  if (guard.value === null) throw new FailureError('InvalidRequest', `A ${guard.kind} guard needs \`value\`.`);
  const scoreOf = fieldReader(guard.value);
  const worst = worstOf(guard.points, guard.higherIs);
  const best = worstOf(guard.points, guard.higherIs === 'better' ? 'worse' : 'better');
  const closedMs = captureClosedMs(look) - apartMs(spec);
  const pairsOf = await readPairs(look, { sinceMs, closedMs });
  return everyTick({ closedMs, tickMs: spec.tickMs }, ({ key, endMs }, pair) => {
    const shifts = (pairsOf(pair).get(endMs) ?? []).flatMap(({ id, candidate, incumbent }) => {
      const [own, other] = [numberOf(scoreOf(candidate)), numberOf(scoreOf(incumbent))];
      if (own === null && other === null) return [];
      return [{ id, value: own === null ? worst : other === null ? best : own - other }];
    });
    return { kind: 'differences', key, counts: histogram(guard.points, shifts) };
  });
}

async function readPairs(
  look: Look,
  { sinceMs, closedMs }: { readonly sinceMs: number; readonly closedMs: number }
): Promise<(pair: Pair) => ReadonlyMap<number, readonly AnswerPair[]>> {
  const answers =
    closedMs > sinceMs
      ? await readAnswers(look, {
          fromMs: sinceMs - apartMs(look.spec),
          toMs: closedMs + apartMs(look.spec),
          withProbes: isMirrored(look.spec),
        })
      : new Map<string, readonly CapturedAnswer[]>();
  const joined = new Map<string, ReadonlyMap<number, readonly AnswerPair[]>>();
  return ({ candidate, incumbent }) => {
    const name = `${candidate} ${incumbent}`;
    const known = joined.get(name);
    if (known !== undefined) return known;
    const copies = new Map((answers.get(candidate) ?? []).map(({ id, output }) => [id, output]));
    const pairs = (answers.get(incumbent) ?? []).flatMap(({ id, atMs, output }): readonly AnswerPair[] => {
      const copy = copies.get(id);
      return copy === undefined || atMs < sinceMs || atMs >= closedMs
        ? []
        : [{ id, atMs, candidate: copy, incumbent: output }];
    });
    const made = byTick(pairs, look.spec.tickMs, ({ atMs }) => atMs);
    joined.set(name, made);
    return made;
  };
}
