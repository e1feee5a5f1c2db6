import { ApplicationFailure, log, ParentClosePolicy, proxyActivities, startChild } from '@temporalio/workflow';
import type { OwnerActivities } from '../activities/monitoring/run-types';
import type { OwnedWork, WorkNews } from '../rollout';
import { baseline } from './baseline';
import type { Owner } from './owner-hold';
import { retirement } from './retirement';
import { retraining } from './retraining';
import type { NewsOf } from './tell-owner';

const schedules = proxyActivities<OwnerActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 15 },
});

/** The monitors' schedules as the incumbent's file has them. Where that cannot be done, `sluice monitor schedule` does it later. */
export async function applySchedules({ state, searchAttributes }: Owner): Promise<void> {
  const spec = state.incumbent?.spec ?? null;
  if (spec === null || spec.monitors === undefined) return;
  try {
    log.info(await schedules.applySchedules({ spec, searchAttributes }));
  } catch (error) {
    log.error(`The schedules of ${spec.endpoint} could not be set: ${String(error)}`);
  }
}

/** They outlive a terminated owner: what was begun is brought to its end. */
const outlive = { parentClosePolicy: ParentClosePolicy.ABANDON } as const;

/** Resolves once the child runs, with what waits for its end. */
type Start = (owner: Owner, id: string) => Promise<() => Promise<NewsOf<WorkNews>>>;

/** Workflows that are begun for what the owner's state asks for. */
export const START: Readonly<Record<OwnedWork['kind'], Start>> = {
  /** What the monitors of the waiting rollout's model will compare with. */
  async baselines({ endpoint, state: { queued } }, workflowId) {
    if (queued === null) throw nothingToDo(workflowId);
    const { spec, number, candidate } = queued;
    const staticSummary = `Baselines of ${candidate} for ${endpoint}`;
    const child = await startChild(baseline, { ...outlive, workflowId, args: [{ spec, number }], staticSummary });
    return async () => ({ kind: 'baselines', baselines: await child.result() });
  },
  /** A new model, made as the incumbent's file says. */
  async retraining({ endpoint, state: { retraining: asked, incumbent } }, workflowId) {
    if (asked === null) throw nothingToDo(workflowId);
    if (incumbent === null || incumbent.spec === null)
      throw ApplicationFailure.nonRetryable('Nothing is the incumbent any more.', 'NotFound');
    const { number, who, why } = asked;
    const child = await startChild(retraining, {
      ...outlive,
      workflowId,
      args: [{ endpoint, number, who, why, spec: incumbent.spec, incumbent }],
      staticSummary: `Retrain the model of ${endpoint}`,
    });
    return async () => ({ kind: 'retraining', result: await child.result() });
  },
  async retirement({ endpoint, state: { retiring } }, workflowId) {
    if (retiring === null) throw nothingToDo(workflowId);
    const { who, why, drain } = retiring;
    const staticSummary = `Retire ${endpoint}`;
    const args: Parameters<typeof retirement> = [{ endpoint, who, why, drain }];
    const child = await startChild(retirement, { ...outlive, workflowId, args, staticSummary });
    return async () => ({ kind: 'retirement', result: await child.result() });
  },
};

function nothingToDo(id: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${id} is not wanted any more.`, 'Internal');
}
