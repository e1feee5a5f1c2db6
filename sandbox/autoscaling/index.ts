import type { Store } from '../engine/store';
import type { Service } from '../http/service';
import { awsJsonService } from '../wire/aws-json';
import { loadModel } from '../wire/model';
import { activityHandlers } from './activities';
import type { AutoScalingContext } from './context';
import type { ScalingHandlers } from './operations';
import { policyHandlers } from './policies';
import { scheduledActionHandlers } from './scheduled-actions';
import { Scaler } from './scaler';
import { scalingTables } from './tables';
import { tagHandlers } from './tags';
import { targetHandlers } from './targets';

export interface AutoScaling {
  readonly service: Service;
  /** Names of the endpoint's variants that are registered as scalable targets. */
  scaledVariants(endpointName: string): readonly string[];
  /** An endpoint was deleted: its targets go with it. */
  endpointGone(endpointName: string): void;
  close(): Promise<void>;
}

/**
 * Application Auto Scaling for SageMaker variants. Policies are called by CloudWatch's alarms and change capacity by SageMaker's own
 * operation, so nothing here knows how instances are made. What was begun before a restart is carried on.
 */
export function createAutoScaling(
  options: Omit<AutoScalingContext, 'tables'> & { readonly store: Store; readonly checkOutputs: boolean }
): AutoScaling {
  const { store, checkOutputs, ...rest } = options;
  const context: AutoScalingContext = { ...rest, tables: scalingTables(store) };
  const scaler = new Scaler(context);
  const handlers: ScalingHandlers = {
    ...targetHandlers(context, scaler),
    ...policyHandlers(context),
    ...scheduledActionHandlers(context),
    ...activityHandlers(context),
    ...tagHandlers(context),
  };
  const running = scaler.run();
  return {
    service: awsJsonService({ model: loadModel('application-autoscaling'), handlers, checkOutputs }),
    scaledVariants: (endpointName) =>
      context.tables.targets
        .all()
        .filter((target) => target.endpointName === endpointName)
        .map((target) => target.variantName),
    endpointGone: (endpointName) => scaler.endpointGone(endpointName),
    close: async () => {
      scaler.stop();
      await running;
    },
  };
}
