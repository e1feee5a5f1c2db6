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
