import { forecast } from '../forecast';
import type { DecisionForecast } from '../forecast';
import type { Scenario } from '../imagined-rollout';
import { foretellNoisy } from './rates';

export { drifted, foretellDrift } from './drift';
export type { KnownLabels } from './drift';
export { foretellLatency } from './latency';
export { foretellMean } from './means';
export type { KnownValues } from './means';
export { foretellPairs } from './rates';
export { foretellShift } from './shift';

/** When a guard on a rate decides, in the mode that its plan has: by the tables of the exact tests, else by playing the guard. */
export function foretellRate(scenario: Scenario, decides: 'fail' | 'pass'): DecisionForecast | null {
  const { noise } = scenario.plan;
  if (noise !== undefined && noise.mode !== 'exact') return foretellNoisy({ ...scenario, decides });
  const { ticksToFail, ticksToPass } = forecast(scenario);
  return decides === 'fail' ? ticksToFail : ticksToPass;
}
