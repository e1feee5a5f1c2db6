import type { SandboxClock } from '../ports';
import type { AlarmStore } from './alarms/alarm-store';
import type { MetricStore } from './store/metric-store';

/** What CloudWatch's operations work on. */
export interface CloudWatchContext {
  readonly store: MetricStore;
  readonly alarms: AlarmStore;
  readonly clock: SandboxClock;
  readonly region: string;
  readonly accountId: string;
}
