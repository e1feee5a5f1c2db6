import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { WorkflowNotFoundError } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointWorkflowId } from '../../rollout';
import type { EndpointState, MonitorResult } from '../../rollout';
import type { MonitorSpec, RolloutSpec } from '../../spec/types';
import { monitorRequest } from '../../worker/schedules/monitors';
import type { endpoint, monitor } from '../../workflows';
import { endpointQuery } from '../../workflows/messages';
import type { DevServerEnvironment } from './dev-server';
import { LiveTraffic } from './live-traffic';
import { wholeSpec } from './whole-spec';
import type { RunningRollout, WholeStack } from './whole-stack';

/** A monitor of the model's quality, of windows of four seconds, that nobody schedules soon. */
export function aMonitor(changes: Partial<MonitorSpec> = {}): MonitorSpec {
  return {
    name: 'quality',
    kind: 'modelQuality',
    schedule: {
      times: { kind: 'interval', everyMs: 86_400_000, offsetMs: 0 },
      timezone: 'UTC',
      jitterMs: 0,
      overlap: 'skip',
      catchUpWindowMs: 60_000,
      pauseOnFailure: true,
    },
    windowMs: 4_000,
    lagMs: 0,
    lateMs: 600_000,
    engine: 'worker',
    instance: { type: 'ml.m5.large', count: 1 },
    options: { leastRows: 20 },
    to: 's3://capture/reports',
    onViolation: ['alert', 'rollBack'],
    cooldownMs: 3_600_000,
    publishesMetrics: true,
    ...changes,
  };
}

/** Endpoints of a whole stack whose files have monitors. */
export class Monitored {
  constructor(
    private readonly stack: WholeStack,
    private readonly dev: () => DevServerEnvironment
  ) {}

  async put(key: string, body: string, bucket = 'capture'): Promise<void> {
    const s3 = new S3Client(this.stack.aws);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    s3.destroy();
  }

  /** What baselines are made of: 19 of 20 answers are right. */
  async putTraining(): Promise<void> {
    const rows = Array.from({ length: 400 }, (_, i) => `good,${i % 20 === 0 ? 'not good' : 'good'}`);
    await this.put('whole/training.csv', ['label,prediction', ...rows, ''].join('\n'));
  }

  fileOf(
    rollout: Parameters<typeof wholeSpec>[1],
    monitors: readonly MonitorSpec[],
    changes: Partial<RolloutSpec> = {}
  ): RolloutSpec {
    const spec = wholeSpec(this.stack, rollout);
    const data = {
      dataset: 's3://capture/whole/training.csv',
      label: 'label',
      prediction: 'prediction',
      problem: 'MulticlassClassification',
      to: 's3://capture/reports',
    } as const;
    return { ...spec, baseline: { ...spec.baseline, data }, monitors, ...changes };
  }

  owner(name: string): Promise<EndpointState> {
    return this.dev().env.client.workflow.getHandle<typeof endpoint>(endpointWorkflowId(name)).query(endpointQuery);
  }

  async until(name: string, condition: (state: EndpointState) => boolean): Promise<EndpointState> {
    for (;;) {
      const state = await this.owner(name);
      if (condition(state)) return state;
      await sleep(100);
    }
  }

  /** Submits, and returns when the rollout exists: only once its baselines are made. */
  async submit(spec: RolloutSpec): Promise<RunningRollout> {
    const rollout = await this.stack.submit(spec);
    for (;;) {
      const found = await rollout.describe().catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      });
      if (found !== null) return rollout;
      const { givenUp } = await this.owner(spec.endpoint);
      if (givenUp !== null) throw new Error(`it was given up: ${givenUp.why}`);
      await sleep(100);
    }
  }

  traffic(name: string): LiveTraffic {
    return new LiveTraffic(this.stack, { endpoint: name, perSecond: 60 });
  }

  /** What data capture still holds in its memory goes to S3. */
  async flush(): Promise<void> {
    await fetch(`${this.stack.aws.endpoint}/_sandbox/flush`, { method: 'POST' });
  }

  /** First deployment, then some seconds of labelled traffic; returns when it began. */
  async deployed(spec: RolloutSpec, forMs = 8_200): Promise<number> {
    const result = await (await this.submit(spec)).result();
    if (result.outcome.kind !== 'promoted') throw new Error(`it ended: ${JSON.stringify(result.outcome)}`);
    const startMs = Date.now();
    const traffic = this.traffic(spec.endpoint);
    await sleep(forMs);
    await traffic.stop();
    if (traffic.drops.length > 0) throw new Error(`dropped: ${JSON.stringify(traffic.drops)}`);
    await this.flush();
    return startMs;
  }

  async start(spec: RolloutSpec, one: MonitorSpec, nominalMs: number) {
    return this.dev().env.client.workflow.start<typeof monitor>('monitor', {
      workflowId: `monitor/${spec.endpoint}/${one.name}-${nominalMs}`,
      taskQueue: this.stack.taskQueue,
      args: [{ ...monitorRequest(spec, one, true), nominalMs }],
    });
  }

  async judge(spec: RolloutSpec, one: MonitorSpec, nominalMs: number): Promise<MonitorResult> {
    return (await this.start(spec, one, nominalMs)).result();
  }
}
