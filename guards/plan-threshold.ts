import type { FurtherGuardSpec } from '../spec/types';
import type { AlarmPlan, InputFeature } from './thresholds/types';
import type { ThresholdClassPlan } from './types';

type Kind = ThresholdClassPlan['kind'];

/** A guard that decides by a rule of thumb: what the file says, and what was found out before. */
export function planThreshold(
  spec: Extract<FurtherGuardSpec, { readonly kind: Kind }>,
  given: {
    readonly name: string;
    readonly missingData?: Readonly<Record<string, AlarmPlan['missingData']>>;
    readonly inputs?: Readonly<Record<string, readonly InputFeature[]>>;
  }
): ThresholdClassPlan {
  const { name, missingData, inputs } = given;
  const { required, allowedFailures, windowTicks, leastTicks, then } = spec;
  const rule = { name, class: 'threshold', required, allowedFailures, windowTicks, leastTicks, then } as const;
  switch (spec.kind) {
    case 'threshold':
      return { ...rule, kind: spec.kind, metric: spec.metric, limit: spec.limit };
    case 'alarm':
      return {
        ...rule,
        kind: spec.kind,
        alarm: spec.name,
        missingData: spec.missingData ?? missingData?.[name] ?? 'missing',
      };
    case 'webhook':
      return { ...rule, kind: spec.kind, url: spec.url };
    case 'outputDrift': {
      const { kind, distance, threshold, leastN, everyTicks } = spec;
      return { ...rule, kind, distance, threshold, leastN, everyTicks };
    }
    case 'inputDrift': {
      const { kind, threshold, leastN, everyTicks } = spec;
      return { ...rule, kind, threshold, leastN, everyTicks, reference: inputs?.[name] ?? null };
    }
    case 'bias': {
      const { kind, facet, metric, threshold, values, positive, leastN, everyTicks } = spec;
      return { ...rule, kind, facet, metric, threshold, values, positive, leastN, everyTicks };
    }
    case 'attribution': {
      const { kind, ndcg, leastN, everyTicks } = spec;
      return { ...rule, kind, ndcg, leastN, everyTicks };
    }
  }
}
