import { activityInfo } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { randomUUID } from 'node:crypto';
import type { RolloutActivities } from '../../activities/types';
import { endpointWorkflowId, rolloutWorkflowId } from '../../rollout';
import type { RolloutSpec } from '../../spec/types';
import type { endpoint, rollout } from '../../workflows';
import { submitUpdate } from '../../workflows/messages';
import type { SubmitReceipt } from '../../workflows/messages';
import { fakeActivities } from './fake-activities';
import { workflowBundle } from './run-rollout';
import type { RolloutHandle } from './run-rollout';

type Fake = ReturnType<typeof fakeActivities>;

/** One worker for all rollouts of a test file, each endpoint with its own fakes. It can be stopped, and another one takes over. */
export class RolloutHost {
  private readonly taskQueue = `host-${randomUUID()}`;
  private readonly fakes = new Map<string, Fake>();
  private worker: { readonly running: Promise<void>; readonly stop: () => void } | undefined;

  constructor(private readonly env: () => TestWorkflowEnvironment) {}

  async start(): Promise<void> {
    const worker = await Worker.create({
      connection: this.env().nativeConnection,
      taskQueue: this.taskQueue,
      workflowBundle: await workflowBundle(),
      activities: this.activities(),
    });
    this.worker = { running: worker.run(), stop: () => worker.shutdown() };
  }

  async stop(): Promise<void> {
    this.worker?.stop();
    await this.worker?.running;
    this.worker = undefined;
  }

  /** Starts a rollout that nobody owns. */
  rollOut(spec: RolloutSpec, fake: Fake): Promise<RolloutHandle> {
    this.fakes.set(spec.endpoint, fake);
    return this.env().client.workflow.start<typeof rollout>('rollout', {
      workflowId: rolloutWorkflowId(spec.endpoint, 1),
      taskQueue: this.taskQueue,
      args: [{ spec, number: 1, searchAttributes: true, carried: null }],
    });
  }

  /** Starts the owner of an endpoint; the time-skipping server knows no update-with-start. */
  async own(name: string, fake: Fake): Promise<WorkflowHandle<typeof endpoint>> {
    this.fakes.set(name, fake);
    return this.env().client.workflow.start<typeof endpoint>('endpoint', {
      workflowId: endpointWorkflowId(name),
      taskQueue: this.taskQueue,
      args: [{ endpoint: name, carried: null }],
    });
  }

  submit(spec: RolloutSpec): Promise<SubmitReceipt> {
    const owner = this.env().client.workflow.getHandle<typeof endpoint>(endpointWorkflowId(spec.endpoint));
    return owner.executeUpdate(submitUpdate, { args: [{ spec, who: 'ana@example.org' }] });
  }

  find(name: string, number: number): RolloutHandle {
    return this.env().client.workflow.getHandle<typeof rollout>(rolloutWorkflowId(name, number)) as RolloutHandle;
  }

  /** Activities of whichever endpoint the calling rollout is about. */
  private activities(): object {
    const names = Object.keys(fakeActivities().activities) as readonly (keyof RolloutActivities)[];
    const own = (name: keyof RolloutActivities) => (input: never) => {
      const { workflowId = '' } = activityInfo().workflowExecution ?? {};
      const fake = this.fakes.get(workflowId.split('/')[1] ?? '');
      if (fake === undefined) throw new Error(`nobody fakes for ${workflowId}`);
      return fake.activities[name](input);
    };
    return Object.fromEntries(names.map((name) => [name, own(name)]));
  }
}
