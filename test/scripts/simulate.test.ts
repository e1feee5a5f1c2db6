import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run-main';

const FILE = `endpoint: product-reviews
aws: { role: arn:aws:iam::123456789012:role/reviews }
capture: { to: s3://reviews-capture }
counts: { from: s3://reviews-counts }
candidates:
  - name: v8
    container: { image: sentiment:8, artifact: s3://models/v8/model.tar.gz }
guards:
  - { kind: errors }
  - { kind: latency }
  - { kind: split }
stages:
  - canary: { share: 20%, until: { decided: true, atMost: 2h }, onInconclusive: rollBack }
  - approval: { approvers: [ana@example.org], need: 1 }
  - canary: { share: 50%, until: { requests: 500, atMost: 2h } }
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-simulate-'));
  await writeFile(path.join(folder, 'rollout.yaml'), FILE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const simulate = (...words: readonly string[]) => run(['simulate', 'rollout.yaml', ...words], { cwd: folder });

interface Simulated {
  readonly outcome: { readonly kind: string; readonly because: { readonly guard?: string } } | null;
  readonly candidateRequests: number;
  readonly cutShort: string | null;
  readonly exposures: readonly { readonly guard: string; readonly extra: number }[];
}

async function asJson(...words: readonly string[]): Promise<Simulated> {
  const { code, out, err } = await simulate(...words, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Simulated;
}

describe('a made-up world', () => {
  test('an equal candidate climbs all stages and is promoted, and its card is written', async () => {
    const { code, out } = await simulate('--scenario', 'equal', '--rps', '50', '--card', 'card.html');
    expect(code).toBe(0);
    expect(out).toMatch(/ana@example.org said approve: simulated/);
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^v8 was promoted on product-reviews after /);
    expect(await readFile(path.join(folder, 'card.html'), 'utf8')).toMatch(/<title>.*v8/);
  });

  test.each([
    ['broken', 'errors'],
    ['slow', 'latency'],
  ])('a %s candidate is rolled back by %s, at a cost that is told', async (scenario, guard) => {
    const simulated = await asJson('--scenario', scenario);
    expect(simulated.outcome).toMatchObject({ kind: 'rolledBack', because: { guard } });
    expect(simulated.candidateRequests).toBeGreaterThan(0);
    expect(simulated.exposures.map((one) => one.guard)).toEqual(['errors']);
  });

  test('is the same for the same seed, and another for another', async () => {
    const [once, again, other] = [
      await asJson('--scenario', 'worse', '--seed', '7'),
      await asJson('--scenario', 'worse', '--seed', '7'),
      await asJson('--scenario', 'worse', '--seed', '8'),
    ];
    expect(again).toEqual(once);
    expect(other.candidateRequests).not.toBe(once.candidateRequests);
  });

  const guarded = FILE.replace('counts: { from: s3://reviews-counts }\n', '')
    .replace('guards:', '    instance: { type: ml.m5.large, count: 4 }\nguards:')
    .replace(/guards:[^]*stages/, 'guards: [{ kind: errors }, { kind: latency }]\nstages')
    .replace(
      /stages:[^]*$/,
      'stages:\n  - blueGreen: { engine: guardrails, shift: { canary: 25% }, wait: 30m, maximum: 4h }\n'
    );

  test.each([
    ['better', 'promoted', /SageMaker is baking 25 % \(step 1 of 2\)[^]*SageMaker has moved all traffic to v8/],
    [
      'broken',
      'rolledBack',
      /SageMaker rolled product-reviews back [^]*in alarm: more than 5 % failed calls in a minute/,
    ],
    ['worse', 'rolledBack', /errors/],
  ])(
    'a %s candidate by SageMaker’s own deployment is %s: its steps, alarms and our guards in their time',
    async (scenario, ends, says) => {
      await writeFile(path.join(folder, 'guarded.yaml'), guarded);
      const words = ['simulate', 'guarded.yaml', '--scenario', scenario, '--rps', '50'];
      const { code, out, err } = await run([...words, '--json'], { cwd: folder });
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const simulated = JSON.parse(out) as Simulated & { readonly log: readonly { readonly text: string }[] };
      expect(simulated.outcome?.kind).toBe(ends);
      expect(simulated.log.map(({ text }) => text).join('\n')).toMatch(says);
      expect(simulated.candidateRequests).toBeGreaterThan(0);
    }
  );

  test.each([
    ['reject', 'rejected', /ana@example.org said reject: simulated/],
    ['absent', 'rejected', /v8/],
  ])('where people say %s it ends %s', async (people, ends, says) => {
    await writeFile(path.join(folder, 'asks.yaml'), FILE.replace('need: 1 }', 'need: 1, within: 30m }'));
    const words = ['--scenario', 'equal', '--rps', '50', '--people', people, '--json'];
    const { out } = await run(['simulate', 'asks.yaml', ...words], { cwd: folder });
    expect(out).toMatch(says);
    expect((JSON.parse(out) as Simulated).outcome?.kind).toBe(ends);
  });

  test('may say how each candidate behaves: the bad one is out, the good one wins', async () => {
    const several = FILE.replace(
      'guards:',
      '  - name: v9\n    container: { image: sentiment:9, artifact: s3://models/v9/model.tar.gz }\nguards:'
    )
      .replace(
        'counts: { from: s3://reviews-counts }\n',
        'groundTruth: { from: s3://labels, maturity: 5m }\nschema: { prediction: 0 }\n'
      )
      .replace(
        /guards:[^]*$/,
        'guards: [{ kind: errors }]\nstages:\n  - bandit: { reward: quality, until: { decided: true, atMost: 2d } }\n'
      );
    await writeFile(path.join(folder, 'several.yaml'), several);
    const words = ['simulate', 'several.yaml', '--rps', '20'];
    const { code, out } = await run([...words, '--scenario', 'v8=broken,v9=better', '--json'], { cwd: folder });
    expect(code).toBe(0);
    const simulated = JSON.parse(out) as Simulated & { readonly log: readonly { readonly text: string }[] };
    expect(simulated.outcome?.kind).toBe('promoted');
    expect(simulated.log.map(({ text }) => text).join('\n')).toMatch(/v8 is out: v8 errors: [^]*v9 is the best arm/);
    const wrong = await run([...words, '--scenario', 'v7=better'], { cwd: folder });
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.err).toContain('names the candidate v7; the file has v8, v9');
  });

  test('of an unknown name is told the nearest', async () => {
    const { code, err } = await simulate('--scenario', 'brokn');
    expect(code).toBe(2);
    expect(err).toMatch(/There is no scenario brokn; .* Did you mean broken\?/);
  });
});

describe('a recorded trace', () => {
  const rows = (ticks: number, bad: number): string =>
    Array.from({ length: ticks }, (_, i) => new Date(Date.parse('2026-03-01T12:00:00Z') + i * 60_000).toISOString())
      .flatMap((t) => [
        { t, guard: 'errors', variant: 'v8', n: 100, k: bad },
        { t, guard: 'errors', variant: 'v7', n: 400, k: 4 },
      ])
      .map((row) => JSON.stringify(row))
      .join('\n');
  const file = FILE.replace(/ {2}- \{ kind: (latency|split) \}\n/g, '');

  test('is played through the stages of the file, and names the decision and what it cost', async () => {
    await writeFile(path.join(folder, 'errors.yaml'), file);
    await writeFile(path.join(folder, 'bad.jsonl'), rows(60, 20));
    const { code, out } = await run(['simulate', 'errors.yaml', '--trace', 'bad.jsonl', '--json'], { cwd: folder });
    expect(code).toBe(0);
    const simulated = JSON.parse(out) as Simulated;
    expect(simulated.outcome).toMatchObject({ kind: 'rolledBack', because: { guard: 'errors' } });
    // A tick of 20 failures where one was to be expected, and no more than a few of them.
    expect(simulated.candidateRequests).toBeLessThanOrEqual(300);
    expect(simulated.exposures[0]?.extra).toBeCloseTo(0.19 * simulated.candidateRequests, 5);
  });

  test('that ends before the decision says so', async () => {
    await writeFile(path.join(folder, 'short.jsonl'), rows(3, 1));
    const { code, out } = await run(['simulate', 'errors.yaml', '--trace', 'short.jsonl'], { cwd: folder });
    expect(code).toBe(0);
    expect(out).toMatch(/Not decided after \d+m, where the recording ends: errors: /);
  });

  test('and a made-up world are not both asked for', async () => {
    const { code, err } = await simulate('--scenario', 'equal', '--trace', 'bad.jsonl');
    expect(code).toBe(2);
    expect(err).toMatch(/Say either --trace <file> or --scenario <name>/);
  });
});

describe('a bandit', () => {
  const race = FILE.replace(/ {2}- \{ kind: (latency|split) \}\n/g, '')
    .replace(/stages:\n[^]*/, '')
    .concat(
      `groundTruth: { from: s3://reviews-labels, maturity: 20m }
schema: { prediction: '$.predictions[0].label' }
stages:
  - bandit: { reward: quality, interval: 10m, until: { decided: true, atMost: 6h }, onInconclusive: rollBack }
`
    );

  interface Raced extends Simulated {
    readonly tookMs: number;
    readonly incumbentRequests: number;
    readonly bandit: {
      readonly batches: readonly {
        readonly atMs: number;
        readonly sharesPct: Readonly<Record<string, number>>;
        readonly rewards: Readonly<Record<string, { readonly n: number; readonly sum: number }>>;
        readonly winner: string | null;
      }[];
      readonly standing: { readonly kind: string; readonly arm?: string };
    };
  }

  beforeAll(() => writeFile(path.join(folder, 'race.yaml'), race));

  async function raced(...words: readonly string[]): Promise<Raced> {
    const { code, out, err } = await run(['simulate', 'race.yaml', '--json', ...words], { cwd: folder });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out) as Raced;
  }

  test('promotes a better candidate once the labels that are ripe prove it, and prints the batches and the winner', async () => {
    const { outcome, bandit, tookMs } = await raced('--scenario', 'better', '--rps', '2');
    expect(outcome).toMatchObject({ kind: 'promoted' });
    expect(bandit.standing).toMatchObject({ kind: 'winner', arm: 'v8' });
    expect(bandit.batches.at(-1)?.winner).toBe('v8');
    // No label is ripe before 20 minutes, so nothing moves the shares before.
    expect(tookMs).toBeGreaterThan(20 * 60_000);
    const early = bandit.batches.filter(({ rewards }) => rewards['v8']?.n === 0);
    expect(early.map(({ sharesPct }) => sharesPct['v8'])).toEqual(early.map(() => 50));
    expect(early.length).toBeGreaterThanOrEqual(2);

    const { out } = await run(['simulate', 'race.yaml', '--scenario', 'better', '--rps', '2'], { cwd: folder });
    expect(out).toMatch(/^BATCH +TIME +incumbent +v8 +REWARDS KNOWN$/m);
    expect(out).toMatch(/^1 +\+2m +50 % +50 % +incumbent 0 of 0, v8 0 of 0$/m);
    expect(out).toMatch(/^The bandit's winner is v8: v8 is better than incumbent/m);
  });

  test('declares neither of two equal arms, and counts every ripe label, however often the shares have moved', async () => {
    const { outcome, bandit, tookMs, candidateRequests, incumbentRequests } = await raced('--scenario', 'equal');
    expect(outcome).toMatchObject({ kind: 'undecided' });
    expect(bandit.standing.kind).toBe('undecided');
    const last = bandit.batches.at(-1);
    const moved = new Set(bandit.batches.map(({ sharesPct }) => sharesPct['v8']));
    expect(moved.size).toBeGreaterThan(20);
    const rewards = Object.values(last?.rewards ?? {});
    const known = rewards.reduce((sum, { n }) => sum + n, 0);
    expect(rewards.reduce((sum, { sum: right }) => sum + right, 0) / known).toBeCloseTo(0.8, 2);
    // Nine in ten are labelled; those of the last 20 minutes before the last batch are not ripe.
    const perMs = (candidateRequests + incumbentRequests) / tookMs;
    const ripeMs = (last?.atMs ?? 0) - Date.parse('2026-01-05T08:00:00Z') - 20 * 60_000;
    expect(known / (0.9 * perMs * ripeMs)).toBeCloseTo(1, 1);
  });

  test('keeps the incumbent when that wins, though no guard fails', async () => {
    const { outcome, bandit } = await raced('--scenario', 'lessRight');
    expect(outcome).toMatchObject({ kind: 'rolledBack', because: { guard: null } });
    expect(bandit.standing).toMatchObject({ kind: 'winner', arm: 'incumbent' });
  });

  test('ends with the incumbent when a guard benches its only rival', async () => {
    const { outcome } = await raced('--scenario', 'broken');
    expect(outcome).toMatchObject({ kind: 'rolledBack', because: { guard: 'errors' } });
  });

  describe('over a trace', () => {
    const times = Array.from({ length: 60 }, (_, i) => Date.parse('2026-03-01T12:01:00Z') + i * 60_000);
    const iso = (atMs: number) => new Date(atMs).toISOString();
    const rows = (guard: string, bad: { readonly v7: number; readonly v8: number }) =>
      times.flatMap((atMs) =>
        (['v7', 'v8'] as const).map((variant) => ({ t: iso(atMs), guard, variant, n: 50, k: bad[variant] }))
      );
    const errors = rows('errors', { v7: 1, v8: 1 });
    const labels = rows('quality', { v7: 15, v8: 5 });
    const late = labels.map((row) => ({
      ...row,
      t: iso(Date.parse(row.t) + 5 * 60_000),
      predictedAt: iso(Date.parse(row.t) - 30_000),
    }));
    const guarded = race.replace(
      '- { kind: errors }',
      '- { kind: errors }\n  - { kind: quality, promoteWithin: { oddsRatio: 1.5 }, required: false }'
    );

    test.each([
      ['labels that are counted by tick', labels, 0],
      ['labels that came late, once they are ripe', late, 20 * 60_000],
    ])('is rewarded by %s', async (_, quality, ripeMs) => {
      await writeFile(path.join(folder, 'labelled.yaml'), guarded);
      await writeTrace('labelled.jsonl', [...errors, ...quality]);
      const { code, out, err } = await run(['simulate', 'labelled.yaml', '--json', '--trace', 'labelled.jsonl'], {
        cwd: folder,
      });
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const { outcome, bandit, tookMs } = JSON.parse(out) as Raced;
      expect(outcome).toMatchObject({ kind: 'promoted' });
      const last = bandit.batches.at(-1);
      expect(last?.winner).toBe('v8');
      const { n = 0, sum = 0 } = last?.rewards['v8'] ?? {};
      // Five of 50 are wrong in every tick, and only ticks whose labels are ripe count.
      expect(sum / n).toBeCloseTo(0.9, 10);
      expect(n).toBe((50 * (tookMs - ripeMs)) / 60_000);
    });

    test('says what is missing where no guard counts the reward', async () => {
      await writeTrace('errors-only.jsonl', errors);
      const { code, err } = await run(['simulate', 'race.yaml', '--trace', 'errors-only.jsonl'], { cwd: folder });
      expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/add a guard of `kind: quality`/) });
    });

    const writeTrace = (name: string, all: readonly object[]) =>
      writeFile(path.join(folder, name), all.map((one) => JSON.stringify(one)).join('\n'));
  });
});
