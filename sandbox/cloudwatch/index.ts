import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Service } from '../http/service';
import type { Dimensions, MetricSink, SandboxClock } from '../ports';
import { AlarmStore } from './alarms/alarm-store';
import { deleteAlarms } from './alarms/change';
import { Evaluator } from './alarms/evaluator';
import { putMetricAlarm } from './alarms/put';
import type { AlarmChange, AlarmState } from './alarms/types';
import { alarmViews, type AlarmViews } from './alarms/view';
import { statisticOf } from './data/queries';
import { read, windowsOf } from './data/windows';
import { createCloudWatchService } from './service';
import { MetricStore } from './store/metric-store';

export type { AlarmChange, AlarmState } from './alarms/types';
export type { AlarmView } from './alarms/view';
export { IMPLEMENTED as IMPLEMENTED_CLOUDWATCH_OPERATIONS } from './service';

/** Alarms for the sandbox's own services: deployments that roll back on them, auto scaling that owns some. */
export interface Alarms extends AlarmViews {
  /** States of those alarms that exist. */
  stateOf(names: readonly string[]): ReadonlyMap<string, AlarmState>;
  /** Creates or redefines a metric alarm; throws what PutMetricAlarm refuses. */
  put(alarm: PutMetricAlarmInput): void;
  /** Deletes alarms; absent ones are no mistake. */
  delete(names: readonly string[]): void;
  /** Brings every alarm to the state its data asks for, without waiting for the next evaluation. */
  evaluate(): void;
  /** Hears of every change of state; call the result to hear no more. */
  onStateChange(listener: (change: AlarmChange) => void): () => void;
}

/** One statistic of one metric over time; `statistic` as in GetMetricData, such as `Sum` or `p99`. */
export interface MetricQuery {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
}

export interface CloudWatch {
  readonly service: Service;
  readonly sink: MetricSink;
  readonly alarms: Alarms;
  /** State of one alarm; `undefined` when there is none of that name. */
  alarmState(name: string): AlarmState | undefined;
  /** Data points by the start of their window, oldest first. */
  read(query: MetricQuery): readonly { readonly atMs: number; readonly value: number }[];
  /** Writes what is not on disk yet and ends the evaluation of alarms. */
  close(): Promise<void>;
}

/**
 * CloudWatch on this machine, below `dir`. Alarms evaluate themselves in provider time, on windows of the clock's
 * timestamps. Metrics of the sink reach the disk within a second; PutMetricData answers after it did.
 */
export function createCloudWatch(options: {
  readonly clock: SandboxClock;
  readonly dir: string;
  readonly accountId?: string;
  /** Region of alarms that the sandbox's own services put. */
  readonly region?: string;
}): CloudWatch {
  const { clock, dir, accountId = '123456789012', region = 'us-east-1' } = options;
  const store = new MetricStore(dir, clock);
  const alarms = new AlarmStore(dir);
  const evaluator = new Evaluator(alarms, store, clock);
  const context = { store, alarms, clock, accountId, region };
  const running = evaluator.run();
  const alarmState = (name: string): AlarmState | undefined => alarms.get(name)?.state.value;
  return {
    service: createCloudWatchService(context),
    sink: { put: (datum) => store.put(datum, datum.value) },
    alarms: {
      ...alarmViews({
        ...{ alarms, evaluator, metrics: store, clock },
        arnOf: (name) => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
      }),
      stateOf: (names) => {
        const states = names.map((name) => [name, alarmState(name)] as const);
        return new Map(states.flatMap(([name, state]) => (state === undefined ? [] : [[name, state] as const])));
      },
      put: (alarm) => void putMetricAlarm(alarm, context),
      delete: (names) => void deleteAlarms({ AlarmNames: [...names] }, context),
      evaluate: () => evaluator.evaluate(),
      onStateChange: (listener) => alarms.listen(listener),
    },
    alarmState,
    read: ({ namespace, name, dimensions, statistic, periodSeconds, startMs, endMs }) => {
      const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
      const { points } = read(store, {
        metric: { namespace, name, dimensions: sorted },
        statistic: statisticOf(statistic, 'statistic'),
        windows: windowsOf(startMs, endMs, periodSeconds),
        label: name,
      });
      return [...points].map(([atMs, value]) => ({ atMs, value }));
    },
    close: async () => {
      evaluator.stop();
      await running;
      store.close();
      alarms.close();
    },
  };
}
