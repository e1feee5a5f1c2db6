import { batchIncompatibilities } from './compat-batch';
import { guardIncompatibilities } from './compat-guards';
import { hostingIncompatibilities } from './compat-hosting';
import { monitorIncompatibilities } from './compat-monitors';
import { nameIncompatibilities } from './compat-names';
import { settingIncompatibilities } from './compat-settings';
import { stageIncompatibilities } from './compat-stages';
import { transformIncompatibilities } from './compat-transforms';
import type { Incompatibility } from './problem';
import type { RolloutSpec } from './types';

export { ripeningOf } from './ripening';

/**
 * Everything about a spec that cannot work although each value is well formed; empty when it can. Paths are those of the rollout
 * file (`stages[0].canary.share`). Pure and free of zod, so that a workflow may ask too.
 */
export function incompatibilities(spec: RolloutSpec): readonly Incompatibility[] {
  return [
    ...nameIncompatibilities(spec),
    ...hostingIncompatibilities(spec),
    ...transformIncompatibilities(spec),
    ...settingIncompatibilities(spec),
    ...guardIncompatibilities(spec),
    ...stageIncompatibilities(spec),
    ...batchIncompatibilities(spec),
    ...monitorIncompatibilities(spec),
  ];
}
