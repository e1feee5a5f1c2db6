import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { formatEvent } from '../../gateway/event-format';
import { formatExposure } from '../../gateway/exposure-format';
import type { Exposure } from '../../gateway/exposure-format';
import type { Evaluation } from '../../scripts/evaluate/print';
import { seededUniform } from '../../guards/random';
import { startTestSandbox } from '../support/sandbox/harness';
import { run } from './run-main';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-evaluate-'));
const NOW_MS = Date.UTC(2026, 10, 28, 12);
const RATES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  phones: { v7: 0.1, v8: 0.3 },
  other: { v7: 0.2, v8: 0.1 },
};

const FILE = `
endpoint: reviews
aws: { role: arn:aws:iam::123456789012:role/reviews }
capture: { to: s3://capture/reviews }
schema: { prediction: '$.predictions[0].label', facets: { category: '$.category' } }
routing: { gateway: s3://control/reviews }
exposures: { from: s3://exposures/reviews }
events: { click: { from: s3://events/reviews, window: 10m } }
candidates: [{ name: v8, container: { image: 'sentiment:8' } }]
guards: [{ kind: errors, slo: 1% }]
stages:
  - bandit: { reward: { event: click }, segments: { facet: category, values: [phones] }, floor: 5% }
`;

/** A gateway's log: shares of v8 by epoch, a segment each; clicks a minute after the call. */
function log(): void {
  const uniform = seededUniform(7);
  const exposures: string[] = [];
  const events: string[] = [];
  let id = 0;
  for (const [epoch, share] of [0.5, 0.7, 0.9].entries()) {
    for (let i = 0; i < 4_000; i++) {
      const segment = i % 2 === 0 ? 'phones' : 'other';
      const variant = uniform() < share ? 'v8' : 'v7';
      const atMs = NOW_MS - 6 * 3_600_000 + epoch * 3_600_000 + i * 100;
      const common = { endpoint: 'reviews', inferenceId: `call-${id++}` };
      const propensity = variant === 'v8' ? share : 1 - share;
      const at = new Date(atMs).toISOString();
      exposures.push(formatExposure({ version: 1, ...common, segment, variant, status: 200, epoch, propensity, at }));
      const followed = new Date(atMs + 60_000).toISOString();
      if (uniform() < (RATES[segment]?.[variant] ?? 0))
        events.push(
          formatEvent({
            ...{ version: 1, eventId: `event-${id}`, event: 'click', ...common, value: 1 },
            ...{ at: followed, receivedAt: followed },
          })
        );
    }
  }
  for (const [name, lines] of [
    ['exposures', exposures],
    ['events', events],
  ] as const) {
    mkdirSync(path.join(folder, name, 'reviews'), { recursive: true });
    writeFileSync(path.join(folder, name, 'reviews', 'a.jsonl'), lines.slice(0, 5_000).join(''));
    writeFileSync(path.join(folder, name, 'reviews', 'b.jsonl'), lines.slice(5_000).join(''));
  }
}

beforeAll(() => {
  writeFileSync(path.join(folder, 'rollout.yaml'), FILE);
  log();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sluice(...words: readonly string[]) {
  return run(['evaluate', 'rollout.yaml', ...words], { cwd: folder, now: () => NOW_MS });
}
const LOGS = ['--exposures', 'exposures', '--events', 'events'];

async function evaluated(...words: readonly string[]): Promise<Evaluation> {
  const { code, out, err } = await sluice(...words, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Evaluation;
}

describe('sluice evaluate', () => {
  test('says what each arm alone, and a policy by segment, would have earned; every interval holds the truth', async () => {
    const best = 'phones:v8=100%,v7=100%';
    const mixed = 'v7=50%,v8=50%';
    const words = [best, mixed, 'v7=100%', 'v8=100%'].flatMap((policy) => ['--policy', policy]);
    const found = await evaluated(...LOGS, ...words);
    expect(found).toMatchObject({ reward: 'click', segments: ['other', 'phones'], arms: ['v7', 'v8'] });
    expect(found.counts).toMatchObject({ calls: 12_000, used: 12_000 });
    const truth: Readonly<Record<string, number>> = { [best]: 0.25, [mixed]: 0.175, 'v7=100%': 0.15, 'v8=100%': 0.2 };
    for (const { policy, values, unsupported } of found.policies) {
      const value = truth[policy] ?? Number.NaN;
      expect(unsupported).toBe(0);
      for (const [low, high] of [values?.doublyRobust.interval, values?.ips.interval, values?.guaranteed].map(
        (one) => one ?? [1, 0]
      )) {
        expect(low).toBeLessThan(value);
        expect(high).toBeGreaterThan(value);
      }
      const [low, high] = values?.guaranteed ?? [0, 1];
      expect(high - low).toBeLessThan(0.15);
    }
    const { out } = await sluice(...LOGS, '--policy', best);
    expect(out).toMatch(
      /^reviews: click, by 12000 first calls of users, and calls without one\. As logged: 0\.\d+\.$/m
    );
    expect(out).toMatch(/^phones:v8=100%,v7=100% +0\.2\d+ +0\.\d+ … 0\.\d+ +/m);
  });

  test('a user counts once, a call that may still earn not yet, and what had no chance is left out aloud', async () => {
    const exposure = (changes: Partial<Exposure>): string =>
      formatExposure({
        ...{ version: 1, endpoint: 'reviews', inferenceId: 'a', variant: 'v7', status: 200, epoch: 1, propensity: 0.5 },
        ...{ at: new Date(NOW_MS - 3_600_000).toISOString(), ...changes },
      });
    const at = new Date(NOW_MS - 60_000).toISOString();
    const lines = [
      exposure({ inferenceId: 'a', userId: 'ana' }),
      exposure({ inferenceId: 'b', userId: 'ana', at: new Date(NOW_MS - 3_500_000).toISOString() }),
      exposure({ inferenceId: 'c', userId: 'bo', variant: 'v8' }),
      exposure({ inferenceId: 'c', userId: 'bo', variant: 'v8' }),
      exposure({ inferenceId: 'd', at }),
      exposure({ inferenceId: 'e', epoch: null, propensity: null }),
      // v8 has no share yet.
      exposure({ inferenceId: 'f', epoch: 0, propensity: 1 }),
      exposure({ inferenceId: 'g', endpoint: 'another' }),
    ];
    writeFileSync(path.join(folder, 'few.jsonl'), lines.join(''));
    const given = ['--exposures', 'few.jsonl', '--events', 'events', '--policy', 'v8=100%'];
    const found = await evaluated(...given);
    expect(found.counts).toEqual({ calls: 6, used: 3, laterCalls: 1, withoutReward: 1, withoutPropensity: 1 });
    expect(found.policies).toMatchObject([{ unsupported: 1, values: { requests: 2 } }]);
    expect((await evaluated(...given, '--unit', 'request')).counts).toMatchObject({ used: 4, laterCalls: 0 });
    const rewards = ['a', 'c', 'f'].map((inferenceId) => `${JSON.stringify({ inferenceId, reward: 0.5 })}\n`);
    writeFileSync(path.join(folder, 'rewards.jsonl'), rewards.join(''));
    const byHand = await evaluated('--exposures', 'few.jsonl', '--rewards', 'rewards.jsonl', '--policy', 'v7=100%');
    expect(byHand).toMatchObject({ logged: 0.5, counts: { used: 3, withoutReward: 1 } });
    expect(byHand.policies[0]?.values?.snips.estimate).toBeCloseTo(0.5, 12);
  });

  test('reads exposures and events where the file says, by the hour, and nothing outside of the time asked for', async () => {
    const box = await startTestSandbox();
    const before = { ...process.env };
    Object.assign(process.env, {
      ...{ AWS_ENDPOINT_URL: box.sandbox.url, AWS_REGION: 'us-east-1' },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    });
    try {
      for (const [name, below] of [
        ['exposures', 'reviews/reviews'],
        ['events', 'reviews/click'],
      ] as const) {
        await box.s3.createBucket({ Bucket: name });
        for (const line of readFileSync(path.join(folder, name, 'reviews', 'a.jsonl'), 'utf8')
          .split('\n')
          .slice(0, 40)) {
          if (line === '') continue;
          const { at, inferenceId } = JSON.parse(line) as { at: string; inferenceId: string };
          const hour = at.slice(0, 13).replace('T', '/').replaceAll('-', '/');
          await box.s3.putObject({
            Bucket: name,
            Key: `${below}/${hour}/${inferenceId}.jsonl`,
            Body: Buffer.from(line),
          });
        }
      }
      expect((await evaluated()).counts).toMatchObject({ calls: 40, used: 40 });
      const few = await evaluated(
        '--since',
        new Date(NOW_MS - 6 * 3_600_000 + 2_000).toISOString().replace('.000', '')
      );
      expect(few.counts.calls).toBe(20);
      expect((await sluice('--since', '1h')).err).toContain(
        'There are no exposures of reviews at s3://exposures/reviews'
      );
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
      await box.stop();
    }
  });

  test.each([
    [['--policy', 'v9=100%'], /the log has no v9\. It has v7, v8\./],
    [['--policy', 'v7=50%'], /the shares come to 50 %, not to 100 %/],
    [['--policy', 'phones:v7=100%'], /nothing is said of the segment other/],
    [['--policy', 'v7'], /v7 is no share\. Write for example/],
    [['--event', 'order'], /has no event order among its `events`.* It has click\./],
    [['--since', 'yesterday'], /--since is yesterday; write/],
    [['--until', '2026-11-01'], /There are no exposures of reviews at exposures between/],
  ])('%j is a mistake that says what to write', async (words, message) => {
    const { code, err } = await sluice(...LOGS, ...words);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});
