import type { RolloutSpec } from '../../spec/types';

/** A checked rollout file: 5 % until decided, an approval, 50 % for some requests. Parts can be replaced. */
export function aSpec(changes: Partial<RolloutSpec> = {}): RolloutSpec {
  return {
    endpoint: 'product-reviews',
    aws: { role: 'arn:aws:iam::123456789012:role/sluice', tags: {} },
    capture: { to: 's3://capture/reviews', samplingPct: 100, contentTypes: ['application/json'] },
    schema: { prediction: '$.predictions[0].label' },
    groundTruth: { from: 's3://labels/reviews', maturityMs: 60_000 },
    counts: { from: 'gateway', uri: 's3://counts/reviews' },
    tickMs: 60_000,
    candidates: [
      {
        name: 'v2',
        model: {
          kind: 'container',
          container: { image: 'sentiment:2', artifact: 's3://models/v2/model.tar.gz', environment: {} },
        },
        instance: { type: 'ml.m5.large', count: 1 },
      },
    ],
    baseline: { lookbackMs: 600_000, atLeast: 100, atMostMs: 600_000 },
    budget: { falseRollback: 0.01, falsePromotion: 0.05, falseWinner: 0.05 },
    guards: [
      {
        kind: 'errors',
        statuses: '5xx',
        rollbackAt: { oddsRatio: 1 },
        promoteWithin: { kind: 'oddsRatio', oddsRatio: 1.5 },
        slo: 0.02,
        required: true,
      },
      {
        kind: 'quality',
        metric: 'accuracy',
        rollbackAt: { oddsRatio: 1 },
        promoteWithin: { kind: 'absolute', difference: 0.05 },
        required: true,
      },
    ],
    onInconclusive: 'hold',
    routing: { by: 'weights' },
    onNewer: 'reject',
    stages: [
      {
        kind: 'canary',
        sharePct: 5,
        groups: [],
        until: { kind: 'decided', atMostMs: 7_200_000 },
        onInconclusive: 'rollBack',
      },
      {
        kind: 'approval',
        approvers: ['ana@example.org'],
        need: 1,
        withinMs: 86_400_000,
        otherwise: 'reject',
        identity: { kind: 'asserted' },
      },
      {
        kind: 'canary',
        sharePct: 50,
        groups: [],
        until: { kind: 'requests', requests: 1_000, atMostMs: 3_600_000 },
        onInconclusive: 'rollBack',
      },
    ],
    ...changes,
  };
}
