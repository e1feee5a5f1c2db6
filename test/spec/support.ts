import type { Problem } from '../../spec/problem';
import { readRolloutFile } from '../../spec/read';
import type { RolloutSpec } from '../../spec/types';

/** The shortest useful file; the role comes from the environment. */
export const SHORTEST = `endpoint: product-reviews
capture: { to: s3://capture/reviews }
candidates:
  - name: v8
    container: { image: sentiment:8, artifact: s3://models/reviews/8/model.tar.gz }
`;

export const ROLE = 'arn:aws:iam::123456789012:role/reviews';

/** Every key that this version knows, none at its default. */
export const FULL = `endpoint: product-reviews
aws:
  role: arn:aws:iam::123456789012:role/other
  kms: alias/reviews
  vpc: { subnets: [subnet-1], securityGroups: [sg-1] }
  tags: { team: search }
capture: { to: s3://capture/reviews/, sampling: 50%, contentTypes: [text/csv], lag: 90s }
schema: { prediction: '$.predictions[0].label', user: 0 }
groundTruth: { from: s3://labels/reviews/, maturity: 1h30m }
events: { conversion: { from: s3://events/reviews/, window: 20m, unit: user } }
exposures: { from: s3://exposures/reviews }
counts: { from: s3://counts/reviews }
tick: 2s
candidates:
  - name: v8
    container: { image: sentiment:8, artifact: s3://models/8/model.tar.gz, environment: { LOG: debug } }
    instance: { type: ml.c5.xlarge, count: 2 }
baseline: { lookback: 2h, atLeast: 100, atMost: 5m }
budget: { falseRollback: 0.5%, falsePromotion: 2%, falseWinner: 3% }
guards:
  - { kind: errors, statuses: 4xx+5xx, rollbackAt: { oddsRatio: 1.2 }, promoteWithin: { absolute: 1% }, slo: none, required: false, weight: 2 }
  - { kind: quality, metric: accuracy, rollbackAt: { oddsRatio: 1.1 }, promoteWithin: { oddsRatio: 1.4 } }
  - { kind: latency, quantiles: [p99, p50], promoteWithin: { ratio: 1.5 }, mode: exact, weight: 0.5 }
  - { kind: business, event: conversion, unit: user, rollbackAt: { oddsRatio: 1.1 }, promoteWithin: { oddsRatio: 1.2 } }
  - { kind: goal, event: conversion, rollbackAt: { oddsRatio: 1.3 }, required: false }
  - { kind: mean, event: conversion, higherIs: better, promoteWithin: { difference: 0.4 }, points: [0, 10, 100], leastN: 50 }
  - { kind: split, alpha: 1%, leastExpected: 10, required: true }
  - { kind: captureLoss, alpha: 2%, tolerated: none, leastDue: 10 }
  - { kind: labelLoss, tolerated: 5% }
  - { kind: outputDrift, threshold: 0.2, distance: jensenShannon, leastN: 50, every: 5, then: hold }
  - { kind: threshold, metric: CPUUtilization, namespace: /aws/sagemaker/Endpoints, statistic: p90, dimensions: { EndpointName: a }, below: -1.5, allowedFailures: 1, window: 3, leastTicks: 2 }
  - { kind: alarm, name: reviews-p99, missingData: ignore, then: alert, required: false }
  - { kind: webhook, url: "https://check.example.org/v8", timeout: 2s }
onInconclusive: ask
stages:
  - canary: { share: 2.5%, until: { requests: 500, atMost: 1h }, onInconclusive: rollBack }
  - approval: { approvers: [ana@example.org, bo@example.org], need: 2, within: 8h, otherwise: approve }
  - canary: { share: 50%, until: { decided: true, atMost: 14d } }
batch:
  - name: nightly
    schedule: "30 2 * * 1-5"
    timezone: Europe/Berlin
    jitter: 5m
    overlap: bufferOne
    catchUpWindow: 6h
    pauseOnFailure: false
    within: 4h
    dataLag: 1d
    input: s3://data/reviews/{date}/
    output: s3://out/reviews/{date}/
    model: { existing: reviews-7 }
    challenger: { name: v9, model: { container: { image: sentiment:9 } }, prediction: $.label }
    instance: { type: ml.c5.xlarge, count: 2 }
    strategy: SingleRecord
    payload: 2
    concurrency: 8
    compression: Gzip
    split: Line
    assemble: Line
    contentType: application/json
    accept: application/json
    filters: { input: $.review, output: "$['id','SageMakerOutput']", join: Input }
    parts: { size: 2GB, slice: 64MB, parallel: 4 }
    onBadRecord: fail
    atMostBad: 2%
    verify: { counts: true, drift: { prediction: $.SageMakerOutput.label, threshold: 0.2, distance: jensenShannon, then: fail } }
`;

/** Every kind of stage with every key that it knows, none at its default, as far as they can stand in one file. */
export const STAGES = `endpoint: product-reviews
capture: { to: s3://capture/reviews }
schema: { prediction: '$.predictions[0].label' }
groundTruth: { from: s3://labels/reviews, maturity: 1h }
candidates:
  - name: v8
    container: { image: sentiment:8 }
    instance: { count: 4 }
routing: { gateway: s3://assignments/reviews/, expires: 2m }
watch: { for: 3d, holdback: 0%, keep: cold }
onNewer: queue
stages:
  - calibrate: { ticks: 40, atMost: 2h }
  - shadow: { sample: 30%, until: { pairs: 900, atMost: 6h }, engine: experiment, onInconclusive: ask }
  - shadow: { engine: gateway }
  - canary: { share: 20%, target: [staff, beta], until: { requests: 50, atMost: 2h }, onInconclusive: ask }
  - approval:
      approvers: [ana@example.org]
      within: 3h
      identity:
        token: { issuer: https://id.example.org, audience: sluice, jwks: https://id.example.org/keys, claim: sub }
  - linear: { shares: [1%, 5%, 25%], bake: 20m, decideWithin: 3h, onInconclusive: advance }
  - linear: { from: 5%, to: 32%, step: 9%, harmBudget: { extraFailures: 12 } }
  - blueGreen: { engine: weights, warmUp: 7, holdback: 3%, until: { decided: true, atMost: 5h }, onInconclusive: rollBack }
  - abTest: { share: 40%, by: request, until: { decided: true, atMost: 9d }, onInconclusive: rollBack }
  - bandit:
      allocator: klUcb
      reward: quality
      interval: 30m
      floor: 2%
      deadBand: 0.5%
      discount: 0.95
      until: { decided: true, atMost: 20d }
      onInconclusive: ask
  - blueGreen:
      engine: guardrails
      shift: { linear: 25% }
      wait: 5m
      terminationWait: 30m
      maximum: 3h
      alarms: [reviews-p99]
      onInconclusive: rollBack
`;

/** The problems of a text; empty when it is accepted. */
export function problemsOf(
  text: string,
  environment: Readonly<Record<string, string>> = { SLUICE_ROLE: ROLE }
): readonly Problem[] {
  const result = readRolloutFile({ text, fileName: 'rollout.yaml', environment });
  return result.ok ? [] : result.problems;
}

/** The spec of a text that must be accepted. */
export function specOf(text: string): RolloutSpec {
  const result = readRolloutFile({ text, fileName: 'rollout.yaml', environment: { SLUICE_ROLE: ROLE } });
  if (!result.ok) throw new Error(result.problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return result.spec;
}

/** Each problem as `line:column message`. */
export function told(text: string, environment?: Readonly<Record<string, string>>): readonly string[] {
  return problemsOf(text, environment).map(({ line, column, message }) => `${line}:${column} ${message}`);
}
