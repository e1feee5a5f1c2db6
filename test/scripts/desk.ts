import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import type { RolloutView } from '../../report';
import type { EndpointState } from '../../rollout';
import { EXIT } from '../../scripts/exit-codes';
import type { DevServerEnvironment } from '../support/dev-server';
import { fakeActivities } from '../support/fake-activities';
import type { FakeTick } from '../support/fake-activities';
import { workflowBundle } from '../support/run-rollout';
import { run } from './run-main';
import type { Ran } from './run-main';
import { until } from './until';

/** Where desks stand: a folder for their files, and a Temporal server. */
export interface Place {
  readonly folder: string;
  readonly temporal: DevServerEnvironment;
}

/** One person's command line, for one endpoint. */
export interface Desk {
  readonly endpoint: string;
  readonly file: string;
  readonly sluice: (...words: readonly string[]) => Promise<Ran>;
  /**
   * The same, asked again while it says that no worker answers: on a busy machine an answer may take longer than it is waited for. Only for what changes
   * nothing, and where there is a worker.
   */
  readonly answered: (...words: readonly string[]) => Promise<Ran>;
  readonly startWorker: () => Promise<{ stop(): Promise<void> }>;
}

/** An endpoint, a file for it and a task queue of its own, with evidence as given. */
export async function aDesk(place: Place, tick: () => FakeTick): Promise<Desk> {
  const { folder } = place;
  const endpoint = `reviews-${randomUUID().slice(0, 8)}`;
  const file = `${endpoint}.yaml`;
  const text = await readFile(path.join(__dirname, 'fixtures', 'rollout.yaml'), 'utf8');
  await writeFile(path.join(folder, file), text.replace('endpoint: product-reviews', `endpoint: ${endpoint}`));
  const { server, env } = place.temporal;
  const taskQueue = `sluice-${endpoint}`;
  const fake = fakeActivities({ tick });
  const sluice = (...words: readonly string[]): Promise<Ran> =>
    run(words, {
      cwd: folder,
      env: {
        TEMPORAL_ADDRESS: server.address,
        SLUICE_TASK_QUEUE: taskQueue,
        SLUICE_USER: 'ana@example.org',
        SLUICE_UI_URL: 'http://ui.example',
      },
    });
  return {
    endpoint,
    file,
    sluice,
    answered: (...words) =>
      until(
        () => sluice(...words),
        ({ code }) => code !== EXIT.unreachable
      ),
    startWorker: async () => {
      const worker = await Worker.create({
        connection: env.nativeConnection,
        taskQueue,
        workflowBundle: await workflowBundle(),
        activities: { ...fake.activities },
      });
      const running = worker.run();
      return {
        stop: async () => {
          worker.shutdown();
          await running;
        },
      };
    },
  };
}

/** Runs a story beside a worker for the desk's task queue. */
export async function withWorker(desk: Desk, story: () => Promise<void>): Promise<void> {
  const worker = await desk.startWorker();
  try {
    await story();
  } finally {
    await worker.stop();
  }
}

/** What `sluice status <endpoint> --json` prints. */
export interface EndpointStatus {
  readonly running: RolloutView | null;
  readonly past: EndpointState['past'];
}

/** Asks for the endpoint's status, which must succeed. */
export async function statusOf(desk: Desk): Promise<EndpointStatus> {
  const { code, out, err } = await desk.answered('status', desk.endpoint, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as EndpointStatus;
}

/** Asks until the status will do. */
export function untilStatus(desk: Desk, condition: (status: EndpointStatus) => boolean): Promise<EndpointStatus> {
  return until(() => statusOf(desk), condition);
}

/** Whether a person is awaited. */
export function isAsking({ running }: EndpointStatus): boolean {
  return running !== null && running.approval !== null;
}
