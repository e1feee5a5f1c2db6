import { attributionAnalyzer } from './attribution/analyzer';
import { biasAnalyzer } from './bias/analyzer';
import { businessAnalyzer } from './business/analyzer';
import { conceptDriftAnalyzer } from './concept-drift/analyzer';
import { dataQuality } from './data-quality';
import { qualityAnalyzer } from './model-quality/analyzer';
import type { Analyzer, MonitorKind } from './types';

/** Every analyzer of data by its kind; system monitors read metrics, not data. */
const ANALYZERS: Readonly<Partial<Record<MonitorKind, Analyzer>>> = {
  dataQuality,
  modelQuality: qualityAnalyzer,
  bias: biasAnalyzer,
  attribution: attributionAnalyzer,
  conceptDrift: conceptDriftAnalyzer,
  business: businessAnalyzer,
};

export const ANALYZED_KINDS = Object.keys(ANALYZERS) as readonly MonitorKind[];

/** Throws RangeError for a kind that no analyzer of data judges. */
export function analyzerOf(kind: MonitorKind): Analyzer {
  const analyzer = ANALYZERS[kind];
  if (!analyzer) throw new RangeError(`No analyzer judges data by ${kind}; there are ${ANALYZED_KINDS.join(', ')}.`);
  return analyzer;
}
