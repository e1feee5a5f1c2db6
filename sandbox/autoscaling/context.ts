import type { SettableClock } from '../engine/clock';
import type { Journal } from '../engine/journal';
import type { Alarms } from '../cloudwatch';
import type { Knobs } from '../knobs/knobs';
import type { MetricSink } from '../ports';
import type { ScalingTables } from './tables';

/** What a variant that can be scaled looks like now. */
export interface ScalableVariant {
  /** `busy`: another change is under way; `gone`: the endpoint failed or is being deleted. */
  readonly endpoint: 'idle' | 'busy' | 'gone';
  readonly endpointCreatedMs: number;
  readonly currentCount: number;
  readonly desiredCount: number;
  /** Why the endpoint's last change failed. */
  readonly failureReason?: string;
}

/** The service whose capacity is scaled, reached as a customer reaches it. */
export interface ScalableVariants {
  /** `undefined` when there is no such endpoint, or it has no such variant. */
  find(at: { readonly endpointName: string; readonly variantName: string }): ScalableVariant | undefined;
  /** As UpdateEndpointWeightsAndCapacities does it; rejects with its AwsError. */
  setDesiredCount(wish: {
    readonly endpointName: string;
    readonly variantName: string;
    readonly count: number;
  }): Promise<void>;
}

export interface AutoScalingContext {
  readonly tables: ScalingTables;
  readonly clock: SettableClock;
  readonly journal: Journal;
  readonly region: string;
  readonly accountId: string;
  readonly knobs: Knobs;
  readonly variants: ScalableVariants;
  readonly alarms: Alarms;
  readonly metrics: MetricSink;
  /** Told of failures that no caller can be told of. */
  readonly onInternalError: (error: unknown, where: string) => void;
}
