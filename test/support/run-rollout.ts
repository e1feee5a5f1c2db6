import { Worker } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowHandleWithStartDetails, UpdateDefinition } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { RolloutSpec } from '../../spec/types';
import type { RolloutState } from '../../rollout';
import { stateQuery } from '../../workflows/messages';
import type { rollout } from '../../workflows';
import { recordHistory } from './histories';
import type { fakeActivities } from './fake-activities';

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The workflow bundle of the working tree, built once a test file. */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= bundleWorkflowCode({ workflowsPath: path.resolve(__dirname, '../../workflows/index.ts'), logger: quiet });
  return bundle;
}

const silent = (): void => undefined;
const quiet = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };

export type RolloutHandle = WorkflowHandleWithStartDetails<typeof rollout>;

/** Runs one rollout workflow against fakes while `story` talks to it. Records its history when asked to (see `histories`). */
export async function runRollout(
  env: TestWorkflowEnvironment,
  input: {
    readonly spec: RolloutSpec;
    readonly fake: ReturnType<typeof fakeActivities>;
    /** Name of the golden history of this path. */
    readonly golden?: string;
    readonly story: (handle: RolloutHandle) => Promise<void>;
  }
): Promise<void> {
  const taskQueue = `rollout-${randomUUID()}`;
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: { ...input.fake.activities },
  });
  await worker.runUntil(async () => {
    const handle = await env.client.workflow.start<typeof rollout>('rollout', {
      workflowId: `rollout/${input.spec.endpoint}/${taskQueue}`,
      taskQueue,
      args: [{ spec: input.spec, number: 1, searchAttributes: true, carried: null }],
    });
    await input.story(handle);
    if (input.golden !== undefined) await recordHistory(handle, input.golden);
  });
}

/**
 * Simulated time between two looks at a state. Never a part of a tick: a verb that came just as the rollout's timer fires would cancel a timer
 * that has fired, which the time-skipping server, other than a real one, refuses together with everything else that the workflow did.
 */
const STEP = '37 seconds';

/** Waits until the rollout's own state fulfils `condition`, a step at a time (time is skipped only while somebody waits). */
export async function untilState(
  env: TestWorkflowEnvironment,
  handle: RolloutHandle,
  condition: (state: RolloutState) => boolean
): Promise<RolloutState> {
  for (let step = 0; step < 1_000; step++) {
    const state = await handle.query(stateQuery);
    if (condition(state)) return state;
    await env.sleep(STEP);
  }
  throw new Error('the rollout never got there in a thousand steps');
}

/** Sends a verb as the CLI does and returns the answer, or the text of the refusal. */
export async function say(
  handle: RolloutHandle,
  update: UpdateDefinition<string, [{ who: string; why: string }]>,
  who: string
): Promise<string> {
  try {
    return await handle.executeUpdate(update, { args: [{ who, why: 'the numbers say so' }] });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error ? `refused: ${cause.message}` : String(error);
  }
}
