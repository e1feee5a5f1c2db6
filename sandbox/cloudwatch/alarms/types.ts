import type { PutCompositeAlarmInput, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';

export const ALARM_STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

export interface StateRecord {
  readonly value: AlarmState;
  readonly reason: string;
  /** JSON. */
  readonly reasonData?: string;
  /** When the value last changed. */
  readonly changedMs: number;
  /** When value or reason last changed. */
  readonly updatedMs: number;
}

export type Tags = Readonly<Record<string, string>>;

interface Common {
  readonly name: string;
  /** When it was last put or its actions were switched. */
  readonly configuredMs: number;
  readonly actionsEnabled: boolean;
  readonly tags: Tags;
  readonly state: StateRecord;
}

/** An alarm as it is kept: its definition just as the client sent it, and its state. */
export type Alarm =
  | (Common & { readonly kind: 'metric'; readonly definition: MetricDefinition })
  | (Common & { readonly kind: 'composite'; readonly definition: CompositeDefinition });

export type MetricDefinition = Omit<PutMetricAlarmInput, 'Tags' | 'AlarmName' | 'ActionsEnabled'>;
export type CompositeDefinition = Omit<PutCompositeAlarmInput, 'Tags' | 'AlarmName' | 'ActionsEnabled'>;

export interface HistoryItem {
  readonly name: string;
  readonly kind: Alarm['kind'];
  readonly atMs: number;
  readonly type: 'ConfigurationUpdate' | 'StateUpdate' | 'Action';
  readonly summary: string;
  /** JSON. */
  readonly data: string;
}

/** What listeners hear when an alarm changes its state. */
export interface AlarmChange {
  readonly name: string;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
  readonly atMs: number;
  /** ARNs that this transition would notify; empty while the alarm's actions are disabled. */
  readonly actions: readonly string[];
}

/** Actions an alarm has for a state. */
export function actionsFor(alarm: Alarm, state: AlarmState): readonly string[] {
  if (!alarm.actionsEnabled) return [];
  const { OKActions, AlarmActions, InsufficientDataActions } = alarm.definition;
  const actions = { OK: OKActions, ALARM: AlarmActions, INSUFFICIENT_DATA: InsufficientDataActions };
  return actions[state] ?? [];
}
