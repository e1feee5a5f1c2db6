import type { RetirementRequest } from '../../rollout';

interface Of {
  readonly endpoint: string;
}

/** What retiring an endpoint asks of the outside. All are idempotent, and return the names of what they have deleted. */
export interface RetirementActivities {
  /** Waits until nobody has called the endpoint for a while; says how many requests came when that does not happen in time. */
  drainEndpoint(
    input: Of & NonNullable<RetirementRequest['drain']>
  ): Promise<{ readonly isQuiet: boolean; readonly requests: number }>;
  /** Temporal Schedules of this endpoint, and what SageMaker runs by schedule for it; waits until their runs have ended. */
  retireSchedules(input: Of): Promise<readonly string[]>;
  retireScaling(input: Of): Promise<readonly string[]>;
  retireAlarms(input: Of): Promise<readonly string[]>;
  /** Deletes the endpoint and waits until it is gone. Fails with `EndpointNotOurs` when Sluice did not make or adopt it. */
  retireEndpoint(input: Of): Promise<readonly string[]>;
  retireConfigs(input: Of): Promise<readonly string[]>;
  retireModels(input: Of): Promise<readonly string[]>;
}
