import { needsLabels } from '../../guards/thresholds/facet-metrics';
import type { FacetCells } from '../../guards/thresholds/types';
import { FailureError } from '../../sagemaker/faults';
import type { BiasGuard } from '../../spec/guard-kinds';
import { captureClosedMs, readAnswers } from './answers';
import { fieldReader } from './field';
import { readLabels } from './labels';
import type { Look } from './look';
import type { CapturedAnswer } from './predictions';
import { byTick, everyTick, tickEnd } from './reading';
import type { GuardReading } from './reading';

/** What an answer without a readable prediction counts as: no favourable one. */
const UNREADABLE = '(unreadable)';

/**
 * Captured answers by the value of a facet of their request. Metrics that need labels count a request once, when its cohort is closed: with the label
 * that had come by then, on both arms alike. A request without the facet belongs to no side.
 */
export async function readFacets(look: Look, guard: BiasGuard, sinceMs: number): Promise<GuardReading> {
  const { spec, objects, nowMs } = look;
  const { prediction, facets = {} } = spec.schema;
  const place = facets[guard.facet];
  if (prediction === undefined || place === undefined)
    throw new FailureError('InvalidRequest', `A bias guard needs schema.prediction and schema.facets.${guard.facet}.`);
  const [facetOf, predictionOf] = [fieldReader(place), fieldReader(prediction)];
  const withLabels = needsLabels(guard.metric);
  const { from, maturityMs } = spec.groundTruth ?? { from: '', maturityMs: 0 };
  const closedMs = withLabels ? nowMs - maturityMs : captureClosedMs(look);
  const labels = withLabels ? await readLabels({ objects, from, fromMs: sinceMs, toMs: nowMs }) : null;
  const answers = await readAnswers(look, { fromMs: sinceMs, toMs: closedMs, withInput: true });
  const ticks = new Map([...answers].map(([variant, own]) => [variant, byTick(own, spec.tickMs, ({ atMs }) => atMs)]));

  /** Null: not labelled in time. */
  const outcomeOf = ({ id, atMs, output }: CapturedAnswer): string | null => {
    const predicted = predictionOf(output) ?? UNREADABLE;
    if (labels === null) return predicted;
    const label = labels.get(id);
    if (label === undefined || label.arrivedMs > tickEnd(atMs, spec.tickMs) + maturityMs) return null;
    // Without a favourable label only right and wrong are told apart, which is all that an accuracy needs.
    if (guard.positive === null) return predicted === label.label ? 'tp' : 'fp';
    const [isPredicted, isPositive] = [predicted === guard.positive, label.label === guard.positive];
    return isPositive ? (isPredicted ? 'tp' : 'fn') : isPredicted ? 'fp' : 'tn';
  };
  return everyTick({ closedMs, tickMs: spec.tickMs }, ({ key, endMs }, pair) => {
    const cells = (variant: string): FacetCells => {
      const counts = new Map<string, Map<string, number>>();
      for (const answer of ticks.get(variant)?.get(endMs) ?? []) {
        const value = answer.input === undefined ? undefined : facetOf(answer.input);
        const outcome = value === undefined ? null : outcomeOf(answer);
        if (value === undefined || outcome === null) continue;
        const own = counts.get(value) ?? new Map<string, number>();
        own.set(outcome, (own.get(outcome) ?? 0) + 1);
        counts.set(value, own);
      }
      return Object.fromEntries([...counts].map(([value, own]) => [value, Object.fromEntries(own)]));
    };
    return { kind: 'facets', key, candidate: cells(pair.candidate), incumbent: cells(pair.incumbent) };
  });
}
