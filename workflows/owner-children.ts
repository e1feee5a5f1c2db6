import { log, ParentClosePolicy, proxyActivities, startChild } from '@temporalio/workflow';
import type { OwnerActivities } from '../activities/monitoring/run-types';
import { baselineWorkflowId } from '../rollout';
import type { Baselines, IncumbentPointer, Queued, Retiring, Retraining } from '../rollout';
import type { RetirementResult, RetrainingResult } from '../rollout';
import { baseline } from './baseline';
import { whyOf } from './owner-talk';
import { retirement } from './retirement';
import { retraining } from './retraining';

const schedules = proxyActivities<OwnerActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 15 },
});

/** The monitors' schedules as the incumbent's file has them. Where that cannot be done, `sluice monitor schedule` does it later. */
export async function applySchedules(incumbent: IncumbentPointer | null, searchAttributes: boolean): Promise<void> {
  const spec = incumbent?.spec ?? null;
  if (spec === null || spec.monitors === undefined) return;
  try {
    log.info(await schedules.applySchedules({ spec, searchAttributes }));
  } catch (error) {
    log.error(`The schedules of ${spec.endpoint} could not be set: ${String(error)}`);
  }
}

/** They outlive a terminated owner: what was begun is brought to its end. */
const outlive = { parentClosePolicy: ParentClosePolicy.ABANDON } as const;

/** What the monitors of a rollout's model will compare with. Rejects when it cannot be made. */
export async function makeBaselines(endpoint: string, { number, spec, candidate }: Queued): Promise<Baselines> {
  const child = await startChild(baseline, {
    ...outlive,
    workflowId: baselineWorkflowId(endpoint, number),
    args: [{ spec, number }],
    staticSummary: `Baselines of ${candidate} for ${endpoint}`,
  });
  return child.result();
}

/** Null when it was stopped half way. */
export async function giveUpEndpoint(
  endpoint: string,
  { id, who, why, drain }: Retiring
): Promise<RetirementResult | null> {
  try {
    const child = await startChild(retirement, {
      ...outlive,
      workflowId: id,
      args: [{ endpoint, who, why, drain }],
      staticSummary: `Retire ${endpoint}`,
    });
    return await child.result();
  } catch (error) {
    log.error(`${id} did not end well: ${String(error)}`);
    return null;
  }
}

/** A new model, made as the incumbent's file says. */
export async function retrain(
  endpoint: string,
  { id, number, who, why }: Retraining,
  incumbent: IncumbentPointer | null
): Promise<RetrainingResult> {
  if (incumbent === null || incumbent.spec === null)
    return { kind: 'failed', why: 'Nothing is the incumbent any more.' };
  try {
    const child = await startChild(retraining, {
      ...outlive,
      workflowId: id,
      args: [{ endpoint, number, who, why, spec: incumbent.spec, incumbent }],
      staticSummary: `Retrain the model of ${endpoint}`,
    });
    return await child.result();
  } catch (error) {
    return { kind: 'failed', why: whyOf(error) };
  }
}
