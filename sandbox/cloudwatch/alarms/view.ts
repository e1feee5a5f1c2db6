import type { SandboxClock } from '../../ports';
import type { MetricStore } from '../store/metric-store';
import type { AlarmStore } from './alarm-store';
import { pointsOf } from './evaluate';
import type { Evaluator } from './evaluator';
import { actionsFor, type Alarm, type AlarmState } from './types';

/** An alarm as those see it whom it calls. */
export interface AlarmView {
  readonly name: string;
  readonly arn: string;
  readonly state: AlarmState;
  /** ARNs that the present state calls; empty while the alarm's actions are disabled. */
  readonly actions: readonly string[];
  /** Absent for a composite alarm, which has no metric of its own. */
  readonly threshold?: number;
  /** The data points that the alarm looks at now, oldest first. */
  points(): readonly { readonly atMs: number; readonly value: number }[];
}

export interface AlarmViews {
  find(name: string): AlarmView | undefined;
  /** Alarms that name the ARN among the actions of any state, by name. */
  calling(arn: string): readonly AlarmView[];
}

/** Looks at alarms from inside the sandbox, without any protocol. */
export function alarmViews(inside: {
  readonly alarms: AlarmStore;
  readonly evaluator: Evaluator;
  readonly metrics: MetricStore;
  readonly clock: SandboxClock;
  readonly arnOf: (name: string) => string;
}): AlarmViews {
  const { alarms, evaluator, metrics, clock, arnOf } = inside;
  const view = (alarm: Alarm): AlarmView => {
    const common = {
      name: alarm.name,
      arn: arnOf(alarm.name),
      state: alarm.state.value,
      actions: actionsFor(alarm, alarm.state.value),
    };
    if (alarm.kind === 'composite') return { ...common, points: () => [] };
    const watch = evaluator.watchOf(alarm);
    return { ...common, threshold: watch.threshold, points: () => pointsOf(watch, metrics, clock.now()) };
  };
  return {
    find: (name) => {
      const alarm = alarms.get(name);
      return alarm && view(alarm);
    },
    calling: (arn) =>
      alarms
        .all()
        .filter(({ definition }) =>
          [definition.OKActions, definition.AlarmActions, definition.InsufficientDataActions].some((list) =>
            list?.includes(arn)
          )
        )
        .map(view),
  };
}
