import { isRecord } from '../bias/option-reader';
import type { Json } from '../types';

/** Attributions of one output, as `analysis.json` has them. */
export interface LabelScores {
  readonly label: string;
  readonly scores: readonly (readonly [feature: string, score: number])[];
  readonly expected: number;
}

/** Clarify's `analysis.json`, its part about explanations. */
export function toExplanations(labels: readonly LabelScores[]): Json {
  const kernelShap = Object.fromEntries(
    labels.map(({ label, scores, expected }) => [
      label,
      { global_shap_values: Object.fromEntries(scores), expected_value: expected },
    ])
  );
  return { version: '1.0', explanations: { kernel_shap: kernelShap } };
}

/** Reads the same, ours or Clarify's; what is not understood is left out. */
export function baselineScores(analysis: Json | undefined): readonly LabelScores[] {
  const explanations = isRecord(analysis) ? analysis['explanations'] : undefined;
  const kernelShap = isRecord(explanations) ? explanations['kernel_shap'] : undefined;
  if (!isRecord(kernelShap)) return [];
  return Object.entries(kernelShap).flatMap(([label, found]) => {
    const values = isRecord(found) ? found['global_shap_values'] : undefined;
    if (!isRecord(found) || !isRecord(values)) return [];
    const scores = Object.entries(values).flatMap(([feature, score]) =>
      typeof score === 'number' ? [[feature, score] as const] : []
    );
    const expected = found['expected_value'];
    return [{ label, scores, expected: typeof expected === 'number' ? expected : 0 }];
  });
}

/** Clarify's `constraint_violations.json` of attribution drift. */
export function toDriftViolations(
  found: readonly { readonly label: string; readonly ndcg: number; readonly threshold: number }[]
): Json {
  return {
    version: '1.0',
    violations: found.map(({ label, ndcg, threshold }) => ({
      label,
      metric_name: 'shap',
      constraint_check_type: 'feature_attribution_drift_check',
      description: `Feature attribution drift ${ndcg} exceeds threshold ${threshold}`,
    })),
  };
}
