import type { RolloutSpec, Stage } from '../../spec/types';
import { aSpec } from './spec';
import type { WholeStack } from './whole-stack';

/** Half of the traffic, until the guards have decided. */
export const HALF_UNTIL_DECIDED: Stage = {
  kind: 'canary',
  sharePct: 50,
  groups: [],
  until: { kind: 'decided', atMostMs: 90_000 },
  onInconclusive: 'rollBack',
};

/** Half of the traffic over some hundred requests: long enough that something can happen meanwhile. */
export const HALF_FOR_LONG: Stage = {
  kind: 'canary',
  sharePct: 50,
  groups: [],
  until: { kind: 'requests', requests: 300, atMostMs: 120_000 },
  onInconclusive: 'rollBack',
};

export const APPROVAL: Stage = {
  kind: 'approval',
  approvers: ['ana@example.org'],
  need: 1,
  withinMs: 600_000,
  otherwise: 'reject',
  identity: { kind: 'asserted' },
};

/** A file whose guards decide within seconds at some dozen requests a second, where the differences are as gross as in these tests. */
export function wholeSpec(
  stack: WholeStack,
  rollout: {
    readonly endpoint: string;
    readonly candidate: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly stages?: readonly Stage[];
  }
): RolloutSpec {
  return aSpec({
    endpoint: rollout.endpoint,
    capture: { to: stack.buckets.capture, samplingPct: 100, contentTypes: ['application/json'] },
    groundTruth: { from: stack.buckets.labels, maturityMs: 3_000 },
    counts: { from: 'gateway', uri: stack.buckets.counts },
    tickMs: 1_000,
    baseline: { lookbackMs: 30_000, atLeast: 100, atMostMs: 60_000 },
    candidates: [
      {
        name: rollout.candidate,
        model: { kind: 'container', container: { image: 'classifier:1', environment: rollout.env ?? {} } },
        instance: { type: 'ml.m5.large', count: 1 },
      },
    ],
    guards: [
      {
        kind: 'errors',
        statuses: '5xx',
        rollbackAt: { oddsRatio: 1 },
        promoteWithin: { kind: 'oddsRatio', oddsRatio: 1.5 },
        slo: 0.1,
        required: true,
      },
      {
        kind: 'quality',
        metric: 'accuracy',
        rollbackAt: { oddsRatio: 1 },
        promoteWithin: { kind: 'absolute', difference: 0.1 },
        required: true,
      },
    ],
    stages: rollout.stages ?? [HALF_UNTIL_DECIDED],
  });
}
