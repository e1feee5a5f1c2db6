import { describe, expect, test } from '@jest/globals';
import { problemsOf, ROLE, SHORTEST, told } from './support';

/** One more line below the shortest file, the sixth. */
function withLine(line: string): string {
  return `${SHORTEST}${line}\n`;
}

interface Row {
  readonly line: string;
  readonly message: string;
  readonly remedy: string;
}

const ROWS: readonly Row[] = [
  { line: 'budgets: {}', message: '6:1 `budgets` is not a key of the rollout file.', remedy: 'Write `budget`.' },
  {
    line: 'colour: red',
    message: '6:1 `colour` is not a key of the rollout file.',
    remedy: 'Remove it, or use an allowed key.',
  },
  { line: 'tick: 10', message: '6:7 `tick` is not a duration: it has no unit.', remedy: 'Write `10s`.' },
  {
    line: 'tick: 0s',
    message: '6:7 `tick` is not a duration: it is no time at all.',
    remedy: 'Write for example `10m`.',
  },
  {
    line: 'tick: 900d',
    message: '6:7 `tick` is not a duration: it is longer than 366d.',
    remedy: 'Write for example `10m`.',
  },
  { line: 'tick:', message: '6:1 `tick` has no value.', remedy: 'Write for example `10m`.' },
  { line: 'tick: [1]', message: '6:7 `tick` is not a duration.', remedy: 'Write for example `10m`.' },
  { line: 'counts: cloud-watch', message: '6:9 `counts` is not a source of counts.', remedy: 'Write `cloudwatch`.' },
  {
    line: 'counts: { from: counts/x }',
    message: '6:17 `counts.from` is not an S3 address.',
    remedy: 'Write `s3://counts/x`.',
  },
  { line: 'counts: { form: s3://counts }', message: '6:11 `form` is not a key of `counts`.', remedy: 'Write `from`.' },
  {
    line: 'onInconclusive: rollback',
    message: '6:17 `onInconclusive` is not a way to go on.',
    remedy: 'Write `rollBack`.',
  },
  {
    line: 'baseline: { atLeast: 1.5 }',
    message: '6:22 `baseline.atLeast` is not a whole number, 1 or more.',
    remedy: 'Write for example `500`.',
  },
  {
    line: 'baseline: { atLeast: "1,000" }',
    message: '6:22 `baseline.atLeast` is not a whole number, 1 or more.',
    remedy: 'Write `1000`.',
  },
  {
    line: 'baseline: 24h',
    message: '6:11 `baseline` is not a map.',
    remedy: 'Write `baseline: {}`, or indented lines below it.',
  },
  {
    line: 'aws: { vpc: { subnets: [subnet-1] } }',
    message: '6:8 `aws.vpc.securityGroups` is missing.',
    remedy: 'Add `securityGroups: [ … ]` to `aws.vpc`.',
  },
  {
    line: 'budget: { falseWinner: 0.05 }',
    message: '6:24 `budget.falseWinner` is not a share: it has no % sign.',
    remedy: 'Write `5%` or `0.05%`, whichever you mean.',
  },
  { line: 'budget: { falseWinner: 5 % }', message: '6:24 `budget.falseWinner` is not a share.', remedy: 'Write `5%`.' },
  {
    line: 'budget: { falseWinner: 500% }',
    message: '6:24 `budget.falseWinner` is not a share: it is more than everything.',
    remedy: 'Write for example `5%`.',
  },
  {
    line: 'schema: { prediction: "predictions[*].label" }',
    message: '6:23 `schema.prediction` is not a place in the response.',
    remedy: 'Write `$.predictions[0].label`.',
  },
  {
    line: 'schema: { prediction: -1 }',
    message: '6:23 `schema.prediction` is not a place in the response.',
    remedy: "Write for example `'$.predictions[0].label'`.",
  },
  {
    line: 'aws: { tags: { cost: 10 } }',
    message: '6:22 `aws.tags.cost` is not a string: YAML reads it as a number.',
    remedy: 'Put it in quotes: "10".',
  },
  {
    line: 'aws: { vpc: { subnets: [], securityGroups: [sg-1] } }',
    message: '6:24 `aws.vpc.subnets` is empty.',
    remedy: 'Add an item.',
  },
  {
    line: 'aws: { role: reviews }',
    message: '6:14 `aws.role` is not a role.',
    remedy: 'Write `aws: { role: arn:aws:iam::123456789012:role/reviews }`, or set SLUICE_ROLE.',
  },
  { line: 'guards: errors', message: '6:9 `guards` is not a list.', remedy: 'Begin each item with `- `.' },
  {
    line: 'guards: [errors]',
    message: '6:10 `guards[0]` is not a map.',
    remedy: 'Write `- kind: errors`, and below it what differs from the defaults.',
  },
  {
    line: 'guards: [{ statuses: 5xx }]',
    message: '6:10 `guards[0].kind` is missing.',
    remedy: 'Add `kind: errors` to `guards[0]`.',
  },
  {
    line: 'guards: [{ kind: error }]',
    message: '6:18 `guards[0].kind` is not a kind of guard.',
    remedy: 'Write `errors`.',
  },
  {
    line: 'guards: [{ kind: errors, metric: accuracy }]',
    message: '6:26 `metric` is not a key of `guards[0]`.',
    remedy: 'Remove it, or use an allowed key.',
  },
  {
    line: 'guards: [{ kind: errors, statuses: 500 }]',
    message: '6:36 `guards[0].statuses` is not a set of statuses.',
    remedy: 'Write for example `5xx`.',
  },
  {
    line: 'guards: [{ kind: errors, required: yes }]',
    message: '6:36 `guards[0].required` is not a boolean.',
    remedy: 'Write `true`.',
  },
  {
    line: 'guards: [{ kind: errors, promoteWithin: { oddsRatio: 2, absolute: 2% } }]',
    message: '6:57 `guards[0].promoteWithin` has both `oddsRatio` and `absolute`.',
    remedy: 'Keep one of them.',
  },
  {
    line: 'guards: [{ kind: errors, promoteWithin: {} }]',
    message: '6:26 `guards[0].promoteWithin` needs `oddsRatio` or `absolute`.',
    remedy: 'Write for example `oddsRatio: 1.5`.',
  },
  {
    line: 'guards: [{ kind: errors, rollbackAt: { oddsRatio: none } }]',
    message: '6:51 `guards[0].rollbackAt.oddsRatio` is not a positive number.',
    remedy: 'Write for example `1`.',
  },
  {
    line: 'guards: [{ kind: latncy }]',
    message: '6:18 `guards[0].kind` is not a kind of guard.',
    remedy: 'Write `latency`.',
  },
  {
    line: 'guards: [{ kind: latency, promoteWithin: { oddsRatio: 2 } }]',
    message: '6:44 `oddsRatio` is not a key of `guards[0].promoteWithin`.',
    remedy: 'Remove it, or use an allowed key.',
  },
  {
    line: 'guards: [{ kind: latency, quantiles: [p99], incumbent: { p99: 80 } }]',
    message: '6:45 `guards[0]` has both `quantiles` and `incumbent`.',
    remedy: 'Keep one of them.',
  },
  {
    line: 'guards: [{ kind: latency, quantiles: [99] }]',
    message: '6:38 `guards[0].quantiles` is not a list of quantiles.',
    remedy: 'Write for example `[p50, p90, p99]`.',
  },
  {
    line: 'guards: [{ kind: webhook, url: check.example.org }]',
    message: '6:32 `guards[0].url` is not a URL.',
    remedy: 'Write for example `https://check.example.org`.',
  },
  {
    line: 'guards: [{ kind: threshold, metric: CPUUtilization, above: 80, statistic: Avg }]',
    message: '6:75 `guards[0].statistic` is not a statistic.',
    remedy: 'Write for example `Average`.',
  },
  {
    line: 'guards: [{ kind: business }]',
    message: '6:10 The `business` guard does not say which event it counts.',
    remedy: 'Add `event: conversion` and `events: { conversion: { from: s3://… } }`.',
  },
  {
    line: 'guards: [{ kind: outputDrift, threshold: 0.1 }]',
    message:
      '6:18 The `outputDrift` guard needs to know where the prediction stands in the response, but the file has no `schema.prediction`.',
    remedy: "Add `schema: { prediction: '$.predictions[0].label' }`, or a CSV column index.",
  },
  {
    line: 'events: { click: { form: s3://events } }',
    message: '6:20 `form` is not a key of `events.click`.',
    remedy: 'Write `from`.',
  },
  { line: 'stages: [approval]', message: '6:10 `stages[0]` is not a map.', remedy: 'Write `- approval: {}`.' },
  { line: 'stages: [{ canry: {} }]', message: '6:12 `canry` is not a key of `stages[0]`.', remedy: 'Write `canary`.' },
  {
    line: 'stages: [{}]',
    message:
      '6:10 `stages[0]` needs `canary`, `linear`, `blueGreen`, `shadow`, `abTest`, `bandit`, `calibrate` or `approval`.',
    remedy: 'Write for example `canary: {}`.',
  },
  {
    line: 'stages: [{ canary: {}, approval: {} }]',
    message: '6:24 `stages[0]` has both `canary` and `approval`.',
    remedy: 'Begin a new item with `- approval:`.',
  },
  {
    line: 'stages: [{ canary: { until: { atMost: 2h } } }]',
    message: '6:22 `stages[0].canary.until` needs `decided` or `requests`.',
    remedy: 'Write for example `decided: true`.',
  },
  {
    line: 'stages: [{ canary: { until: { decided: false } } }]',
    message: '6:40 `stages[0].canary.until.decided` is not true.',
    remedy: 'Write `decided: true`, or `requests: 500` in its place.',
  },
  {
    line: 'stages: [{ canary: { until: { pairs: 9 } } }]',
    message: '6:31 `pairs` is not a key of `stages[0].canary.until`.',
    remedy: 'Use `decided: true` or `requests`; only a `shadow` stage has pairs.',
  },
  {
    line: 'stages: [{ abTest: { goal: conversion } }]',
    message: '6:22 `goal` is not a key of `stages[0].abTest`.',
    remedy: 'Remove it, and add a guard `- { kind: goal, event: … }`.',
  },
  {
    line: 'stages: [{ blue_green: {} }]',
    message: '6:12 `blue_green` is not a key of `stages[0]`.',
    remedy: 'Write `blueGreen`.',
  },
  {
    line: 'stages: [{ blueGreen: { warmUp: 3, engine: guardrails } }]',
    message: '6:25 `warmUp` in `stages[0].blueGreen` belongs to `engine: weights`.',
    remedy: 'Remove it, or write `engine: weights`.',
  },
  {
    line: 'stages: [{ blueGreen: { shift: allAtOnce } }]',
    message: '6:25 `shift` in `stages[0].blueGreen` belongs to `engine: guardrails`.',
    remedy: 'Remove it, or write `engine: guardrails`.',
  },
  {
    line: 'stages: [{ blueGreen: { engine: guardrails, shift: canary } }]',
    message: '6:52 `stages[0].blueGreen.shift` is not a way to shift.',
    remedy: 'Write for example `{ canary: 25% }`.',
  },
  {
    line: 'stages: [{ blueGreen: { engine: guardrails, shift: all-at-once } }]',
    message: '6:52 `stages[0].blueGreen.shift` is not a way to shift.',
    remedy: 'Write `allAtOnce`.',
  },
  {
    line: 'stages: [{ blueGreen: { engine: guardrails, shift: {} } }]',
    message: '6:45 `stages[0].blueGreen.shift` needs `canary`, `linear` or `rolling`.',
    remedy: 'Write for example `canary: 25%`.',
  },
  {
    line: 'stages: [{ linear: { shares: [1%, 5%], step: 2% } }]',
    message: '6:40 `step` in `stages[0].linear` stands beside `shares`, which names every step.',
    remedy: 'Keep one of them.',
  },
  {
    line: 'stages: [{ linear: { from: 60% } }]',
    message: '6:28 `stages[0].linear.from` is not the beginning of a rising ramp: it begins at 60% and ends at 50%.',
    remedy: 'Write for example `50%`.',
  },
  {
    line: 'stages: [{ linear: { from: 60%, to: 20% } }]',
    message: '6:37 `stages[0].linear.to` is not the end of a rising ramp: it begins at 60% and ends at 20%.',
    remedy: 'Write for example `60%`.',
  },
  {
    line: 'stages: [{ linear: { to: 100% } }]',
    message:
      '6:26 `stages[0].linear.to` is not a share to end with: no requests are left for the incumbent, so there is nothing to compare.',
    remedy: 'Write for example `to: 50%`; promotion goes on to 100%.',
  },
  {
    line: 'stages: [{ linear: { step: 0% } }]',
    message: '6:28 `stages[0].linear.step` is not a step of a ramp: the ramp would never rise.',
    remedy: 'Write for example `8%`.',
  },
  {
    line: 'stages: [{ linear: { step: 0.1% } }]',
    message: '6:28 `stages[0].linear.step` is not a step of a ramp: the ramp would have 401 steps.',
    remedy: 'Write for example `8%`.',
  },
  {
    line: 'stages: [{ linear: { harmBudget: {} } }]',
    message: '6:22 `stages[0].linear.harmBudget.extraFailures` is missing.',
    remedy: 'Add `extraFailures: 20` to `stages[0].linear.harmBudget`.',
  },
  {
    line: 'stages: [{ abTest: { until: { decided: false } } }]',
    message: '6:40 `stages[0].abTest.until.decided` is not true.',
    remedy: 'Write `decided: true`, or leave it out.',
  },
  {
    line: 'stages: [{ approval: { identity: token } }, { canary: {} }]',
    message: '6:34 `stages[0].approval.identity` is not an identity.',
    remedy:
      'Write for example `{ token: { issuer: https://login.example.org, audience: sluice, jwks: https://login.example.org/jwks.json } }`.',
  },
  {
    line: "stages: [{ approval: { identity: { token: { issuer: a, audience: b, jwks: 'http://c.org/d' } } } }, { canary: {} }]",
    message: '6:75 `stages[0].approval.identity.token.jwks` is not the address of a key set.',
    remedy: 'Write for example `https://login.example.org/.well-known/jwks.json`.',
  },
  {
    line: 'routing: gateway',
    message: '6:10 `routing` is not a way to route.',
    remedy: 'Write for example `{ gateway: s3://assignments/reviews }`.',
  },
  {
    line: 'routing: { expires: 5m }',
    message: '6:1 `routing.gateway` is missing.',
    remedy: 'Add `gateway: s3://assignments/reviews` to `routing`.',
  },
  {
    line: 'watch: { keep: hot }',
    message: '6:16 `watch.keep` is not a way to keep the old model.',
    remedy: 'Write for example `warm`.',
  },
  {
    line: 'onNewer: cancel',
    message: '6:10 `onNewer` is not an answer to a newer rollout.',
    remedy: 'Write for example `queue`.',
  },
];

describe('each mistake is one problem with its place, its words and its remedy', () => {
  test.each(ROWS)('$line', ({ line, message, remedy }) => {
    const text = withLine(line);
    expect(told(text)).toEqual([message]);
    expect(problemsOf(text).map((problem) => problem.remedy)).toEqual([remedy]);
  });

  test.each([
    ['instance: { type: m5.large }', '`candidates[0].instance.type` is not an instance type.', 'Write `ml.m5.large`.'],
    [
      'instance: { type: ml.m5.lage }',
      '`candidates[0].instance.type` is not an instance type.',
      'Write `ml.m5.large`.',
    ],
    [
      'instance: { count: 0 }',
      '`candidates[0].instance.count` is not a whole number, 1 or more.',
      'Write for example `1`.',
    ],
  ])('%s', (line, message, remedy) => {
    expect(problemsOf(`${SHORTEST}    ${line}\n`)).toMatchObject([{ line: 6, message, remedy }]);
  });
});

describe('keys and kinds of later versions', () => {
  test.each([["schema: { text: '$.text' }", '`text` in `schema` is not available yet in this version.']])(
    '%s is told apart from a typing error, with what to do today',
    (line, message) => {
      const problems = problemsOf(withLine(line));
      expect(problems).toMatchObject([{ line: 6, message }]);
      expect(problems[0]?.remedy).toMatch(/^(Remove|Use)/);
    }
  );
});

describe('lines that are not indented under their key', () => {
  test('are one problem, and what they say is still checked', () => {
    const text = `${SHORTEST}stages:\n  - canary:\n    share: 500%\n    until: { decided: true }\n`;
    expect(told(text)).toEqual([
      '8:5 `share` and `until` stand beside `stages[0].canary` instead of under it.',
      '8:12 `stages[0].canary.share` is not a share: it is more than everything.',
    ]);
    expect(problemsOf(text)[0]?.remedy).toBe('Indent them deeper than `canary:`.');
  });

  test('are recognised at the top of the file too', () => {
    const text = SHORTEST.replace('capture: { to:', 'capture:\nto:').replace('/reviews }', '/reviews');
    expect(told(text)).toEqual(['3:1 `to` stands beside `capture` instead of under it.']);
  });
});

describe('the role', () => {
  test('that is nowhere is asked for, with both ways to give it', () => {
    expect(problemsOf(SHORTEST, {})).toMatchObject([
      {
        line: 1,
        column: 1,
        path: 'aws.role',
        message: '`aws.role` is missing.',
        remedy: `Write \`aws: { role: ${ROLE} }\`, or set SLUICE_ROLE.`,
      },
    ]);
  });

  test('that the environment holds is checked like one in the file', () => {
    expect(told(SHORTEST, { SLUICE_ROLE: 'reviews' })).toEqual([
      '1:1 `aws.role` is not a role: SLUICE_ROLE holds reviews.',
    ]);
  });
});
