import type { Analyzer, Json } from '../types';
import { checkState } from './check';
import { describeState } from './describe';
import { parseOptions } from './options';
import type { DataQualityOptions } from './options';
import { digestDataset, mergeStates } from './state/digest';

/**
 * Data quality: schema, types, completeness, domains, and drift of every feature, of text, and of rows as a whole. Files in the shapes
 * of SageMaker Model Monitor (docs/monitors.md).
 */
export const dataQuality: Analyzer<DataQualityOptions> = {
  kind: 'dataQuality',
  parseOptions,
  digest: (work, dataset, { options, dir }) => digestDataset(work, dataset, { dir, exclude: options.exclude }),
  merge: mergeStates,
  async baseline(work, state) {
    const { statistics, constraints } = await describeState(work, state.dir);
    return {
      'statistics.json': statistics as unknown as Json,
      'constraints.json': constraints as unknown as Json,
    };
  },
  check: checkState,
};
