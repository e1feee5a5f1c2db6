import { GuardPlanError } from '../guards';
import { EXIT } from './exit-codes';
import { Mistake } from './mistakes';

/** A plan that cannot be fixed is the file's mistake, or the trace's. */
export function planned<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof GuardPlanError)) throw error;
    const next = error.kind === 'noIncumbentEvidence' ? ' Add rows with "phase": "baseline" to the trace.' : '';
    throw new Mistake(`${error.message}.${next}`, EXIT.badInput, { cause: error });
  }
}
