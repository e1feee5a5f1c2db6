import type { Check } from '../../types';
import { short } from '../checks/context';
import type { Violations } from './shapes';

/** `constraint_violations.json`: what failed, in SageMaker's shape. Checks that only we have carry their own type. */
export function violationsOf(checks: readonly Check[]): Violations {
  return {
    violations: checks
      .filter(({ verdict }) => verdict === 'fail')
      .map((check) => ({
        feature_name: check.subject,
        constraint_check_type: check.check,
        description: descriptionOf(check),
      })),
  };
}

/** Texts of Model Monitor where they are known; nothing should parse them: the report has the numbers. */
function descriptionOf({ check, value, threshold, reason }: Check): string {
  if (check === 'baseline_drift_check' && value !== null && threshold !== null)
    return `Numerical distance: ${short(value)} exceeds threshold: ${short(threshold)}. ${reason}`;
  if (check === 'data_type_check') return `Data type match requirement is not met. ${reason}`;
  return reason;
}
